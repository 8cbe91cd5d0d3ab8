// What a server asks, as any bytes: read, answered with the defaults, and written.
#include <cstdint>
#include <string_view>

#include "mcp/json.h"
#include "sdk/client_core.h"
#include "sdk/client_forms.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto json = mcp::Json::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!json) return 0;
  if (auto form = sdk::read_form(json->root())) {
    auto answer = sdk::write_form_answer(*form, mcp::ElicitAnswer::accept());
    if (answer && !mcp::Json::parse(*answer)) __builtin_trap();
    for (const auto& field : form->fields)
      if (auto value = field.read("1, yes"); value && !mcp::Json::parse(*value)) __builtin_trap();
  }
  (void)sdk::read_visit(json->root());
  (void)sdk::read_sample_request(json->root());
  (void)sdk::read_remote_task(json->root());
  (void)sdk::read_tool_result(json->root());
  return 0;
}
