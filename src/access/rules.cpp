#include "access/rules.h"

#include <algorithm>
#include <span>

#include "access/plain_path.h"
#include "base/glob.h"
#include "base/json.h"

namespace authz {
namespace {

using mcp::Code;
using mcp::Error;
using Kind = Subject::Kind;

constexpr std::string_view kNoLine = "no line fits, and the last one is not for everything";
constexpr std::string_view kTwice = "a key stands twice in the arguments, and a rule looks at them";

bool any_fits(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return base::glob_match(glob, text); });
}

bool is_literal(std::string_view glob) { return glob.find_first_of("*?") == std::string_view::npos; }

bool annotated(Annotation wanted, const Hints& hints) {
  switch (wanted) {
    case Annotation::destructive: return hints.destructive.value_or(false);
    case Annotation::read_only: return hints.read_only.value_or(false);
    case Annotation::idempotent: return hints.idempotent.value_or(false);
    case Annotation::open_world: return hints.open_world.value_or(false);
    case Annotation::unannotated: return !hints.any();
  }
  return false;
}

// Whether all that the glob `inner` fits is fit by `outer`. Never true by mistake.
bool covers(std::string_view outer, std::string_view inner) {
  return outer == inner || (outer.find('?') == std::string_view::npos && base::glob_match(outer, inner));
}

bool covers(const std::vector<Pattern>& outer, const std::vector<Pattern>& inner) {
  return std::all_of(inner.begin(), inner.end(), [&](const Pattern& one) {
    return std::any_of(outer.begin(), outer.end(),
                       [&](const Pattern& wide) { return covers(wide.server, one.server) && covers(wide.name, one.name); });
  });
}

constexpr Kind kGoverned[] = {Kind::tool, Kind::prompt, Kind::resource};

bool covers(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
  if (outer.empty()) return true;
  if (inner.empty()) return false;
  return std::all_of(inner.begin(), inner.end(), [&](const std::string& one) {
    return std::any_of(outer.begin(), outer.end(), [&](const std::string& wide) { return covers(wide, one); });
  });
}

bool covers(const Who& outer, const Who& inner) {
  return (!outer.anonymous || inner.anonymous) && covers(outer.callers, inner.callers) && covers(outer.users, inner.users) &&
         covers(outer.groups, inner.groups) && covers(outer.clients, inner.clients) && covers(outer.keys, inner.keys) &&
         covers(outer.issuers, inner.issuers);
}

// What a line on arguments looks at depends on what it does: one that allows is stricter than one that stops.
bool same_look(const Rule& a, const Rule& b) {
  return a.when == b.when && (a.when.arguments.empty() || (a.then == Verdict::allow) == (b.then == Verdict::allow));
}

bool covers(const Rule& outer, const Rule& inner) {
  if (!outer.when.always() && !same_look(outer, inner)) return false;
  if (!covers(outer.who, inner.who)) return false;
  if (outer.any_kind()) return true;
  const std::vector<Pattern> all{{"*", "*"}};
  return std::all_of(std::begin(kGoverned), std::end(kGoverned),
                     [&](Kind kind) { return covers(outer.patterns(kind), inner.any_kind() ? all : inner.patterns(kind)); });
}

Decision stricter(Decision a, Decision b) {
  auto rank = [](const Decision& one) { return one.verdict == Verdict::deny ? 2 : one.verdict == Verdict::ask ? 1 : 0; };
  return rank(b) > rank(a) ? std::move(b) : std::move(a);
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow: return "allow";
    case Verdict::deny: return "deny";
    case Verdict::ask: return "ask";
  }
  return "deny";
}

mcp::Result<Pattern> read_pattern(std::string_view text) {
  if (text == "*") return Pattern{"*", "*"};
  const std::size_t at = text.find("__");
  if (at == std::string_view::npos)
    return Error(Code::invalid_argument, "a pattern is written like vault__read_* (server, two underscores, name), or * for everything");
  if (at == 0 || at + 2 == text.size())
    return Error(Code::invalid_argument, "there is nothing on one side of the __; * is any server, or any name");
  return Pattern{std::string(text.substr(0, at)), std::string(text.substr(at + 2))};
}

