#include "app/rule_cases.h"

#include <fmt/format.h>

#include "app/reader.h"
#include "app/schema.h"
#include "app/yaml.h"
#include "base/json.h"

namespace app {
namespace {

using authz::Disclosure;
using authz::Subject;
using authz::Verdict;
using yaml::Value;

constexpr schema::Key kCase[] = {{"tool"}, {"prompt"}, {"resource"}, {"who"}, {"arguments"}, {"annotation"}, {"disclosure"}, {"expect"}};

// A value of YAML as JSON: what is not in quotes and is JSON as it stands is taken so.
std::string as_json(const Value& value) {
  std::string out;
  switch (value.kind) {
    case Value::Kind::null: return "null";
    case Value::Kind::scalar:
      if (!value.quoted && !value.text.empty() && value.text.find_first_of("\"{[") == std::string::npos && base::validate_json(value.text))
        return value.text;
      return base::quoted(value.text);
    case Value::Kind::list:
      for (const Value& item : value.items) out += (out.empty() ? "" : ",") + as_json(item);
      return "[" + out + "]";
    case Value::Kind::map:
      for (const yaml::Member& member : value.members)
        out += (out.empty() ? "" : ",") + base::quoted(member.key) + ":" + as_json(member.value);
      return "{" + out + "}";
  }
  return "null";
}

class CaseReader {
 public:
  explicit CaseReader(Findings& findings) : findings_(findings), reader_(findings, "/", [](const std::string&) { return std::nullopt; }) {}

  std::optional<RuleCase> read(const Value& value, const std::string& path) {
    if (!reader_.is_map(value, path)) return {};
    schema::check(value, kCase, path, findings_);
    RuleCase out;
    out.place = {findings_.file(), value.mark.line, value.mark.column};
    if (!read_what(value, path, out)) return {};
    if (auto* one = value.find("who")) read_who(*one, path + ".who", out.who);
    if (auto* one = value.find("arguments"); one && reader_.is_map(*one, path + ".arguments")) out.arguments = as_json(*one);
    if (auto* one = value.find("annotation"))
      for (const std::string& word : several(*one, path + ".annotation"))
        if (!add_hint(word, out.hints)) reader_.wrong(*one, path + ".annotation", "destructive, read-only, idempotent or open-world");
    if (auto* one = value.find("disclosure"))
      if (auto way = reader_.word(*one, path + ".disclosure", {"all", "search", "code"}))
        out.disclosure = *way == 0 ? Disclosure::all : *way == 1 ? Disclosure::search : Disclosure::code;
    auto* expect = value.find("expect");
    if (!expect) reader_.error(value, path + " has no expect; add expect: allow, deny or ask");
    auto verdict = expect ? reader_.word(*expect, path + ".expect", {"allow", "deny", "ask"}) : std::nullopt;
    if (!verdict) return {};
    out.expect = *verdict == 0 ? Verdict::allow : *verdict == 1 ? Verdict::deny : Verdict::ask;
    return out;
  }

 private:
  bool read_what(const Value& value, const std::string& path, RuleCase& out) {
    const std::pair<std::string_view, Subject::Verb> kinds[] = {
        {"tool", Subject::Verb::call}, {"prompt", Subject::Verb::get_prompt}, {"resource", Subject::Verb::read}};
    int found = 0;
    bool good = true;
    for (const auto& [key, verb] : kinds) {
      auto* one = value.find(key);
      if (!one) continue;
      ++found;
      auto text = reader_.plain(*one, fmt::format("{}.{}", path, key));
      auto what = text ? authz::read_pattern(*text) : authz::Pattern();
      if (text && !what) reader_.error(*one, fmt::format("{}.{}: {} is no name; write it like server__name", path, key, shown(*text)));
      good = good && text && what;
      out.verb = verb;
      if (what) out.what = *std::move(what);
    }
    if (found == 1) return good;
    reader_.error(value, path + " names one of tool, prompt and resource");
    return false;
  }

  void read_who(const Value& value, const std::string& path, authz::Principal& who) {
    if (value.kind == Value::Kind::scalar) {
      who.id = value.text;
      return;
    }
    if (!reader_.is_map(value, path)) return;
    schema::check(value, schema::rule_who(), path, findings_);
    const std::pair<std::string_view, std::string*> texts[] = {
        {"caller", &who.id}, {"user", &who.user}, {"client", &who.client}, {"key", &who.key}, {"issuer", &who.issuer}};
    for (const auto& [key, text] : texts)
      if (auto* one = value.find(key)) *text = reader_.plain(*one, fmt::format("{}.{}", path, key)).value_or("");
    if (auto* one = value.find("group")) who.groups = several(*one, path + ".group");
    if (who.id == "local" && !who.key.empty()) who.id = "key:" + who.key;
  }

  std::vector<std::string> several(const Value& value, const std::string& path) {
    if (value.kind == Value::Kind::list) return reader_.texts(value, path);
    auto text = reader_.plain(value, path);
    return text ? std::vector<std::string>{*text} : std::vector<std::string>{};
  }

  Findings& findings_;
  Reader reader_;
};

}  // namespace

Subject RuleCase::subject() const {
  Subject out{verb, what.server, what.name};
  out.hints = hints;
  out.disclosure = disclosure;
  return out;
}

bool add_hint(std::string_view word, authz::Hints& hints) {
  if (word == "destructive")
    hints.destructive = true;
  else if (word == "read-only")
    hints.read_only = true;
  else if (word == "idempotent")
    hints.idempotent = true;
  else if (word == "open-world")
    hints.open_world = true;
  else
    return false;
  return true;
}

std::vector<RuleCase> read_rule_cases(std::string_view text, Findings& findings) {
  std::vector<RuleCase> out;
  auto top = yaml::parse(text, findings);
  if (!top) return out;
  if (top->kind != Value::Kind::list) {
    findings.error(top->mark.line, top->mark.column, "cases are a list, like: - { tool: vault__search, expect: allow }");
    return out;
  }
  CaseReader reader(findings);
  for (std::size_t i = 0; i < top->items.size(); ++i)
    if (auto one = reader.read(top->items[i], fmt::format("[{}]", i))) out.push_back(*std::move(one));
  return out;
}

}  // namespace app
