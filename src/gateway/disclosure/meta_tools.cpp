#include "gateway/disclosure/meta_tools.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace gateway {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

struct Known {
  MetaTool tool;
  std::string_view name;
  std::string_view definition;
};

// Every client pays for each word of these with each conversation.
constexpr std::array<Known, 5> kKnown{{
    {MetaTool::find_tools, "find_tools",
     R"({"name":"find_tools","title":"Find tools","description":"Finds tools by what they do. Answers one line each: server.tool(parameters) — summary.",)"
     R"("inputSchema":{"type":"object","properties":{"query":{"type":"string","description":"What the tool should do, or its name"},)"
     R"("limit":{"type":"integer","minimum":1,"maximum":20,"default":5}},"required":["query"]},)"
     R"("annotations":{"readOnlyHint":true,"openWorldHint":false}})"},
    {MetaTool::describe_tools, "describe_tools",
     R"({"name":"describe_tools","title":"Describe tools","description":"Says all about tools that find_tools named, as TypeScript: parameters, results, limits.",)"
     R"("inputSchema":{"type":"object","properties":{"names":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":10}},"required":["names"]},)"
     R"("annotations":{"readOnlyHint":true,"openWorldHint":false}})"},
    {MetaTool::call_tool, "call_tool",
     R"({"name":"call_tool","title":"Call a tool that only reads","description":"Calls a tool that only reads, by its name from find_tools.",)"
     R"("inputSchema":{"type":"object","properties":{"name":{"type":"string"},"arguments":{"type":"object"}},"required":["name"]},)"
     R"("annotations":{"readOnlyHint":true}})"},
    {MetaTool::call_tool_write, "call_tool_write",
     R"({"name":"call_tool_write","title":"Call a tool that may change something","description":"Calls any other tool: one that may change something.",)"
     R"("inputSchema":{"type":"object","properties":{"name":{"type":"string"},"arguments":{"type":"object"}},"required":["name"]},)"
     R"("annotations":{"readOnlyHint":false,"destructiveHint":true}})"},
    {MetaTool::run_code, "run_code",
     R"({"name":"run_code","title":"Run code","description":"Runs JavaScript that calls tools: await server.tool({...}) for each that find_tools names. )"
     R"(Use await, Promise.all, console.log; return the answer. No network, files or imports.",)"
     R"("inputSchema":{"type":"object","properties":{"code":{"type":"string","description":"A function body"}},"required":["code"]},)"
     R"("annotations":{"readOnlyHint":false,"destructiveHint":true}})"},
}};

constexpr std::array kSearch = {MetaTool::find_tools, MetaTool::describe_tools, MetaTool::call_tool, MetaTool::call_tool_write};
constexpr std::array kCode = {MetaTool::find_tools, MetaTool::describe_tools, MetaTool::run_code};

// So many servers are named; a model learns of the others by searching.
constexpr std::size_t kMostServers = 30;
constexpr std::size_t kMostNames = 100;

Error wrong(std::string text) { return {Code::invalid_argument, std::move(text)}; }

std::string_view object_of(std::string_view arguments) { return base::is_object(arguments) ? arguments : std::string_view("{}"); }

}  // namespace

std::string_view meta_tool_name(MetaTool tool) { return kKnown[static_cast<std::size_t>(tool)].name; }

std::optional<MetaTool> find_meta_tool(std::string_view name) {
  for (const Known& known : kKnown)
    if (known.name == name) return known.tool;
  return std::nullopt;
}

std::span<const MetaTool> meta_tools(Disclosure mode) {
  switch (mode) {
    case Disclosure::search: return kSearch;
    case Disclosure::code: return kCode;
    case Disclosure::all:
    case Disclosure::automatic: break;
  }
  return {};
}

std::string meta_definitions(Disclosure mode) {
  std::string out;
  for (MetaTool tool : meta_tools(mode)) {
    if (!out.empty()) out += ',';
    out += kKnown[static_cast<std::size_t>(tool)].definition;
  }
  return out;
}

std::string meta_instructions(Disclosure mode, std::span<const std::string> servers) {
  if (meta_tools(mode).empty()) return {};
  std::string out = "The tools of these servers are not listed: find them with find_tools, and ";
  out += mode == Disclosure::code ? "call them in run_code." : "call them with call_tool, or call_tool_write where something may change.";
  if (servers.empty()) return out;
  out += " Servers: ";
  for (std::size_t i = 0; i < std::min(servers.size(), kMostServers); ++i) out.append(i == 0 ? "" : ", ").append(servers[i]);
  if (servers.size() > kMostServers) out += " and " + std::to_string(servers.size() - kMostServers) + " more";
  return out + ".";
}

Result<FindArguments> read_find_arguments(std::string_view arguments) {
  arguments = object_of(arguments);
  FindArguments out;
  auto query = base::json_string(base::find_member(arguments, "query"));
  if (!query || query->find_first_not_of(" \t\r\n") == std::string::npos)
    return wrong("`query` must be a string that says what the tool should do");
  out.query = *std::move(query);
  std::string_view limit = base::find_member(arguments, "limit");
  if (limit.empty() || limit == "null") return out;
  auto number = base::json_integer(limit);
  if (!number || *number < 1) return wrong("`limit` must be a whole number from 1 to " + std::to_string(FindArguments::kMost));
  out.limit = std::min(static_cast<std::size_t>(*number), FindArguments::kMost);
  return out;
}

Result<DescribeArguments> read_describe_arguments(std::string_view arguments) {
  std::string_view names = base::find_member(object_of(arguments), "names");
  DescribeArguments out;
  // One name alone is as clear as a list of one.
  if (auto one = base::json_string(names)) {
    out.names.push_back(*std::move(one));
    return out;
  }
  if (base::is_array(names)) {
    for (base::Elements each(names); out.names.size() < kMostNames && each.next();) {
      auto name = base::json_string(each.value());
      if (!name) return wrong("`names` must be a list of strings");
      out.names.push_back(*std::move(name));
    }
  }
  if (out.names.empty()) return wrong("`names` must be a list of one to ten names of tools, as find_tools gives them");
  return out;
}

Result<CallArguments> read_call_arguments(std::string_view arguments) {
  arguments = object_of(arguments);
  CallArguments out;
  auto name = base::json_string(base::find_member(arguments, "name"));
  if (!name || name->empty()) return wrong("`name` must be the name of a tool, as find_tools gives it");
  out.name = *std::move(name);
  std::string_view given = base::find_member(arguments, "arguments");
  if (given.empty() || given == "null") {
    out.arguments = "{}";
  } else if (base::is_object(given)) {
    out.arguments = given;
  } else {
    // Some models write the object as a text.
    auto text = base::json_string(given);
    if (!text || !base::validate_json(*text) || !base::is_object(*text))
      return wrong("`arguments` must be an object: what the tool itself takes");
    out.arguments = *std::move(text);
  }
  return out;
}

std::string text_result(std::string_view text) { return "{\"content\":[{\"type\":\"text\",\"text\":" + base::quoted(text) + "}]}"; }

}  // namespace gateway
