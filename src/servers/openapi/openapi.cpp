#include "servers/openapi/openapi.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "sdk/tool_schemas.h"
#include "servers/openapi/call.h"
#include "servers/openapi/schema_text.h"
#include "servers/rest/service.h"
#include "servers/rest/settings.h"
#include "servers/rest/text.h"
#include "servers/rest/tool.h"

namespace servers::openapi {
namespace {

constexpr std::size_t kMostTools = 300;
constexpr std::size_t kMostShown = 20;  // problems in the log

struct Setup {
  std::string spec;
  Selection selection;
  CallOptions calls;
  rest::ClientOptions client;
};

Result<> read_selection(JsonView from, Selection& out) {
  rest::Settings settings(from, "select.");
  settings.texts("tags", out.tags);
  settings.texts("paths", out.paths);
  settings.texts("operations", out.operations);
  settings.texts("methods", out.methods);
  settings.texts("exclude", out.exclude);
  for (std::string& method : out.methods) method = rest::lower(method);
  return settings.done();
}

Result<> read_trim(JsonView from, CallOptions& out) {
  Result<> good;
  from.each_member([&](std::string_view tool, JsonView pointers) {
    std::vector<std::string>& all = out.trim[std::string(tool)];
    pointers.each_element([&all](JsonView one) { all.emplace_back(one.string_or("")); });
    if (auto checked = rest::check_pointers(all); !checked && good) good = std::move(checked).error().in(fmt::format("trim.{}", tool));
  });
  return good;
}

Result<Setup> read_setup(const BuiltinOptions& options) {
  auto own = rest::own_of(options);
  if (!own) return std::move(own).error();
  Setup out;
  rest::Settings settings(own->root());
  settings.text("spec", out.spec);
  if (out.spec.empty())
    return Error(Code::invalid_argument,
                 "openapi needs the file with the description; give it by --spec FILE, or as openapi: ./file.yaml in a config");
  out.client = rest::read_client(settings, options, "");
  out.calls.base_url = out.client.base_url;
  settings.secret("token", out.calls.token);
  out.calls.remedy = "set it in the server's credentials";
  settings.text("remedy", out.calls.remedy);
  settings.take("credentials").each_member([&](std::string_view name, JsonView value) {
    out.calls.credentials[std::string(name)] = rest::Secret(std::string(value.string_or("")));
  });
  settings.take("headers").each_member(
      [&](std::string_view name, JsonView value) { out.calls.headers.emplace_back(name, rest::Secret(std::string(value.string_or("")))); });
  settings.take("digest");  // of the file: another text is another config
  if (auto done = read_selection(settings.take("select"), out.selection); !done) return std::move(done).error();
  if (auto done = read_trim(settings.take("trim"), out.calls); !done) return std::move(done).error();
  if (auto done = settings.done(); !done) return std::move(done).error();
  return out;
}

Result<Document> read_document(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error(Code::invalid_argument, fmt::format("the file {} cannot be read", file));
  std::string text(kLargestDocument + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  auto document = Document::parse(text);
  if (!document) return std::move(document).error().in(file);
  return document;
}

Result<Operations> read_selected(const Document& document, const Setup& setup) {
  Operations operations = read_operations(document, setup.selection, kMostTools);
  if (operations.selected == 0)
    return Error(Code::invalid_argument, fmt::format("{}: nothing in it is selected; change select", setup.spec));
  for (const Operation& operation : operations.all) {
    mcp::RawTool tool{operation.name, operation.summary, operation.input_schema};
    if (auto compiled = sdk::ToolSchemas::compile(tool); !compiled)
      operations.problems.push_back(
          fmt::format("{} {}: its arguments are not checked: {}", operation.method, operation.path, compiled.error().message));
  }
  return operations;
}

mcp::ToolOptions options_of(const Operation& operation) {
  mcp::ToolOptions out;
  const bool reads = operation.method == "GET" || operation.method == "HEAD" || operation.method == "OPTIONS";
  out.annotations.read_only = reads;
  out.annotations.open_world = true;
  if (reads) return out;
  out.annotations.destructive = operation.method != "POST";
  out.annotations.idempotent = operation.method == "PUT" || operation.method == "DELETE";
  return out;
}

class OpenapiServer final : public Builtin {
 public:
  OpenapiServer(Setup setup, const BuiltinOptions& options, const Document& document, Operations operations)
      : server_("openapi", options.version), calls_(std::move(setup.calls)), service_(client_options(setup, operations), options.loop) {
    JsonView info = document.root()["info"];
    api_.name = rest::plain_line(info["title"].string_or("the API"), 60);
    api_.credential = "its credential; " + calls_.remedy;
    server_.title(api_.name);
    server_.instructions(short_description(fmt::format("{}: {}", api_.name, info["description"].string_or("a REST API")), 300));
    for (Operation& operation : operations.all) add(std::make_shared<const Operation>(std::move(operation)));
  }

  mcp::Server& server() override { return server_; }

 private:
  static rest::ClientOptions client_options(const Setup& setup, const Operations& operations) {
    rest::ClientOptions out = setup.client;
    if (out.base_url.empty() && !operations.all.empty()) out.base_url = operations.all.front().server;
    return out;
  }

  void add(std::shared_ptr<const Operation> operation) {
    mcp::RawTool about;
    about.name = operation->name;
    about.description = operation->summary;
    about.input_schema = operation->input_schema;
    if (!sdk::ToolSchemas::compile(about)) about.input_schema = R"({"type":"object"})";
    about.options = options_of(*operation);
    server_.raw_tool(std::move(about), [this, operation = std::move(operation)](mcp::Json arguments, mcp::Call call) {
      return rest::for_model(run(operation, std::move(arguments), std::move(call)));
    });
  }

  base::Task<mcp::ToolResult> run(std::shared_ptr<const Operation> operation, mcp::Json arguments, mcp::Call call) {
    rest::Request request = co_await request_of(*operation, arguments.root(), calls_);
    const bool known = request.method == "GET";
    rest::Service::Work<rest::Answer> work = [this, known, request](std::stop_token stop) {
      return known ? service_.client().fetch_known(request, std::move(stop)) : service_.client().fetch(request, std::move(stop));
    };
    std::stop_token stop = call.stop_token();
    rest::Answer answer = co_await service_.run(std::move(work), std::move(stop));
    Result<mcp::ToolResult> result = result_of(*operation, answer, calls_, api_);
    if (!result) co_return Error(result.error().code, rest::without_secrets(result.error().message, request));
    co_return std::move(result);
  }

  mcp::Server server_;
  CallOptions calls_;
  rest::ApiName api_;
  rest::Service service_;  // last: its work uses the rest
};

}  // namespace

Result<std::unique_ptr<Builtin>> make_openapi(const BuiltinOptions& options) {
  auto setup = read_setup(options);
  if (!setup) return std::move(setup).error();
  auto document = read_document(setup->spec);
  if (!document) return std::move(document).error();
  auto operations = read_selected(*document, *setup);
  if (!operations) return std::move(operations).error();
  for (std::size_t i = 0; i < std::min(operations->problems.size(), kMostShown); ++i)
    base::log::warn("an operation of an OpenAPI description", {{"file", setup->spec}, {"problem", operations->problems[i]}});
  return std::unique_ptr<Builtin>(std::make_unique<OpenapiServer>(*std::move(setup), options, *document, *std::move(operations)));
}

Result<std::vector<std::string>> check_openapi(const BuiltinOptions& options) {
  auto setup = read_setup(options);
  if (!setup) return std::move(setup).error();
  auto document = read_document(setup->spec);
  if (!document) return std::move(document).error();
  auto operations = read_selected(*document, *setup);
  if (!operations) return std::move(operations).error();
  return std::move(operations->problems);
}

}  // namespace servers::openapi
