#include "access/rules.h"

#include <gtest/gtest.h>

#include <random>

#include "access/plain_path.h"
#include "access/policy.h"

namespace {

using authz::Annotation;
using authz::ArgumentCheck;
using authz::Decision;
using authz::Disclosure;
using authz::Hints;
using authz::Pattern;
using authz::Principal;
using authz::Rule;
using authz::RuleSet;
using authz::Sight;
using authz::Subject;
using authz::Verdict;
using Kind = Subject::Kind;
using Verb = Subject::Verb;

Rule tools(std::vector<std::string> patterns, Verdict then) {
  Rule rule;
  for (const std::string& pattern : patterns) rule.tools.push_back(*authz::read_pattern(pattern));
  rule.then = then;
  rule.place = "g.yaml:1:1";
  return rule;
}

Rule rest(Verdict then) { return tools({"*"}, then); }

Subject call(std::string_view server, std::string_view name, Hints hints = {}) {
  Subject subject{Verb::call, server, name};
  subject.hints = hints;
  return subject;
}

Subject see(std::string_view server, std::string_view name, Kind kind = Kind::tool, Hints hints = {}) {
  Subject subject{Verb::see, server, name};
  subject.seen = kind;
  subject.hints = hints;
  return subject;
}

Verdict decided(const std::vector<Rule>& rules, const Subject& subject, std::string_view arguments = {}, const Principal& who = {}) {
  return RuleSet::make(rules)->decide(who, subject, arguments).verdict;
}

TEST(Pattern, SplitsAtTheFirstTwoUnderscores) {
  EXPECT_EQ(*authz::read_pattern("vault__a__b"), (Pattern{"vault", "a__b"}));
  EXPECT_EQ(*authz::read_pattern("*"), (Pattern{"*", "*"}));
  EXPECT_EQ(*authz::read_pattern("*__delete_*"), (Pattern{"*", "delete_*"}));
  for (auto bad : {"vault", "__a", "vault__", "", "delete_*"}) EXPECT_FALSE(authz::read_pattern(bad).ok()) << bad;
}

TEST(Rules, TheFirstLineThatFitsDecides) {
  const std::vector<Rule> rules{tools({"vault__read_*"}, Verdict::allow), tools({"vault__*"}, Verdict::deny), rest(Verdict::ask)};
  EXPECT_EQ(decided(rules, call("vault", "read_note")), Verdict::allow);
  EXPECT_EQ(decided(rules, call("vault", "write_note")), Verdict::deny);
  EXPECT_EQ(decided(rules, call("files", "read_note")), Verdict::ask);
  Decision decision = RuleSet::make(rules)->decide({}, call("vault", "write_note"), {});
  EXPECT_EQ(decision.text(), "deny by g.yaml:1:1");
}

TEST(Rules, WhatNoLineFitsIsDeniedUnlessTheLastOneIsForEverything) {
  EXPECT_EQ(decided({tools({"vault__*"}, Verdict::allow)}, call("files", "a")), Verdict::deny);
  EXPECT_EQ(decided({tools({"vault__*"}, Verdict::deny), rest(Verdict::allow)}, {Verb::read, "files", "file:///a"}), Verdict::allow);
  EXPECT_EQ(decided({tools({"vault__*"}, Verdict::allow), rest(Verdict::deny)}, {Verb::get_prompt, "vault", "p"}), Verdict::deny);
  EXPECT_EQ(decided({}, call("a", "b")), Verdict::allow);
}

TEST(Rules, LooksAtWhoCalls) {
  Rule oncall = tools({"*"}, Verdict::allow);
  oncall.who.groups = {"oncall", "lead*"};
  const std::vector<Rule> rules{oncall, rest(Verdict::deny)};
  Principal leader;
  leader.groups = {"staff", "leaders"};
  EXPECT_EQ(decided(rules, call("a", "b"), {}, leader), Verdict::allow);
  EXPECT_EQ(decided(rules, call("a", "b")), Verdict::deny);
  Rule local = tools({"*"}, Verdict::allow);
  local.who.callers = {"local"};
  local.who.anonymous = true;
  EXPECT_EQ(decided({local, rest(Verdict::deny)}, call("a", "b")), Verdict::allow);
  Principal key;
  key.key = "ci";
  EXPECT_EQ(decided({local, rest(Verdict::deny)}, call("a", "b"), {}, key), Verdict::deny);
}

TEST(Rules, LooksAtAnnotations) {
  auto with = [](Annotation wanted, Verdict then) {
    Rule rule = rest(then);
    rule.when.annotations = {wanted};
    return rule;
  };
  const std::vector<Rule> rules{with(Annotation::destructive, Verdict::deny), with(Annotation::unannotated, Verdict::ask),
                                rest(Verdict::allow)};
  Hints destructive, harmless;
  destructive.destructive = true;
  harmless.destructive = false;
  EXPECT_EQ(decided(rules, call("a", "b", destructive)), Verdict::deny);
  EXPECT_EQ(decided(rules, call("a", "b", harmless)), Verdict::allow);
  EXPECT_EQ(decided(rules, call("a", "b")), Verdict::ask);
  EXPECT_EQ(decided(rules, {Verb::read, "a", "x://y"}), Verdict::allow);
  EXPECT_EQ(decided(rules, see("a", "b", Kind::tool, destructive)), Verdict::deny);
}

TEST(Rules, ArgumentsDecideCallsAndHideNothing) {
  Rule big = tools({"pay__*"}, Verdict::deny);
  big.when.arguments = {ArgumentCheck{"/amount", {}, 100.0, {}, {}}};
  const std::vector<Rule> rules{big, rest(Verdict::allow)};
  EXPECT_EQ(decided(rules, call("pay", "send"), R"({"amount":101})"), Verdict::deny);
  EXPECT_EQ(decided(rules, call("pay", "send"), R"({"amount":"1e3"})"), Verdict::deny);
  EXPECT_EQ(decided(rules, call("pay", "send"), R"({"amount":100})"), Verdict::allow);
  EXPECT_EQ(decided(rules, call("pay", "send")), Verdict::allow);
  EXPECT_EQ(decided(rules, see("pay", "send")), Verdict::allow);
  // Some servers take the last of two, some the first.
  EXPECT_EQ(decided(rules, call("pay", "send"), R"({"amount":1,"amount":1000})"), Verdict::deny);
}

TEST(Rules, WhatOnlySomeArgumentsAllowIsSeen) {
  Rule mine = tools({"git__push"}, Verdict::allow);
  mine.when.arguments = {ArgumentCheck{"/branch", {"feature/*"}, {}, {}, {}}};
  const std::vector<Rule> rules{mine, rest(Verdict::deny)};
  EXPECT_EQ(decided(rules, see("git", "push")), Verdict::allow);
  EXPECT_EQ(decided(rules, see("git", "pull")), Verdict::deny);
  EXPECT_EQ(decided(rules, call("git", "push"), R"({"branch":"feature/a"})"), Verdict::allow);
  EXPECT_EQ(decided(rules, call("git", "push"), R"({"branch":"main"})"), Verdict::deny);
  EXPECT_EQ(decided(rules, call("git", "push"), R"({"branch":"feature/../main"})"), Verdict::deny);
}

TEST(Rules, TheWayOfACallAndTheSizeOfItsArguments) {
  Rule code = rest(Verdict::deny);
  code.when.disclosures = {Disclosure::code};
  Rule large = rest(Verdict::ask);
  large.when.larger = 10;
  const std::vector<Rule> rules{code, large, rest(Verdict::allow)};
  Subject from_code = call("a", "b");
  from_code.disclosure = Disclosure::code;
  EXPECT_EQ(decided(rules, from_code), Verdict::deny);
  EXPECT_EQ(decided(rules, call("a", "b"), R"({"text":"long"})"), Verdict::ask);
  EXPECT_EQ(decided(rules, call("a", "b"), "{}"), Verdict::allow);
  EXPECT_NE(decided(rules, see("a", "b")), Verdict::deny);
}

TEST(Rules, UrisAreLookedAtWithoutDisguise) {
  Rule secret;
  secret.resources = {*authz::read_pattern("files__file:///secret/*")};
  secret.then = Verdict::deny;
  const std::vector<Rule> rules{secret, rest(Verdict::allow)};
  for (auto uri : {"file:///secret/a", "file:///pub/../secret/a", "FILE:///secret/a", "file:///%73ecret/a", "file:///pub/%2e%2e/secret/a",
                   "file:////secret/a", "file:///./secret/a", "file:///pub%2F..%2Fsecret/a"})
    EXPECT_EQ(decided(rules, {Verb::read, "files", uri}), Verdict::deny) << uri;
  EXPECT_EQ(decided(rules, {Verb::read, "files", "file:///public/secret"}), Verdict::allow);
  // What a template will make, nobody knows yet.
  EXPECT_EQ(decided(rules, see("files", "file:///{path}", Kind::resource_template)), Verdict::allow);
  Rule all = secret;
  all.resources = {*authz::read_pattern("files__*")};
  EXPECT_EQ(decided({all, rest(Verdict::allow)}, see("files", "file:///{path}", Kind::resource_template)), Verdict::deny);
}

TEST(PlainPath, LeavesOutDetours) {
  EXPECT_EQ(authz::without_detours("/a/./b//c/../d/"), "/a/b/d/");
  EXPECT_EQ(authz::without_detours("../../etc"), "etc");
  EXPECT_TRUE(authz::has_detours("a/../b"));
  EXPECT_FALSE(authz::has_detours("/a/b/"));
  EXPECT_FALSE(authz::has_detours("a..b/.c"));
  EXPECT_EQ(authz::plain_uri("HTTP://Example.COM/%41/../b?x=../y"), "http://example.com/b?x=../y");
}

bool holds(const ArgumentCheck& check, std::string_view arguments) { return authz::holds(check, arguments, authz::Strict::stops); }

TEST(Arguments, AreFoundByPointers) {
  EXPECT_TRUE(holds({"/a/b", {"x"}, {}, {}, {}}, R"({"a":{"b":"x"}})"));
  EXPECT_TRUE(holds({"/a~1b/~0", {"x"}, {}, {}, {}}, R"({"a/b":{"~":"x"}})"));
  EXPECT_TRUE(holds({"/a/1", {"y"}, {}, {}, {}}, R"({"a":["x","y"]})"));
  EXPECT_TRUE(holds({"/a/*/n", {"2"}, {}, {}, {}}, R"({"a":[{"n":1},{"n":2.0}]})"));
  EXPECT_FALSE(holds({"/a/*/n", {"3"}, {}, {}, {}}, R"({"a":[{"n":1},{"n":2}]})"));
  EXPECT_TRUE(holds({"/a", {"true"}, {}, {}, {}}, R"({"a":true})"));
  EXPECT_TRUE(holds({"/a", {"null"}, {}, {}, {}}, R"({"a":null})"));
  EXPECT_TRUE(holds({"/a", {}, {}, {}, false}, "{}"));
  EXPECT_FALSE(holds({"/a", {}, {}, {}, true}, ""));
  EXPECT_FALSE(holds({"/a", {"*"}, {}, {}, {}}, ""));
}

TEST(Arguments, NumbersAreNotTalkedRoundByTheirSpelling) {
  const ArgumentCheck many{"/n", {}, 1000, {}, {}}, few{"/n", {}, {}, 100, {}};
  for (const char* spelled : {R"({"n":1e400})", R"({"n":"+5000"})", R"({"n":" 5000"})", R"({"n":5000})", R"({"n":"nan"})"}) {
    EXPECT_TRUE(authz::holds(many, spelled, authz::Strict::stops)) << spelled;
    EXPECT_FALSE(authz::holds(few, spelled, authz::Strict::lets_pass)) << spelled;
  }
  EXPECT_FALSE(authz::holds(many, R"({"n":10})", authz::Strict::stops));
  EXPECT_TRUE(authz::holds(few, R"({"n":10})", authz::Strict::lets_pass));
}

TEST(Arguments, ListsPassOnlyWhenAllOfThemDo) {
  const ArgumentCheck check{"/paths", {"/pub/*"}, {}, {}, {}};
  EXPECT_TRUE(authz::holds(check, R"({"paths":["/pub/a","/pub/b"]})", authz::Strict::lets_pass));
  EXPECT_FALSE(authz::holds(check, R"({"paths":["/pub/a","/etc/b"]})", authz::Strict::lets_pass));
  EXPECT_FALSE(authz::holds(check, R"({"paths":[]})", authz::Strict::lets_pass));
  EXPECT_FALSE(authz::holds(check, R"({"paths":"/pub/../etc/b"})", authz::Strict::lets_pass));
  EXPECT_TRUE(authz::holds(check, R"({"paths":["/pub/a","/etc/b"]})", authz::Strict::stops));
  EXPECT_TRUE(authz::holds(check, R"({"paths":"/etc/../pub/a"})", authz::Strict::stops));
}

TEST(Rules, SayWhatIsNeverReached) {
  std::vector<Rule> rules{tools({"vault__*"}, Verdict::deny), tools({"vault__read_*"}, Verdict::allow), rest(Verdict::allow),
                          tools({"files__*"}, Verdict::deny)};
  auto dead = authz::unreachable(rules);
  ASSERT_EQ(dead.size(), 2u);
  EXPECT_EQ(dead[0], std::pair(std::size_t{1}, std::size_t{0}));
  EXPECT_EQ(dead[1], std::pair(std::size_t{3}, std::size_t{2}));
  rules[0].who.groups = {"x"};
  rules[2].when.larger = 1;
  EXPECT_TRUE(authz::unreachable(rules).empty());
}

// Random lines over a few names.
struct Dice {
  std::mt19937 random;
  std::size_t below(std::size_t n) { return random() % n; }
  template <class T, std::size_t N>
  T one(const T (&of)[N]) {
    return of[below(N)];
  }
  std::string pattern(bool uris) {
    const char* servers[] = {"*", "a", "b", "a*"};
    const char* names[] = {"*", "x", "y", "x*", "?"};
    const char* paths[] = {"*", "f:///x", "f:///x/*", "f:///*"};
    return std::string(one(servers)) + "__" + (uris ? one(paths) : one(names));
  }
  Rule rule(Verdict then) {
    Rule out;
    out.place = "p";
    out.then = then;
    if (below(4) != 0) out.tools = {*authz::read_pattern(pattern(false))};
    if (below(4) == 0) out.prompts = {*authz::read_pattern(pattern(false))};
    if (below(4) == 0) out.resources = {*authz::read_pattern(pattern(true))};
    if (below(4) == 0) out.who.groups = {"g"};
    if (below(4) == 0) out.when.annotations = {below(2) == 0 ? Annotation::destructive : Annotation::unannotated};
    if (below(4) == 0) out.when.arguments = {ArgumentCheck{"/p", {below(2) == 0 ? "1" : "*"}, {}, {}, {}}};
    if (below(8) == 0) out.when.larger = 6;
    if (below(8) == 0) out.when.disclosures = {Disclosure::code};
    return out;
  }
  std::vector<Rule> rules() {
    std::vector<Rule> out;
    const Verdict verdicts[] = {Verdict::allow, Verdict::deny, Verdict::ask};
    for (std::size_t i = below(6); i > 0; --i) out.push_back(rule(one(verdicts)));
    return out;
  }
};

// Every kind of use there is, with its look at it.
template <class F>
void each_use(F&& use) {
  Hints destructive;
  destructive.destructive = true;
  Principal member;
  member.groups = {"g"};
  for (const Principal& who : {Principal(), member})
    for (auto server : {"a", "b", "ab"})
      for (Disclosure way : {Disclosure::all, Disclosure::code})
        for (auto arguments : {"", R"({"p":1})", R"({"p":"22222"})", R"({"q":0})"}) {
          for (const Hints& hints : {Hints(), destructive})
            for (auto name : {"x", "y", "xy"}) {
              Subject tool = call(server, name, hints);
              tool.disclosure = way;
              use(who, tool, see(server, name, Kind::tool, hints), arguments);
            }
          use(who, Subject{Verb::get_prompt, server, "x"}, see(server, "x", Kind::prompt), arguments);
          use(who, Subject{Verb::read, server, "f:///x/1"}, see(server, "f:///x/1", Kind::resource), "");
          use(who, Subject{Verb::read, server, "f:///x/1"}, see(server, "f:///{v}/1", Kind::resource_template), "");
        }
}

TEST(Rules, ListsAndCallsNeverDisagree) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    Dice dice{std::mt19937(seed)};
    auto set = RuleSet::make(dice.rules());
    each_use([&](const Principal& who, const Subject& use, const Subject& look, std::string_view arguments) {
      const bool may = !set->decide(who, use, arguments).denied();
      const bool seen = !set->decide(who, look, {}).denied();
      ASSERT_TRUE(seen || !may) << "seed " << seed << ": " << use.server << " " << use.name << " may be used and is not seen";
      const Sight sight = set->sight(who, use.server, look.kind());
      ASSERT_FALSE(sight == Sight::all && !seen) << "seed " << seed << ": " << use.server << " " << use.name;
      ASSERT_FALSE(sight == Sight::nothing && seen) << "seed " << seed << ": " << use.server << " " << use.name;
      ASSERT_TRUE(seen || !set->shows_everything());
    });
  }
}

