#include "app/config_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/config_limits.h"
#include "app/nearest.h"
#include "app/schema.h"

namespace app {
namespace {

using authz::Annotation;
using authz::ArgumentCheck;
using authz::Disclosure;
using authz::Pattern;
using authz::Rule;
using authz::Verdict;
using yaml::Value;

constexpr std::size_t kMostRules = 1'000;
constexpr std::size_t kLargestArguments = 64 * 1024 * 1024;

class RuleReader {
 public:
  RuleReader(Reader& reader, Findings& findings, const gateway::Config& config, Tokens tokens)
      : reader_(reader), findings_(findings), servers_(config.servers), door_(config.door), tokens_(tokens) {}

  std::optional<Rule> read(const Value& value, const std::string& path) {
    if (!reader_.is_map(value, path)) return {};
    schema::check(value, schema::rule(), path, findings_);
    Rule rule;
    rule.place = gateway::Place{findings_.file(), value.mark.line, value.mark.column}.text();
    if (auto* who = value.find("who")) read_who(*who, path + ".who", rule.who);
    if (auto* patterns = value.find("tools")) rule.tools = read_patterns(*patterns, path + ".tools");
    if (auto* patterns = value.find("prompts")) rule.prompts = read_patterns(*patterns, path + ".prompts");
    if (auto* patterns = value.find("resources")) rule.resources = read_patterns(*patterns, path + ".resources");
    if (auto* when = value.find("when")) read_when(*when, path + ".when", rule);
    auto* then = value.find("then");
    if (!then) {
      reader_.error(value, path + " has no then; add then: allow, deny or ask");
      return {};
    }
    auto verdict = reader_.word(*then, path + ".then", {"allow", "deny", "ask"});
    if (!verdict) return {};
    rule.then = *verdict == 0 ? Verdict::allow : *verdict == 1 ? Verdict::deny : Verdict::ask;
    if (auto* one = value.find("approvers")) read_approvers(*one, path + ".approvers", rule);
    if (auto* one = value.find("limit")) read_limit(*one, path + ".limit", rule);
    return rule;
  }

  void read_who(const Value& value, const std::string& path, authz::Who& who) {
    if (value.kind == Value::Kind::scalar) {
      auto text = reader_.plain(value, path);
      if (text && *text == "anonymous")
        who.anonymous = true;
      else if (text)
        who.callers = {*std::move(text)};
      return;
    }
    if (!reader_.is_map(value, path)) return;
    schema::check(value, schema::rule_who(), path, findings_);
    if (value.members.empty()) reader_.error(value, path + " says nobody; leave it out for everybody");
    const std::pair<std::string_view, std::vector<std::string>*> lists[] = {{"caller", &who.callers}, {"user", &who.users},
                                                                            {"group", &who.groups},   {"client", &who.clients},
                                                                            {"key", &who.keys},       {"issuer", &who.issuers}};
    for (const auto& [key, list] : lists) {
      auto* one = value.find(key);
      if (!one) continue;
      const std::string at = fmt::format("{}.{}", path, key);
      *list = several(*one, at);
      warn_nobody(*one, at, key);
    }
  }

 private:
  // Who there can be depends on how callers come in.
  void warn_nobody(const Value& value, const std::string& at, std::string_view key) {
    if (key == "caller") return;
    if (door_ != authz::Door::keys)
      reader_.warn(value, at + ": nobody signs in, so this line is for nobody; add auth: { api_keys: true }");
    else if (tokens_ == Tokens::refused && key != "group" && key != "key")
      reader_.warn(value, at + ": callers come with API keys, which have no " + std::string(key) + ", so this line is for nobody");
  }

