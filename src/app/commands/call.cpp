#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <iterator>

#include "app/asked_gateway.h"
#include "app/build_info.h"
#include "app/commands.h"
#include "app/nearest.h"
#include "app/questions.h"
#include "app/terminal.h"
#include "mcp/client.h"

namespace app {
namespace {

// What came of the call: the result as JSON text, or why there is none.
struct Called {
  std::string result;
  std::vector<std::string> known;  // the tools' names, where the call failed
  std::optional<mcp::Error> error;
};

// How often a server may ask before the call is given up.
constexpr int kMostRounds = 10;

// The person at the terminal; nobody when there is none.
std::optional<Person> person_here() {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) return std::nullopt;
  Person person;
  person.tell = [](std::string_view text) { fmt::print(stderr, "{}", text); };
  person.ask = [](std::string_view prompt) -> std::optional<std::string> {
    fmt::print(stderr, "{}", prompt);
    std::fflush(stderr);
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
  };
  return person;
}

std::string call_params(const std::string& name, const std::string& arguments, const std::string& answers, mcp::JsonView state) {
  mcp::JsonWriter params;
  params.object().field("name", name).key("arguments").raw(arguments);
  if (!answers.empty()) params.key("inputResponses").raw(answers);
  if (state) params.key("requestState").raw(state.text());
  return params.end().text();
}

// One call, with as many rounds of questions as it takes.
mcp::Task<std::string> ask_until_done(mcp::Client* client, std::string name, std::string arguments) {
  std::optional<Person> person = person_here();
  std::string params = call_params(name, arguments, {}, {});
  for (int round = 0; round < kMostRounds; ++round) {
    mcp::RequestOptions options;
    std::string result = co_await client->request("tools/call", params, std::move(options));
    mcp::Json json = co_await mcp::Json::parse(result);
    if (!person || json["resultType"].string_or("") != "input_required") co_return result;
    std::string answers = answer_requests(json["inputRequests"], *person);
    params = call_params(name, arguments, answers, json["requestState"]);
  }
  co_return mcp::Error(mcp::Code::upstream_failed, fmt::format("the server asked {} times and did not come to an end", kMostRounds));
}

mcp::Task<Called> call_tool(std::string url, std::vector<std::pair<std::string, std::string>> headers, std::string name,
                            std::string arguments) {
  mcp::ClientOptions options;
  options.headers = std::move(headers);
  if (person_here()) options.capabilities = kAnswerable;
  options.name = "gatehouse-call";
  options.version = build_version();
  mcp::Client client = co_await mcp::Client::open_http(std::move(url), std::move(options));
  mcp::Result<std::string> result = co_await ask_until_done(&client, std::move(name), std::move(arguments)).result();
  Called out;
  if (result) {
    out.result = *std::move(result);
  } else {
    out.error = result.error();
    mcp::Result<std::vector<mcp::ToolInfo>> tools = co_await client.list_tools().result();
    if (tools)
      for (mcp::ToolInfo& tool : *tools) out.known.push_back(std::move(tool.name));
  }
  (void)co_await client.close().result();
  co_return out;
}

std::string shown_block(mcp::JsonView block) {
  std::string_view type = block["type"].string_or("");
  if (type == "text") return harmless(block["text"].string_or(""));
  if (type == "image" || type == "audio")
    return fmt::format("[{} {}, {} bytes in base64; --json shows them]", type, harmless(block["mimeType"].string_or("")),
                       block["data"].string_or("").size());
  if (type == "resource_link") return fmt::format("[resource {}]", harmless(block["uri"].string_or("")));
  if (type == "resource") {
    if (auto text = block["resource"]["text"].string()) return harmless(*text);
    return fmt::format("[resource {}, {} bytes in base64; --json shows them]", harmless(block["resource"]["uri"].string_or("")),
                       block["resource"]["blob"].string_or("").size());
  }
  return harmless(block.text());
}

std::string as_text(const mcp::Json& result) {
  std::string out;
  result["content"].each_element([&](mcp::JsonView block) {
    out += shown_block(block);
    if (!out.ends_with('\n')) out += '\n';
  });
  if (out.empty() && result["structuredContent"]) out = harmless(result["structuredContent"].text()) + '\n';
  return out;
}

mcp::Result<std::string> read_arguments(const std::string& given) {
  std::string text = given;
  if (given == "-") text.assign(std::istreambuf_iterator<char>(std::cin), {});
  auto json = mcp::Json::parse(text);
  if (!json) return mcp::Error(mcp::Code::invalid_argument, fmt::format("the arguments are no JSON: {}", json.error().message));
  if (!json->root().is(mcp::JsonView::Kind::object))
    return mcp::Error(mcp::Code::invalid_argument, R"(the arguments must be a JSON object, like {"path":"a.md"})");
  return text;
}

int explain(const Called& called, const std::string& name) {
  std::vector<std::string_view> known(called.known.begin(), called.known.end());
  bool there = std::find(known.begin(), known.end(), name) != known.end();
  if (there || known.empty()) {
    complain(called.error->message);
    return kFailed;
  }
  auto near = find_nearest(name, known);
  complain(
      fmt::format("there is no tool {}; {}", shown(name), near ? fmt::format("did you mean {}?", *near) : "gatehouse tools lists them"));
  return kFailed;
}

}  // namespace

int call(const CallOptions& options, net::Reaper& reaper) {
  auto arguments = read_arguments(options.arguments);
  if (!arguments) {
    complain(arguments.error().message);
    return kUsage;
  }
  auto gateway = AskedGateway::find(options.config, options.url, reaper);
  if (!gateway) {
    if (!gateway.error().message.empty()) complain(gateway.error().message);
    return gateway.error().code == mcp::Code::invalid_argument ? kUsage : kFailed;
  }
  auto called = mcp::block_on(call_tool(gateway->url(), gateway->headers(), options.name, *std::move(arguments)));
  if (!called) {
    complain(called.error().message);
    return kFailed;
  }
  if (called->error) return explain(*called, options.name);
  auto result = mcp::Json::parse(called->result);
  if (!result) {
    complain("the answer is no JSON: " + result.error().message);
    return kFailed;
  }
  bool failed = (*result)["isError"].boolean_or(false);
  if (options.output == Output::json)
    print(called->result + "\n");
  else if (failed)
    fmt::print(stderr, "{}", as_text(*result));
  else
    print(as_text(*result));
  return failed ? kFailed : kGood;
}

}  // namespace app