TEST(Rules, OneMoreDenyNeverAllowsMore) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    Dice dice{std::mt19937(seed)};
    std::vector<Rule> rules = dice.rules();
    auto before = RuleSet::make(rules);
    rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(dice.below(rules.size() + 1)), dice.rule(Verdict::deny));
    auto after = RuleSet::make(rules);
    each_use([&](const Principal& who, const Subject& use, const Subject& look, std::string_view arguments) {
      ASSERT_TRUE(after->decide(who, use, arguments).denied() || !before->decide(who, use, arguments).denied()) << "seed " << seed;
      ASSERT_TRUE(after->decide(who, look, {}).denied() || !before->decide(who, look, {}).denied()) << "seed " << seed;
    });
  }
}

TEST(Rules, WhatIsCalledUnreachableNeverDecides) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    Dice dice{std::mt19937(seed)};
    std::vector<Rule> rules = dice.rules();
    for (std::size_t i = 0; i < rules.size(); ++i) rules[i].place = std::to_string(i);
    auto set = RuleSet::make(rules);
    for (const auto& [line, before] : authz::unreachable(rules)) {
      if (line + 1 == rules.size()) continue;  // it may still be the default
      each_use([&](const Principal& who, const Subject& use, const Subject&, std::string_view arguments) {
        const Decision decision = set->decide(who, use, arguments);
        ASSERT_FALSE(decision.rule && decision.rule->place == std::to_string(line)) << "seed " << seed;
      });
    }
  }
}