  void read_approvers(const Value& value, const std::string& path, Rule& rule) {
    if (!reader_.is_map(value, path)) return;
    schema::check(value, schema::rule_approvers(), path, findings_);
    authz::Approvers out;
    if (auto* one = value.find("group")) out.groups = several(*one, path + ".group");
    if (auto* one = value.find("key")) out.keys = several(*one, path + ".key");
    if (auto* one = value.find("user")) out.users = several(*one, path + ".user");
    if (auto* one = value.find("count"))
      if (auto number = reader_.number(*one, path + ".count", 1, 20)) out.count = static_cast<std::size_t>(*number);
    if (out.groups.empty() && out.keys.empty() && out.users.empty()) reader_.error(value, path + " says nobody; add group, key or user");
    if (rule.then != Verdict::ask) reader_.error(value, path + ": only then: ask has approvers");
    rule.approvers = std::move(out);
  }

  void read_limit(const Value& value, const std::string& path, Rule& rule) {
    auto rate = read_rate(value, path, reader_);
    if (!rate) return;
    if (rule.then == Verdict::deny) reader_.error(value, path + ": what is denied needs no limit");
    rule.limit = authz::UseLimit{rate->per_second, rate->burst};
  }

  // One text, or a list of them.
  std::vector<std::string> several(const Value& value, const std::string& path) {
    std::vector<std::string> out;
    if (value.kind == Value::Kind::list) {
      for (std::size_t i = 0; i < value.items.size(); ++i)
        if (auto text = reader_.plain(value.items[i], fmt::format("{}[{}]", path, i))) out.push_back(*std::move(text));
      if (value.items.empty()) reader_.error(value, path + " is empty, so that nothing would ever fit; leave it out");
    } else if (auto text = reader_.plain(value, path)) {
      out.push_back(*std::move(text));
    }
    return out;
  }

  std::vector<Pattern> read_patterns(const Value& value, const std::string& path) {
    std::vector<Pattern> out;
    for (const std::string& text : several(value, path)) {
      auto pattern = authz::read_pattern(text);
      if (!pattern) {
        reader_.error(value, fmt::format("{}: {}: {}", path, shown(text), pattern.error().message));
        continue;
      }
      warn_unknown_server(value, path, pattern->server);
      out.push_back(*std::move(pattern));
    }
    return out;
  }

  void warn_unknown_server(const Value& value, const std::string& path, const std::string& server) {
    if (server.find_first_of("*?") != std::string::npos) return;
    std::vector<std::string_view> known;
    for (const gateway::ServerConfig& one : servers_) known.push_back(one.id);
    if (std::find(known.begin(), known.end(), server) != known.end()) return;
    auto near = find_nearest(server, known);
    reader_.warn(value,
                 fmt::format("{}: there is no server {}{}", path, shown(server), near ? fmt::format("; did you mean {}?", *near) : ""));
  }

  void read_when(const Value& value, const std::string& path, Rule& rule) {
    if (!reader_.is_map(value, path)) return;
    schema::check(value, schema::rule_when(), path, findings_);
    if (value.members.empty()) reader_.error(value, path + " has no condition; leave it out for always");
    if (auto* one = value.find("annotation")) {
      constexpr std::pair<std::string_view, Annotation> kWords[] = {{"destructive", Annotation::destructive},
                                                                    {"read-only", Annotation::read_only},
                                                                    {"idempotent", Annotation::idempotent},
                                                                    {"open-world", Annotation::open_world},
                                                                    {"unannotated", Annotation::unannotated}};
      rule.when.annotations = words<Annotation>(*one, path + ".annotation", kWords);
      if (rule.tools.empty() && !rule.any_kind())
        reader_.error(*one, path + ".annotation: only tools have annotations; add tools, or leave this out");
    }
    if (auto* one = value.find("disclosure")) {
      constexpr std::pair<std::string_view, Disclosure> kWords[] = {
          {"all", Disclosure::all}, {"search", Disclosure::search}, {"code", Disclosure::code}};
      rule.when.disclosures = words<Disclosure>(*one, path + ".disclosure", kWords);
    }
    if (auto* one = value.find("larger"))
      if (auto size = reader_.size(*one, path + ".larger", 0, kLargestArguments)) rule.when.larger = *size;
    if (auto* one = value.find("arguments")) read_arguments(*one, path + ".arguments", rule.when.arguments);
  }

