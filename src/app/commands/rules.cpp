#include <fmt/format.h>

#include <fstream>

#include "app/commands.h"
#include "app/config.h"
#include "app/rule_cases.h"
#include "app/terminal.h"
#include "base/json.h"

namespace app {
namespace {

using authz::Decision;
using authz::RuleSet;

// The rules of the config, or nothing: then what is wrong has been said. No rules are an empty set.
std::shared_ptr<const RuleSet> rules_of(const std::string& given) {
  auto file = find_config(given, process_environment);
  if (!file) {
    complain(file.error().message);
    return nullptr;
  }
  ReadConfig read = read_config(*file, process_environment);
  if (!read.config) {
    show_findings(read.findings);
    return nullptr;
  }
  return read.config->gateway.rules ? read.config->gateway.rules : RuleSet::make({});
}

std::string name_of(const RuleCase& one) { return one.what.server + "__" + one.what.name; }

std::string by(const Decision& decision) { return decision.rule ? "by " + decision.rule->place : std::string(decision.why); }

std::string_view past(authz::Verdict verdict) {
  return verdict == authz::Verdict::allow ? "allowed" : verdict == authz::Verdict::deny ? "denied" : "asked for";
}

}  // namespace

int rules_test(const RulesOptions& options) {
  auto rules = rules_of(options.config);
  if (!rules) return kUsage;
  std::ifstream in(options.file, std::ios::binary);
  std::string text(yaml::kLargestFile + 1, '\0');
  if (!in) {
    complain(options.file + " cannot be read");
    return kUsage;
  }
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  Findings findings(options.file);
  const std::vector<RuleCase> cases = read_rule_cases(text, findings);
  if (findings.any_error()) {
    show_findings(std::move(findings).sorted());
    return kUsage;
  }
  std::size_t failed = 0;
  std::string json;
  for (const RuleCase& one : cases) {
    const Decision decision = rules->decide(one.who, one.subject(), one.arguments);
    const bool good = decision.verdict == one.expect;
    if (!good) ++failed;
    if (options.output == Output::json)
      json += fmt::format(R"({}{{"place":{},"name":{},"expect":"{}","verdict":"{}","rule":{},"ok":{}}})", json.empty() ? "" : ",",
                          base::quoted(one.place.text()), base::quoted(name_of(one)), authz::verdict_name(one.expect),
                          authz::verdict_name(decision.verdict), decision.rule ? base::quoted(decision.rule->place) : "null", good);
    else if (!good)
      print(fmt::format("{}: {} is {}, {}; expected was {}\n", one.place.text(), shown(name_of(one)), past(decision.verdict), by(decision),
                        authz::verdict_name(one.expect)));
  }
  if (options.output == Output::json)
    print("[" + json + "]\n");
  else
    print(fmt::format("{} cases, {} failed\n", cases.size(), failed));
  return failed == 0 ? kGood : kFailed;
}

int rules_explain(const RulesOptions& options) {
  RuleCase one;
  one.who.id = options.who;
  one.arguments = options.arguments;
  auto what = authz::read_pattern(options.what);
  if (!what || !base::validate_json(one.arguments) || !base::is_object(one.arguments)) {
    complain(what ? "the arguments are no JSON object" : shown(options.what) + " is no name; write it like server__tool");
    return kUsage;
  }
  one.what = *std::move(what);
  for (const std::string& word : options.annotations)
    if (!add_hint(word, one.hints)) {
      complain(fmt::format("{} is no annotation; there are destructive, read-only, idempotent and open-world", shown(word)));
      return kUsage;
    }
  auto rules = rules_of(options.config);
  if (!rules) return kUsage;
  const Decision decision = rules->decide(one.who, one.subject(), one.arguments);
  const int status = decision.denied() ? kFailed : kGood;
  const std::vector<RuleSet::Looked> looked = rules->explain(one.who, one.subject(), one.arguments);
  if (options.output == Output::json) {
    std::string lines;
    for (const RuleSet::Looked& line : looked)
      lines += fmt::format(R"({}{{"place":{},"fits":{},"why_not":{}}})", lines.empty() ? "" : ",", base::quoted(line.rule->place),
                           line.fits, line.fits ? "null" : base::quoted(line.why_not));
    print(fmt::format("{{\"verdict\":\"{}\",\"rule\":{},\"why\":{},\"lines\":[{}]}}\n", authz::verdict_name(decision.verdict),
                      decision.rule ? base::quoted(decision.rule->place) : "null", base::quoted(decision.why), lines));
    return status;
  }
  print(fmt::format("{}: {} for {} is {}, {}\n", authz::verdict_name(decision.verdict), shown(name_of(one)), shown(options.who),
                    past(decision.verdict), by(decision)));
  for (const RuleSet::Looked& line : looked)
    print(fmt::format("  {}: {}\n", line.rule->place,
                      line.fits ? fmt::format("fits: {}", authz::verdict_name(line.rule->then)) : fmt::format("no: {}", line.why_not)));
  return status;
}

}  // namespace app