bool Who::everybody() const {
  return callers.empty() && users.empty() && groups.empty() && clients.empty() && keys.empty() && issuers.empty() && !anonymous;
}

bool Who::fits(const Principal& who) const {
  auto one = [](const std::vector<std::string>& wanted, const std::string& has) {
    return wanted.empty() || (!has.empty() && any_fits(wanted, has));
  };
  if (anonymous && !(who.issuer.empty() && who.key.empty())) return false;
  if (!groups.empty() &&
      std::none_of(who.groups.begin(), who.groups.end(), [&](const std::string& group) { return any_fits(groups, group); }))
    return false;
  return one(callers, who.id) && one(users, who.user) && one(clients, who.client) && one(keys, who.key) && one(issuers, who.issuer);
}

bool Approvers::includes(const Principal& who) const {
  if (!who.key.empty() && any_fits(keys, who.key)) return true;
  if (!who.user.empty() && any_fits(users, who.user)) return true;
  return std::any_of(who.groups.begin(), who.groups.end(), [this](const std::string& group) { return any_fits(groups, group); });
}

const std::vector<Pattern>& Rule::patterns(Kind kind) const {
  switch (kind) {
    case Kind::tool: return tools;
    case Kind::prompt: return prompts;
    case Kind::resource:
    case Kind::resource_template: break;
  }
  return resources;
}

bool Rule::catches_all() const {
  if (!who.everybody() || !when.always()) return false;
  auto all = [](const std::vector<Pattern>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), [](const Pattern& one) { return one.all(); });
  };
  return any_kind() || all(tools) || all(prompts) || all(resources);
}

std::string Decision::text() const { return std::string(verdict_name(verdict)) + (rule ? " by " + rule->place : ": " + std::string(why)); }

std::shared_ptr<const RuleSet> RuleSet::make(std::vector<Rule> rules) {
  return std::shared_ptr<const RuleSet>(new RuleSet(std::move(rules)));
}

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {
  for (const Rule& rule : rules_)
    for (Kind kind : kGoverned)
      for (const Pattern& pattern : rule.patterns(kind))
        if (is_literal(pattern.server)) by_server_.try_emplace(pattern.server);
  auto touches = [](const Rule& rule, auto&& server_fits) {
    return rule.any_kind() || std::any_of(std::begin(kGoverned), std::end(kGoverned), [&](Kind kind) {
             const auto& patterns = rule.patterns(kind);
             return std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& one) { return server_fits(one.server); });
           });
  };
  for (std::size_t line = 0; line < rules_.size(); ++line) {
    const Rule& rule = rules_[line];
    for (auto& [server, lines] : by_server_)
      if (touches(rule, [&](const std::string& glob) { return base::glob_match(glob, server); })) lines.push_back(line);
    if (touches(rule, [](const std::string& glob) { return !is_literal(glob); })) others_.push_back(line);
    index_rule(line);
    checks_arguments_ = checks_arguments_ || !rule.when.arguments.empty();
    by_caller_ = by_caller_ || !rule.who.everybody();
  }
  auto hides = [](const Rule& rule) { return rule.then == Verdict::deny; };
  shows_everything_ = rules_.empty() || (std::none_of(rules_.begin(), rules_.end(), hides) && rules_.back().catches_all());
}

void RuleSet::index_rule(std::size_t line) {
  const Rule& rule = rules_[line];
  const std::vector<std::string>& groups = rule.who.groups;
  const bool by_group = !groups.empty() && std::all_of(groups.begin(), groups.end(), is_literal);
  const std::span<const std::string> whom = by_group ? std::span<const std::string>(groups) : std::span<const std::string>();
  for (Kind kind : kGoverned) {
    if (rule.any_kind()) index_.add(line, kind, {}, {}, whom);
    for (const Pattern& pattern : rule.patterns(kind))
      index_.add(line, kind, is_literal(pattern.server) ? std::string_view(pattern.server) : std::string_view(),
                 is_literal(pattern.name) ? std::string_view(pattern.name) : std::string_view(), whom);
  }
}

