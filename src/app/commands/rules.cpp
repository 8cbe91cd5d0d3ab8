#include <fmt/format.h>

#include <fstream>

#include "access/keys/key_book.h"
#include "access/policy.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/rule_cases.h"
#include "app/terminal.h"
#include "base/json.h"
#include "gateway/confine.h"
#include "store/catalog_store.h"

namespace app {
namespace {

using authz::Decision;
using authz::RuleSet;

// The config, or nothing: then what is wrong has been said.
std::optional<AppConfig> config_of(const std::string& given) {
  auto file = find_config(given, process_environment);
  if (!file) {
    complain(file.error().message);
    return {};
  }
  ReadConfig read = read_config(*file, process_environment);
  if (!read.config) {
    show_findings(read.findings);
    return {};
  }
  return std::move(read.config);
}

// No rules are an empty set.
std::shared_ptr<const RuleSet> rules_in(const AppConfig& config) { return config.gateway.rules ? config.gateway.rules : RuleSet::make({}); }

// What the store says of a key. False: it has been said that there is none.
bool look_up_key(const AppConfig& config, const std::string& name, authz::Principal& who) {
  auto store = store::open_store(config.store.reveal());
  auto found = store ? (*store)->keys().find(name) : mcp::Result<std::optional<store::StoredKey>>(store.error());
  if (!found || !*found) {
    complain(found ? "there is no key " + shown(name) + "; gatehouse keys list shows those that there are" : found.error().message);
    return false;
  }
  who = authz::principal_of(**found);
  return true;
}

// What the options say of the call. False: what is wrong has been said.
bool read_explained(const RulesOptions& options, RuleCase& one) {
  using Verb = authz::Subject::Verb;
  one.who.id = options.who;
  one.who.groups = options.groups;
  one.arguments = options.arguments;
  one.verb = options.kind == "prompt" ? Verb::get_prompt : options.kind == "resource" ? Verb::read : Verb::call;
  one.disclosure = options.disclosure == "search" ? authz::Disclosure::search
                   : options.disclosure == "code" ? authz::Disclosure::code
                                                  : authz::Disclosure::all;
  auto what = authz::read_pattern(options.what);
  if (!what || !base::validate_json(one.arguments) || !base::is_object(one.arguments)) {
    complain(what ? "the arguments are no JSON object" : shown(options.what) + " is no name; write it like server__tool");
    return false;
  }
  one.what = *std::move(what);
  for (const std::string& word : options.annotations)
    if (!add_hint(word, one.hints)) {
      complain(fmt::format("{} is no annotation; there are destructive, read-only, idempotent and open-world", shown(word)));
      return false;
    }
  return true;
}

// What a line that decided wants besides.
std::string besides(const authz::Rule& rule) {
  std::string out;
  if (rule.approvers) {
    std::string who;
    for (const auto* names : {&rule.approvers->groups, &rule.approvers->keys, &rule.approvers->users})
      for (const std::string& name : *names) who.append(who.empty() ? "" : ", ").append(name);
    out += fmt::format(", approved by {} of {}", rule.approvers->count, who);
  }
  if (rule.limit) out += fmt::format(", at most {:g} a minute", rule.limit->per_second * 60);
  return out;
}

std::string name_of(const RuleCase& one) { return one.what.server + "__" + one.what.name; }

std::string by(const Decision& decision) { return decision.rule ? "by " + decision.rule->place : std::string(decision.why); }

std::string_view past(authz::Verdict verdict) {
  return verdict == authz::Verdict::allow ? "allowed" : verdict == authz::Verdict::deny ? "denied" : "asked for";
}

}  // namespace

int rules_test(const RulesOptions& options) {
  auto config = config_of(options.config);
  if (!config) return kUsage;
  authz::Policy rules;
  rules.use(rules_in(*config), gateway::confinement_of(config->gateway));
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
    const Decision decision = rules.decide(one.who, one.subject(), one.arguments);
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
  if (!read_explained(options, one)) return kUsage;
  auto config = config_of(options.config);
  if (!config) return kUsage;
  if (!options.key.empty() && !look_up_key(*config, options.key, one.who)) return kFailed;
  const auto rules = rules_in(*config);
  authz::Policy policy;
  policy.use(rules, gateway::confinement_of(config->gateway));
  const Decision decision = policy.decide(one.who, one.subject(), one.arguments);
  // Who is confined and outside is not looked at by any line.
  const bool by_lines = decision.rule || policy.rules()->decide(one.who, one.subject(), one.arguments).denied();
  const int status = decision.denied() ? kFailed : kGood;
  std::vector<RuleSet::Looked> looked;
  if (by_lines) looked = rules->explain(one.who, one.subject(), one.arguments);
  if (options.output == Output::json) {
    std::string lines;
    for (const RuleSet::Looked& line : looked)
      lines += fmt::format(R"({}{{"place":{},"fits":{},"why_not":{}}})", lines.empty() ? "" : ",", base::quoted(line.rule->place),
                           line.fits, line.fits ? "null" : base::quoted(line.why_not));
    print(fmt::format("{{\"verdict\":\"{}\",\"rule\":{},\"why\":{},\"lines\":[{}]}}\n", authz::verdict_name(decision.verdict),
                      decision.rule ? base::quoted(decision.rule->place) : "null", base::quoted(decision.why), lines));
    return status;
  }
  print(fmt::format("{}: {} for {} is {}, {}\n", authz::verdict_name(decision.verdict), shown(name_of(one)), shown(one.who.id),
                    past(decision.verdict), by(decision)));
  for (const RuleSet::Looked& line : looked)
    print(fmt::format("  {}: {}\n", line.rule->place,
                      line.fits ? fmt::format("fits: {}{}", authz::verdict_name(line.rule->then), besides(*line.rule))
                                : fmt::format("no: {}", line.why_not)));
  return status;
}

}  // namespace app