  template <class T, std::size_t N>
  std::vector<T> words(const Value& value, const std::string& path, const std::pair<std::string_view, T> (&known)[N]) {
    std::vector<T> out;
    for (const std::string& text : several(value, path)) {
      auto found = std::find_if(std::begin(known), std::end(known), [&](const auto& one) { return one.first == text; });
      if (found != std::end(known)) {
        out.push_back(found->second);
        continue;
      }
      std::string all;
      for (std::size_t i = 0; i < N; ++i) (all += i == 0 ? "" : i + 1 == N ? " or " : ", ") += known[i].first;
      reader_.error(value, fmt::format("{} must be {}, not {}", path, all, shown(text)));
    }
    return out;
  }

  void read_arguments(const Value& value, const std::string& path, std::vector<ArgumentCheck>& out) {
    if (!reader_.is_map(value, path)) return;
    if (value.members.empty()) reader_.error(value, path + " has no condition; leave it out");
    for (const yaml::Member& member : value.members) {
      if (member.key.empty() || !authz::check_pointer(member.key)) {
        reader_.error(member.mark, fmt::format("{}: {} is no JSON pointer; write it like /path or /items/*/name", path, shown(member.key)));
        continue;
      }
      ArgumentCheck check;
      check.pointer = member.key;
      const std::string at = fmt::format("{}.{}", path, member.key);
      if (member.value.kind == Value::Kind::map)
        read_check(member.value, at, check);
      else
        check.values = wanted(member.value, at);
      out.push_back(std::move(check));
    }
  }

  std::vector<std::string> wanted(const Value& value, const std::string& path) {
    if (value.kind == Value::Kind::null) return {"null"};
    return several(value, path);
  }

  std::optional<double> bound(const Value& value, const std::string& path) {
    double out = 0;
    auto text = reader_.plain(value, path);
    if (!text) return {};
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
    if (error == std::errc() && end == text->data() + text->size()) return out;
    reader_.wrong(value, path, "a number");
    return {};
  }

  void read_check(const Value& value, const std::string& path, ArgumentCheck& check) {
    schema::check(value, schema::rule_argument(), path, findings_);
    if (value.members.empty()) reader_.error(value, path + " has no condition; leave it out");
    if (auto* one = value.find("is")) check.values = wanted(*one, path + ".is");
    if (auto* one = value.find("above")) check.above = bound(*one, path + ".above");
    if (auto* one = value.find("below")) check.below = bound(*one, path + ".below");
    if (auto* one = value.find("present")) check.present = reader_.flag(*one, path + ".present");
  }

  Reader& reader_;
  Findings& findings_;
  const std::vector<gateway::ServerConfig>& servers_;
  authz::Door door_;
  Tokens tokens_;
};

}  // namespace

authz::Who read_who(const Value& value, const std::string& path, Reader& reader, const gateway::Config& config) {
  authz::Who out;
  RuleReader(reader, reader.findings(), config, Tokens::taken).read_who(value, path, out);
  return out;
}

std::vector<Rule> read_rules(const Value& value, Reader& reader, Findings& findings, const gateway::Config& config, Tokens tokens) {
  std::vector<Rule> out;
  if (value.kind == Value::Kind::null || !reader.is_list(value, "rules")) return out;
  if (value.items.size() > kMostRules) {
    reader.error(value, fmt::format("rules: at most {} lines", kMostRules));
    return out;
  }
  RuleReader lines(reader, findings, config, tokens);
  std::vector<const Value*> places;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    auto rule = lines.read(value.items[i], fmt::format("rules[{}]", i));
    if (!rule) continue;
    out.push_back(*std::move(rule));
    places.push_back(&value.items[i]);
  }
  // Lines that were read by half say nothing of others.
  if (findings.any_error()) return out;
  for (const auto& [line, before] : authz::unreachable(out))
    reader.warn(*places[line],
                authz::contradict(out[before], out[line])
                    ? fmt::format("this rule contradicts the one at {}, which is about the same and comes first", out[before].place)
                    : fmt::format("this rule is never reached: the one at {} fits whatever it fits, and comes first", out[before].place));
  return out;
}

}  // namespace app
