// The calls that somebody watches: cursors, what is lost, filters, bounds.
#include "observe/live_calls.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace {

using base::CallRecord;
using observe::LiveCalls;
using observe::LiveQuery;

CallRecord call(std::uint64_t number, std::string server, std::string name, base::Outcome outcome = base::Outcome::ok) {
  CallRecord record;
  record.number = number;
  record.caller = std::make_shared<const base::Principal>();
  record.method = "tools/call";
  record.server = std::move(server);
  record.name = std::move(name);
  record.outcome = outcome;
  return record;
}

std::string page(const LiveCalls& calls, const LiveQuery& query) {
  std::string json = calls.page(query);
  EXPECT_TRUE(base::validate_json(json)) << json;
  return json;
}

std::string text(std::string_view json, std::string_view name) {
  return base::json_string(base::find_member(json, name)).value_or("(none)");
}

std::string names(const std::string& json) {
  std::string out;
  for (base::Elements all(base::find_member(json, "calls")); all.next();) out.append(text(all.value(), "name")).append(" ");
  return out;
}

LiveQuery after(std::string cursor, std::size_t limit = 200) {
  LiveQuery query;
  query.after = std::move(cursor);
  query.limit = limit;
  return query;
}

TEST(LiveCalls, GoesOnFromACursorAndSaysWhatIsLost) {
  LiveCalls calls("boot", "admin", 3);
  const std::string start = text(page(calls, {}), "next");
  EXPECT_EQ(start, "boot.0");
  for (std::uint64_t i = 1; i <= 2; ++i) calls.finished(call(i, "s", fmt::format("t{}", i)));
  const std::string first = page(calls, after(start));
  EXPECT_EQ(names(first), "t1 t2 ");
  EXPECT_EQ(base::find_member(first, "lost"), "false");
  const std::string next = text(first, "next");
  EXPECT_EQ(names(page(calls, after(next))), "");
  for (std::uint64_t i = 3; i <= 6; ++i) calls.finished(call(i, "s", fmt::format("t{}", i)));
  const std::string later = page(calls, after(next));
  EXPECT_EQ(names(later), "t4 t5 t6 ");
  EXPECT_EQ(base::find_member(later, "lost"), "true");
  // Nothing is skipped where there is more than fits an answer.
  const std::string one = page(calls, after("boot.3", 1));
  EXPECT_EQ(names(one), "t4 ");
  EXPECT_EQ(names(page(calls, after(text(one, "next")))), "t5 t6 ");
}

TEST(LiveCalls, TakesACursorOfAnotherProcessAsTheBeginning) {
  LiveCalls calls("boot", "admin");
  calls.finished(call(1, "s", "t1"));
  for (const char* cursor : {"before.7", "boot.x", "boot.", "nonsense", "boot.99999999999999999999", "boot.-1"})
    EXPECT_EQ(names(page(calls, after(cursor))), "t1 ") << cursor;
  EXPECT_EQ(names(page(calls, after("boot.12"))), "");
}

TEST(LiveCalls, Filters) {
  LiveCalls calls("boot", "admin");
  calls.finished(call(1, "files", "read"));
  calls.finished(call(2, "mail", "send", base::Outcome::failed));
  calls.finished(call(3, "admin", "calls_list"));
  LiveQuery query;
  EXPECT_EQ(names(page(calls, query)), "read send ");
  query.text = "MAI";
  EXPECT_EQ(names(page(calls, query)), "send ");
  query = {};
  query.show = LiveQuery::Show::failed;
  EXPECT_EQ(names(page(calls, query)), "send ");
  query = {};
  query.server = "files";
  EXPECT_EQ(names(page(calls, query)), "read ");
  query = {};
  query.limit = 1;
  EXPECT_EQ(names(page(calls, query)), "send ");
}

TEST(LiveCalls, TellsAWholeStory) {
  LiveCalls calls("boot", "admin");
  CallRecord record = call(7, "files", "read", base::Outcome::failed);
  record.error = mcp::Code::denied;
  record.message = "no <b>\x01";
  record.trace.trace[0] = 0xab;
  record.rule = "gatehouse.yaml:3:1";
  record.arguments = std::make_shared<const std::string>(R"({"key":"sk-secret"})");
  int told = 0;
  calls.tell([&] { ++told; });
  calls.finished(record);
  CallRecord inner = call(8, "files", "list");
  inner.parent = 7;
  calls.finished(inner);
  EXPECT_EQ(told, 2);
  auto story = calls.find("c7");
  ASSERT_TRUE(story);
  ASSERT_TRUE(base::validate_json(*story)) << *story;
  EXPECT_EQ(text(*story, "code"), "denied");
  EXPECT_EQ(text(*story, "message"), "no <b>\x01");
  EXPECT_EQ(text(*story, "rule"), "gatehouse.yaml:3:1");
  EXPECT_TRUE(text(*story, "trace").starts_with("ab00"));
  EXPECT_NE(base::find_member(*story, "inner").find("\"c8\""), std::string::npos);
  // Nobody said what may be shown of contents.
  EXPECT_EQ(story->find("sk-secret"), std::string::npos);
  calls.redact_by([](std::string_view) { return std::string("[gone]"); });
  record.number = 9;
  calls.finished(record);
  EXPECT_NE(calls.find("c9")->find("[gone]"), std::string::npos);
  for (const char* wrong : {"c10", "7", "c", "c7x", ""}) EXPECT_FALSE(calls.find(wrong)) << wrong;
}

TEST(LiveCalls, BoundsTextsAndContents) {
  LiveCalls calls("boot", "admin", 5'000);
  calls.redact_by([](std::string_view text) { return std::string(text); });
  CallRecord record = call(1, "s", "t");
  record.message = std::string(LiveCalls::kLongestText - 1, 'm') + "ää" + std::string(9, 'm');
  record.result = std::make_shared<const std::string>(3 * LiveCalls::kLongestContent, 'r');
  for (std::uint64_t i = 1; i <= 4'000; ++i) {
    record.number = i;
    calls.finished(record);
  }
  auto oldest = calls.find("c1"), newest = calls.find("c4000");
  ASSERT_TRUE(oldest && newest);
  EXPECT_TRUE(base::validate_json(*newest));
  EXPECT_LT(oldest->size(), 2'000u);
  EXPECT_GT(newest->size(), LiveCalls::kLongestContent);
  EXPECT_LT(newest->size(), 2 * LiveCalls::kLongestContent);
}

TEST(LiveCalls, KnowsWhatRuns) {
  LiveCalls calls("boot", "admin");
  CallRecord record = call(1, "files", "read");
  ASSERT_TRUE(calls.began(record));
  ASSERT_TRUE(calls.began(call(2, "admin", "calls_list")));
  EXPECT_EQ(base::find_member(page(calls, {}), "running"), "1");
  EXPECT_NE(calls.running().find("\"c1\""), std::string::npos);
  calls.finished(record);
  EXPECT_EQ(calls.running(), "[]");
}

}  // namespace