bool RuleSet::same(const RuleSet& other) const {
  return std::equal(rules_.begin(), rules_.end(), other.rules_.begin(), other.rules_.end(), [](const Rule& a, Rule b) {
    b.place = a.place;
    return a == b;
  });
}

Decision RuleSet::by(std::size_t line) const {
  return {rules_[line].then, std::shared_ptr<const Rule>(shared_from_this(), &rules_[line]), {}};
}

const RuleSet::Lines& RuleSet::lines_for(std::string_view server) const {
  auto found = by_server_.find(server);
  return found == by_server_.end() ? others_ : found->second;
}

RuleSet::Judged RuleSet::judge(const Rule& rule, const Principal& who, const Subject& subject, std::string_view arguments) {
  const Kind kind = subject.kind();
  Fit fit = Fit::yes;
  if (!rule.any_kind()) {
    fit = Fit::no;
    for (const Pattern& pattern : rule.patterns(kind)) {
      if (!base::glob_match(pattern.server, subject.server)) continue;
      // Nobody can say which URIs a template will make.
      if (pattern.name == "*" || (kind != Kind::resource_template && base::glob_match(pattern.name, subject.name)))
        fit = Fit::yes;
      else if (kind == Kind::resource_template)
        fit = Fit::perhaps;
      if (fit == Fit::yes) break;
    }
    if (fit == Fit::no) return {Fit::no, "it is about something else"};
  }
  const When& when = rule.when;
  if (!when.annotations.empty()) {
    auto has = [&](Annotation one) { return annotated(one, subject.hints); };
    if (kind != Kind::tool || std::none_of(when.annotations.begin(), when.annotations.end(), has))
      return {Fit::no, "there is no such annotation"};
  }
  if (!rule.who.fits(who)) return {Fit::no, "it is about somebody else"};
  if (when.arguments.empty() && !when.larger && when.disclosures.empty()) return {fit};
  const bool has_arguments = kind == Kind::tool || kind == Kind::prompt;
  if (!has_arguments && (!when.arguments.empty() || when.larger)) return {Fit::no, "there are no arguments"};
  if (subject.verb == Subject::Verb::see) return {Fit::perhaps};
  if (!when.disclosures.empty() &&
      std::find(when.disclosures.begin(), when.disclosures.end(), subject.disclosure) == when.disclosures.end())
    return {Fit::no, "it is about calls that come otherwise"};
  if (when.larger && arguments.size() <= *when.larger) return {Fit::no, "the arguments are not that large"};
  const Strict how = rule.then == Verdict::allow ? Strict::lets_pass : Strict::stops;
  auto holding = [&](const ArgumentCheck& check) { return holds(check, arguments, how); };
  if (!std::all_of(when.arguments.begin(), when.arguments.end(), holding)) return {Fit::no, "the arguments do not fit"};
  return {fit};
}

Decision RuleSet::first(const Principal& who, const Subject& subject, std::string_view arguments) const {
  auto decides = [&](std::size_t line) {
    const Fit how = judge(rules_[line], who, subject, arguments).fit;
    return how == Fit::yes || (how == Fit::perhaps && rules_[line].then != Verdict::deny);
  };
  if (subject.kind() == Kind::resource_template) {
    // Its URIs are not known, so that no name can be looked up.
    for (std::size_t line : lines_for(subject.server))
      if (decides(line)) return by(line);
  } else {
    RuleIndex::Walk walk(index_, subject.kind(), subject.server, subject.name, who.groups);
    while (auto line = walk.next())
      if (decides(*line)) return by(*line);
  }
  if (!rules_.empty() && rules_.back().catches_all()) return by(rules_.size() - 1);
  return {Verdict::deny, nullptr, kNoLine};
}

std::vector<RuleSet::Looked> RuleSet::explain(const Principal& who, const Subject& subject, std::string_view arguments) const {
  std::vector<Looked> out;
  for (const Rule& rule : rules_) {
    const Judged judged = judge(rule, who, subject, arguments);
    const bool fits = judged.fit != Fit::no;
    out.push_back({std::shared_ptr<const Rule>(shared_from_this(), &rule), fits, judged.why_not});
    if (fits) break;
  }
  return out;
}

