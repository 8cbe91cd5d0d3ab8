// Any bytes are an OpenAPI description or none: reading ends, and what becomes tools is well-formed and can be called.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "servers/openapi/call.h"
#include "servers/openapi/yaml_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace servers::openapi;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto json = json_of_yaml(text))
    if (auto read = mcp::Json::parse(*json); !read && read.error().message.find("deep") == std::string::npos) std::abort();
  auto document = Document::parse(text);
  if (!document) return 0;
  Operations operations = read_operations(*document, {}, 50);
  auto arguments = mcp::Json::parse(R"({"id":"a/b","body":{"a":[1,{}],"b":"c"},"limit":[1,2],"filter":{"a":"b"}})");
  CallOptions options;
  options.base_url = "https://api.example";
  options.token = servers::rest::Secret("token");
  for (const Operation& operation : operations.all) {
    if (operation.name.empty() || operation.name.size() > 64) std::abort();
    auto schema = mcp::Json::parse(operation.input_schema);
    if (!schema || (*schema)["type"].string_or("") != "object") std::abort();
    (void)request_of(operation, arguments->root(), options);
  }
  return 0;
}