// explain() looks at every line, decide() at those that the index finds.
TEST(Rules, TheIndexFindsWhatALookAtEveryLineFinds) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    Dice dice{std::mt19937(seed)};
    auto set = RuleSet::make(dice.rules());
    each_use([&](const Principal& who, const Subject& use, const Subject&, std::string_view arguments) {
      const Decision decision = set->decide(who, use, arguments);
      const auto looked = set->explain(who, use, arguments);
      const authz::Rule* by = looked.empty() || !looked.back().fits ? nullptr : looked.back().rule.get();
      if (!by && !set->rules().empty() && set->rules().back().catches_all()) by = &set->rules().back();
      ASSERT_EQ(decision.rule.get(), by) << "seed " << seed << ": " << use.server << " " << use.name;
    });
  }
}

TEST(Rules, WhoIsInVeryManyGroupsIsFoundAllTheSame) {
  std::vector<Rule> rules;
  Principal busy;
  for (int i = 0; i < 100; ++i) {
    Rule line = tools({"a__x" + std::to_string(i)}, Verdict::allow);
    line.who.groups = {"g" + std::to_string(i)};
    busy.groups.push_back("g" + std::to_string(i));
    rules.push_back(line);
    line.tools = {{"a", "*"}};
    line.then = Verdict::deny;
    rules.push_back(line);
  }
  auto set = RuleSet::make(rules);
  EXPECT_TRUE(set->decide(busy, call("a", "x0"), {}).allowed());
  EXPECT_TRUE(set->decide(busy, call("a", "x7"), {}).denied());
  busy.groups = {"g7"};
  EXPECT_TRUE(set->decide(busy, call("a", "x7"), {}).allowed());
  EXPECT_TRUE(set->decide(busy, call("a", "x0"), {}).denied());
}