Decision RuleSet::decide(const Principal& who, const Subject& subject, std::string_view arguments) const {
  if (rules_.empty()) return {Verdict::allow, nullptr, "there are no rules"};
  const bool seeing = subject.verb == Subject::Verb::see;
  // Two readers of one message must not see two messages.
  if (!seeing && checks_arguments_ && base::is_object(arguments) && !base::unique_keys(arguments)) return {Verdict::deny, nullptr, kTwice};
  Decision decision = first(who, subject, arguments);
  if (subject.kind() != Kind::resource || decision.denied()) return decision;
  const std::string plain = plain_uri(subject.name);
  if (plain == subject.name) return decision;
  Subject other = subject;
  other.name = plain;
  return stricter(std::move(decision), first(who, other, arguments));
}

Sight RuleSet::sight(const Principal& who, std::string_view server, Kind kind) const {
  bool shown = false, hidden = false;
  auto ended = [&](Verdict rest) {
    if (rest != Verdict::deny) return hidden ? Sight::something : Sight::all;
    return shown ? Sight::something : Sight::nothing;
  };
  if (rules_.empty()) return Sight::all;
  for (std::size_t line : lines_for(server)) {
    const Rule& rule = rules_[line];
    if (!rule.who.fits(who)) continue;
    if (!rule.when.annotations.empty() && kind != Kind::tool) continue;
    const auto& patterns = rule.patterns(kind);
    auto here = [&](const Pattern& one) { return base::glob_match(one.server, server); };
    auto all_here = [&](const Pattern& one) { return here(one) && one.name == "*"; };
    if (!rule.any_kind() && std::none_of(patterns.begin(), patterns.end(), here)) continue;
    const bool all = rule.when.always() && (rule.any_kind() || std::any_of(patterns.begin(), patterns.end(), all_here));
    if (all) return ended(rule.then);
    // What rests on a call hides nothing from a list.
    const bool of_calls = !rule.when.arguments.empty() || rule.when.larger || !rule.when.disclosures.empty();
    if (rule.then != Verdict::deny)
      shown = true;
    else if (!of_calls)
      hidden = true;
  }
  return ended(rules_.back().catches_all() ? rules_.back().then : Verdict::deny);
}

bool RuleSet::sees_any(const Principal& who, std::string_view server) const {
  return std::any_of(std::begin(kGoverned), std::end(kGoverned), [&](Kind kind) { return sight(who, server, kind) != Sight::nothing; });
}

std::string RuleSet::standing(const Principal& who) const {
  std::string out;
  for (const Rule& rule : rules_)
    if (!rule.who.everybody()) out += rule.who.fits(who) ? '1' : '0';
  return out;
}

bool contradict(const Rule& one, const Rule& other) {
  if (one.then == other.then || !(one.who == other.who) || !(one.when == other.when) || one.any_kind() != other.any_kind()) return false;
  return std::all_of(std::begin(kGoverned), std::end(kGoverned), [&](Kind kind) {
    return covers(one.patterns(kind), other.patterns(kind)) && covers(other.patterns(kind), one.patterns(kind));
  });
}

std::shared_ptr<const RuleSet> rules_beyond_loopback() {
  Rule reads, asks, rest;
  reads.place = asks.place = rest.place = "the default beyond loopback";
  reads.tools = asks.tools = {{"*", "*"}};
  reads.when.annotations = {Annotation::read_only};
  reads.then = rest.then = Verdict::allow;
  asks.then = Verdict::ask;
  rest.prompts = rest.resources = {{"*", "*"}};
  return RuleSet::make({std::move(reads), std::move(asks), std::move(rest)});
}

std::vector<std::pair<std::size_t, std::size_t>> unreachable(const std::vector<Rule>& rules) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  for (std::size_t line = 1; line < rules.size(); ++line)
    for (std::size_t before = 0; before < line; ++before)
      if (covers(rules[before], rules[line])) {
        out.emplace_back(line, before);
        break;
      }
  return out;
}

}  // namespace authz
