#include "sandbox/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/pool_testing.h"

namespace sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

Entry entry(std::uint32_t seq, const char* name, const char* arguments) {
  Entry out;
  out.seq = seq;
  out.name = name;
  out.arguments = arguments;
  return out;
}

TEST(ReplayTest, GivesAnswersInTheOrderOfTheEndsOnceTheirCallsAreMade) {
  Replay replay({entry(2, "b", "{}"), entry(1, "a", "{}")}, {entry(3, "c", "{}")});
  EXPECT_EQ(replay.next(), nullptr);
  ASSERT_TRUE(replay.issued(1, "a", "{}").ok());
  EXPECT_EQ(replay.next(), nullptr);
  EXPECT_FALSE(replay.caught_up());
  EXPECT_EQ(*replay.issued(2, "b", "{}"), Replay::Step::recorded);
  EXPECT_EQ(replay.next()->seq, 2U);
  EXPECT_EQ(replay.next()->seq, 1U);
  EXPECT_EQ(replay.next(), nullptr);
  EXPECT_TRUE(replay.caught_up());
  EXPECT_EQ(*replay.issued(3, "c", "{}"), Replay::Step::live);
  EXPECT_EQ(*replay.issued(4, "d", "{}"), Replay::Step::live);
  replay.completed(entry(4, "d", "{}"));
  EXPECT_EQ(replay.replayed(), 2U);
  EXPECT_THAT(std::move(replay).take(), SizeIs(3));
}

TEST(ReplayTest, AnotherCallInAPlaceIsRefused) {
  Replay replay({entry(1, "a", "{}")}, {entry(2, "b", R"({"x":1})")});
  EXPECT_EQ(replay.issued(1, "b", "{}").error().code, Code::conflict);
  EXPECT_THAT(replay.issued(1, "a", "[]").error().message, HasSubstr("other arguments"));
  EXPECT_THAT(replay.issued(2, "b", R"({"x":2})").error().message, HasSubstr("other arguments"));
  EXPECT_THAT(replay.waiting().error().message, HasSubstr("is not made now"));
}

// A run that pauses, and is run again with what it was asked.
struct Retry {
  Bench bench;
  Outcome first(const std::string& code) { return bench.run(code); }
  Outcome again(const Outcome& before, const std::string& code) {
    bench.script.record = before.record;
    bench.script.asked = before.asked;
    for (const Entry& asked : before.asked) bench.answers[asked.seq] = "\"yes " + std::to_string(asked.seq) + "\"";
    return bench.run(code);
  }
};

TEST(ReplayTest, ARunGoesOnWhereItPaused) {
  Retry retry;
  const std::string code =
      "const a = await demo.echo({ a: 1 });\nconsole.log(Math.random());\nconst b = await demo.ask({ about: a.a });\n"
      "const c = await demo.echo({ c: 3 });\nreturn [a, b, c];";
  Outcome first = retry.first(code);
  ASSERT_EQ(first.kind, Outcome::Kind::paused);
  ASSERT_THAT(first.asked, SizeIs(1));
  EXPECT_EQ(first.asked[0].seq, 2U);
  EXPECT_EQ(first.asked[0].answer.json, R"({"question":"sure?"})");
  EXPECT_THAT(first.record, SizeIs(1));
  Outcome second = retry.again(first, code);
  EXPECT_EQ(second.value, R"([{"a":1},"yes 2",{"c":3}])");
  EXPECT_THAT(retry.bench.made, ElementsAre(R"(demo.ask{"about":1})", R"(demo.echo{"c":3})"));
  EXPECT_EQ(second.replayed, 1U);
  EXPECT_THAT(second.record, SizeIs(3));
  EXPECT_EQ(second.logs.substr(0, 2), "0.");
}