TEST(Rules, SayWhatContradicts) {
  Rule one = tools({"vault__*", "files__x"}, Verdict::allow), other = tools({"files__x", "vault__*"}, Verdict::deny);
  EXPECT_TRUE(authz::contradict(one, other));
  other.who.groups = {"g"};
  EXPECT_FALSE(authz::contradict(one, other));
  EXPECT_EQ(authz::unreachable({one, other}).size(), 1u) << "a line for some behind the same for all";
  EXPECT_TRUE(authz::unreachable({other, one}).empty());
  one.who.groups = {"g*"};
  EXPECT_EQ(authz::unreachable({one, other}).size(), 1u);
}

TEST(Rules, BeyondLoopbackWhatDoesNotOnlyReadAsks) {
  auto set = authz::rules_beyond_loopback();
  Hints reads;
  reads.read_only = true;
  EXPECT_EQ(set->decide({}, call("a", "b", reads), {}).verdict, Verdict::allow);
  EXPECT_EQ(set->decide({}, call("a", "b"), {}).verdict, Verdict::ask);
  EXPECT_EQ(set->decide({}, {Verb::get_prompt, "a", "b"}, {}).verdict, Verdict::allow);
  EXPECT_EQ(set->decide({}, {Verb::read, "a", "x://b"}, {}).verdict, Verdict::allow);
}

