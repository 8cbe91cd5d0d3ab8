// Where MCP is the wrong tool: what the config and the record say of each server, and of one that is not there yet.
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <map>

#include "app/advice/use_advice.h"
#include "app/asked_gateway.h"
#include "app/asked_tools.h"
#include "app/commands.h"
#include "app/terminal.h"
#include "mcp/json.h"

namespace app {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

std::string kind_of(const gateway::ServerConfig& server) {
  switch (server.kind) {
    case gateway::ServerConfig::Kind::command: return "command";
    case gateway::ServerConfig::Kind::url: return "url";
    case gateway::ServerConfig::Kind::builtin: break;
  }
  return server.builtin == "openapi" ? "openapi" : "builtin";
}

Result<std::vector<UseOf>> read_use(const AskedGateway& gateway, const AppConfig& config) {
  auto tools =
      list_tools(gateway, fmt::format("{}{}disclosure=all", gateway.url(), gateway.url().find('?') == std::string::npos ? '?' : '&'),
                 "gatehouse-advise");
  if (!tools) return std::move(tools).error();
  std::map<std::pair<std::string, std::string>, std::pair<std::uint64_t, std::uint64_t>> record;
  auto page = read_page(gateway, "budget");
  auto usage = page ? mcp::Json::parse(*page) : Result<mcp::Json>(std::move(page).error());
  if (usage)
    (*usage)["tools"].each_element([&](mcp::JsonView tool) {
      auto& [calls, tokens] = record[{std::string(tool["server"].string_or("")), std::string(tool["tool"].string_or(""))}];
      calls = static_cast<std::uint64_t>(std::max<std::int64_t>(0, tool["calls"].integer_or(0)));
      tokens = static_cast<std::uint64_t>(std::max<std::int64_t>(0, tool["results"].integer_or(0)));
    });
  std::vector<UseOf> out;
  for (const gateway::ServerConfig& server : config.gateway.servers) {
    if (!server.enabled) continue;
    UseOf& use = out.emplace_back();
    use.server = server.id;
    use.kind = kind_of(server);
    for (const mcp::ToolInfo& tool : *tools) {
      if (!tool.name.starts_with(server.id + "__")) continue;
      UsedTool& one = use.tools.emplace_back();
      one.name = tool.name.substr(server.id.size() + 2);
      one.cost = cost_of(tool);
      one.reads = tool.annotations.find("\"readOnlyHint\":true") != std::string::npos;
      // The record has tools by the server's own names.
      for (const auto& [own, override] : server.tools)
        if (override.rename == one.name) one.name = own;
      if (auto known = record.find({server.id, one.name}); known != record.end()) std::tie(one.calls, one.tokens) = known->second;
    }
  }
  return out;
}

std::string as_text(const UseOf& use, const Verdict& verdict) {
  std::string out = fmt::format("{}: {}\n  {}\n  rule {}: {}\n", use.server, advice_name(verdict.rule->advice),
                                without_controls(verdict.why), verdict.rule->id, verdict.rule->source);
  for (const std::string& line : verdict.lines) out += fmt::format("  | {}\n", without_controls(line));
  return out;
}

std::string as_json(const std::vector<UseOf>& all) {
  mcp::JsonWriter out;
  out.object().key("servers").array();
  for (const UseOf& use : all) {
    const Verdict verdict = judge_use(use);
    out.object().field("server", use.server).field("advice", advice_name(verdict.rule->advice)).field("rule", verdict.rule->id);
    out.field("why", verdict.why).field("source", verdict.rule->source).key("config").array();
    for (const std::string& line : verdict.lines) out.value(line);
    out.end().key("unknown").array();
    for (const std::string& what : verdict.unknown) out.value(what);
    out.end().key("tools").array();
    for (const UsedTool& tool : use.tools)
      out.object()
          .field("name", tool.name)
          .field("cost", static_cast<std::int64_t>(tool.cost))
          .field("calls", static_cast<std::int64_t>(tool.calls))
          .end();
    out.end().end();
  }
  out.end().end();
  return out.text() + "\n";
}

// One of the six questions.
struct Question {
  std::string_view flag, text, first, second;
};
constexpr std::array<Question, 6> kQuestions{{
    {"clients", "How many clients will use it?", "one", "several"},
    {"data", "Is its data live or static?", "live", "static"},
    {"rest", "Is there a REST API with a description?", "no", "yes"},
    {"teams", "Who makes the clients: one team, or several?", "one", "several"},
    {"stage", "Is it a prototype or a product?", "product", "prototype"},
    {"coupling", "Is it coupled to the agent loosely or tightly?", "loose", "tight"},
}};

// Which of the two words was said: 0 or 1.
Result<int> answer_to(const Question& question, const std::string& given) {
  std::string said = given;
  if (said.empty()) {
    if (::isatty(STDIN_FILENO) != 1)
      return Error(Code::invalid_argument, fmt::format("--{} is missing: {} or {}", question.flag, question.first, question.second));
    fmt::print(stderr, "{} [{}/{}] ", question.text, question.first, question.second);
    std::fflush(stderr);
    if (!std::getline(std::cin, said)) said.clear();
  }
  if (said == question.first) return 0;
  if (said == question.second) return 1;
  return Error(Code::invalid_argument, fmt::format("--{}: {} or {}, not {}", question.flag, question.first, question.second, shown(said)));
}

int advise_new(const AdviseOptions& options) {
  std::array<int, 6> answers{};
  for (std::size_t i = 0; i < kQuestions.size(); ++i) {
    auto answer = answer_to(kQuestions[i], options.answers[i]);
    if (!answer) {
      complain(answer.error().message);
      return kUsage;
    }
    answers[i] = *answer;
  }
  const Design design{static_cast<Design::Clients>(answers[0]), static_cast<Design::Data>(answers[1]),
                      static_cast<Design::Rest>(answers[2]),    static_cast<Design::Teams>(answers[3]),
                      static_cast<Design::Stage>(answers[4]),   static_cast<Design::Coupling>(answers[5])};
  const AdviceRule& rule = judge_design(design);
  if (options.output == Output::json) {
    mcp::JsonWriter out;
    out.object()
        .field("advice", advice_name(rule.advice))
        .field("rule", rule.id)
        .field("when", rule.when)
        .field("source", rule.source)
        .end();
    print(out.text() + "\n");
  } else {
    print(fmt::format("{}\n  {}: {}\n", rule.advice == Advice::keep ? "MCP" : advice_name(rule.advice), rule.when, rule.source));
  }
  return kGood;
}

}  // namespace

int advise(const AdviseOptions& options, net::Reaper& reaper) {
  if (options.asks == AdviseOptions::Asks::rules) {
    print(rules_markdown());
    return kGood;
  }
  if (options.asks == AdviseOptions::Asks::design) return advise_new(options);
  auto config = open_config(options.config);
  if (!config) return kUsage;
  auto gateway = AskedGateway::find(options.config, options.url, reaper);
  if (!gateway) {
    if (!gateway.error().message.empty()) complain(gateway.error().message);
    return gateway.error().code == Code::invalid_argument ? kUsage : kFailed;
  }
  auto all = read_use(*gateway, *config);
  if (!all) {
    complain(all.error().message);
    return kFailed;
  }
  if (options.output == Output::json) {
    print(as_json(*all));
    return kGood;
  }
  for (const UseOf& use : *all) print(as_text(use, judge_use(use)));
  print("not on record: how many distinct callers there were, how often data changed, overhead beside latency\n");
  return kGood;
}

}  // namespace app