TEST(ReplayTest, CallsBesideTheOneThatAsksEndAndAreNotRepeated) {
  Retry retry;
  const std::string code =
      "const parts = await Promise.all([demo.slow({ n: 1 }), demo.ask({ n: 2 }), demo.echo({ n: 3 }).then(() => demo.echo({ n: 4 })), "
      "demo.slow({ n: 5 })]);\n"
      "return parts;";
  Outcome first = retry.first(code);
  ASSERT_EQ(first.kind, Outcome::Kind::paused);
  EXPECT_THAT(first.record, SizeIs(3));
  EXPECT_THAT(first.unfinished, SizeIs(0));
  Outcome second = retry.again(first, code);
  EXPECT_EQ(second.value, R"([{"n":1},"yes 2",{"n":4},{"n":5}])");
  EXPECT_THAT(retry.bench.made, ::testing::UnorderedElementsAre(R"(demo.ask{"n":2})", R"(demo.echo{"n":4})"));
}

TEST(ReplayTest, WhatDidNotEndBesideTheOneThatAsksIsNotMadeAgain) {
  Retry retry;
  retry.bench.script.limits.wall = Millis(300);
  const std::string code =
      "const late = demo.never({ n: 1 }).catch(e => e.kind);\nconst [a, b] = await Promise.all([demo.ask({ n: 2 }), late]);\nreturn [a, "
      "b];";
  Outcome first = retry.first(code);
  ASSERT_EQ(first.kind, Outcome::Kind::paused);
  ASSERT_THAT(first.unfinished, SizeIs(1));
  retry.bench.script.limits.wall = Millis(10'000);
  Outcome second = retry.again(first, code);
  EXPECT_EQ(second.value, R"(["yes 2","timeout"])");
  EXPECT_THAT(retry.bench.made, ElementsAre(R"(demo.ask{"n":2})"));
}

TEST(ReplayTest, ManyPausesOneAfterTheOtherAndAtOnce) {
  Retry retry;
  const std::string code =
      "const [a, b] = await Promise.all([demo.ask({ n: 1 }), demo.ask({ n: 2 })]);\nreturn [a, b, await demo.ask({ n: 3 })];";
  Outcome first = retry.first(code);
  ASSERT_THAT(first.asked, SizeIs(2));
  Outcome second = retry.again(first, code);
  ASSERT_EQ(second.kind, Outcome::Kind::paused);
  EXPECT_THAT(second.asked, SizeIs(1));
  EXPECT_THAT(second.record, SizeIs(2));
  Outcome third = retry.again(second, code);
  EXPECT_EQ(third.value, R"(["yes 1","yes 2","yes 3"])");
  EXPECT_EQ(retry.bench.calls, 1);
}

TEST(ReplayTest, CodeThatGoesAnotherWayIsRefusedWithWhatItDid) {
  Retry retry;
  Outcome first = retry.first("await demo.echo({ n: 1 });\nawait demo.ask({});");
  for (const char* other :
       {"await demo.echo({ n: 2 });\nawait demo.ask({});", "await demo.slow({ n: 1 });",
        "await demo.echo({ n: 1 });\nawait demo.ask({ x: 1 });", "return 'nothing at all'", "await new Promise(() => {})"}) {
    Outcome second = retry.again(first, other);
    EXPECT_EQ(second.kind, Outcome::Kind::fault) << other;
    const bool waits = std::string_view(other).starts_with("await new");
    EXPECT_TRUE(waits || second.fault.kind == Fault::Kind::diverged) << other << second.fault.message;
    EXPECT_EQ(retry.bench.calls, 0) << other;
  }
}

TEST(ReplayTest, RecordedFailuresFailAgain) {
  Retry retry;
  const std::string code = "let e1;\ntry { await demo.fail({ why: 'w' }) } catch (e) { e1 = e.message }\nreturn [e1, await demo.ask({})];";
  Outcome first = retry.first(code);
  Outcome second = retry.again(first, code);
  EXPECT_EQ(second.value, R"(["w","yes 2"])");
  EXPECT_EQ(retry.bench.calls, 1);
}

}  // namespace
}  // namespace sandbox