TEST(Approvers, AreKnownByGroupKeyOrUser) {
  authz::Approvers approvers;
  approvers.groups = {"lead*"};
  approvers.keys = {"boss"};
  Principal who;
  EXPECT_FALSE(approvers.includes(who));
  who.groups = {"staff", "leads"};
  EXPECT_TRUE(approvers.includes(who));
  who.groups.clear();
  who.key = "boss";
  EXPECT_TRUE(approvers.includes(who));
}

TEST(Rules, CallersOfOneStandingSeeTheSame) {
  Rule one = rest(Verdict::deny), two = rest(Verdict::allow);
  one.who.groups = {"a"};
  auto set = RuleSet::make({one, two, rest(Verdict::deny)});
  Principal in, out, also_out;
  in.groups = {"a"};
  also_out.groups = {"b"};
  EXPECT_EQ(set->standing(out), set->standing(also_out));
  EXPECT_NE(set->standing(in), set->standing(out));
  EXPECT_TRUE(set->by_caller());
  std::vector<Rule> moved = set->rules();
  for (Rule& rule : moved) rule.place = "g.yaml:9:9";
  EXPECT_TRUE(set->same(*RuleSet::make(moved)));
  moved.pop_back();
  EXPECT_FALSE(set->same(*RuleSet::make(moved)));
}

}  // namespace
