#include "protocol/tasks.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace {

using mcp::TaskStatus;
using protocol::Era;
using protocol::TaskState;
using std::chrono::milliseconds;

TaskState sample() {
  TaskState task;
  task.id = "t1";
  task.message = "half way";
  task.created = "2026-01-02T03:04:05.006Z";
  task.updated = "2026-01-02T03:04:06.007Z";
  task.ttl = milliseconds(60'000);
  task.poll = milliseconds(500);
  return task;
}

TEST(Tasks, EachEraHasItsShape) {
  TaskState task = sample();
  EXPECT_EQ(encode_created_task(Era::modern, task),
            R"({"resultType":"task","taskId":"t1","status":"working","statusMessage":"half way","createdAt":"2026-01-02T03:04:05.006Z",)"
            R"("lastUpdatedAt":"2026-01-02T03:04:06.007Z","ttlMs":60000,"pollIntervalMs":500})");
  EXPECT_EQ(encode_created_task(Era::legacy, task),
            R"({"task":{"taskId":"t1","status":"working","statusMessage":"half way","createdAt":"2026-01-02T03:04:05.006Z",)"
            R"("lastUpdatedAt":"2026-01-02T03:04:06.007Z","ttl":60000,"pollInterval":500}})");
  task.status = TaskStatus::completed;
  task.result = R"({"content":[]})";
  task.ttl.reset();
  EXPECT_NE(encode_task(Era::modern, task).find(R"("ttlMs":null,"pollIntervalMs":500,"result":{"content":[]}})"), std::string::npos);
  EXPECT_EQ(encode_task(Era::legacy, task).find("result"), std::string::npos);
}

TEST(Tasks, BothShapesAreRead) {
  TaskState task = sample();
  task.status = TaskStatus::input_required;
  task.input_requests = R"({"a":{"method":"roots/list","params":{}}})";
  auto modern = protocol::read_task(encode_task(Era::modern, task));
  ASSERT_TRUE(modern.ok());
  EXPECT_EQ(modern->input_requests, task.input_requests);
  EXPECT_EQ(modern->message, "half way");
  auto legacy = protocol::read_task(encode_created_task(Era::legacy, task));
  ASSERT_TRUE(legacy.ok());
  EXPECT_EQ(legacy->status, TaskStatus::input_required);
  EXPECT_EQ(legacy->ttl, task.ttl);
  EXPECT_TRUE(legacy->input_requests.empty());
}

TEST(Tasks, NonsenseIsRefusedByName) {
  struct Case {
    const char *text, *says;
  };
  for (const Case& c : {Case{"[]", "no object"},
                        {R"({"status":"working"})", "taskId"},
                        {R"({"taskId":"","status":"working"})", "taskId"},
                        {R"({"taskId":"t"})", "status"},
                        {R"({"taskId":"t","status":"asleep"})", "status"},
                        {R"({"taskId":"t","status":"working","ttlMs":-1})", "ttlMs"},
                        {R"({"taskId":"t","status":"working","ttlMs":1.5})", "ttlMs"},
                        {R"({"taskId":"t","status":"working","pollIntervalMs":"5"})", "pollIntervalMs"}}) {
    auto read = protocol::read_task(c.text);
    ASSERT_FALSE(read.ok()) << c.text;
    EXPECT_NE(read.error().message.find(c.says), std::string::npos) << read.error().message;
  }
}

TEST(Tasks, TimesAreUtcWithMilliseconds) {
  using Time = std::chrono::system_clock::time_point;
  EXPECT_EQ(protocol::iso_time(Time(milliseconds(0))), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(protocol::iso_time(Time(milliseconds(1'782'000'000'045))), "2026-06-21T00:00:00.045Z");
}

TEST(Tasks, CapabilitiesCanBeSilentOfThem) {
  EXPECT_EQ(protocol::capabilities_without_tasks(R"({"roots":{},"tasks":{"list":{}},"extensions":{"io.modelcontextprotocol/tasks":{}}})"),
            R"({"roots":{}})");
  EXPECT_EQ(protocol::capabilities_without_tasks(R"({"extensions":{"io.modelcontextprotocol/tasks":{},"com.x/y":{}}})"),
            R"({"extensions":{"com.x/y":{}}})");
  EXPECT_EQ(protocol::capabilities_without_tasks(R"({"roots":{}})"), R"({"roots":{}})");
  EXPECT_EQ(protocol::capabilities_without_tasks("null"), "{}");
}

TEST(Tasks, ParamsOfRequests) {
  auto params = [](std::string_view text) { return *protocol::read_params(text); };
  EXPECT_EQ(*protocol::read_task_id(params(R"({"taskId":"a\u0062"})")), "ab");
  EXPECT_FALSE(protocol::read_task_id(params(R"({"taskId":7})")).ok());
  EXPECT_EQ(protocol::read_task_wish("{}")->count(), 0);
  EXPECT_EQ(protocol::read_task_wish(R"({"ttl":60000,"pollInterval":1})")->count(), 60000);
  for (const char* bad : {"[]", R"({"ttl":0})", R"({"ttl":-4})", R"({"ttl":"1"})", R"({"ttl":1e40})"})
    EXPECT_FALSE(protocol::read_task_wish(bad).ok()) << bad;
  auto responses = protocol::read_input_responses(params(R"({"inputResponses":{"a":{"action":"accept"},"b":null}})"));
  ASSERT_TRUE(responses.ok());
  ASSERT_EQ(responses->size(), 2u);
  EXPECT_EQ((*responses)[1].second, "null");
  for (const char* bad : {"{}", R"({"inputResponses":[]})", R"({"inputResponses":{"a":1,"a":2}})"})
    EXPECT_FALSE(protocol::read_input_responses(params(bad)).ok()) << bad;
  EXPECT_TRUE(protocol::read_task_ids(params("{}"), 2)->empty());
  EXPECT_EQ(protocol::read_task_ids(params(R"({"notifications":{"taskIds":["a","b","a"]}})"), 2)->size(), 2u);
  for (const char* bad :
       {R"({"notifications":{"taskIds":"a"}})", R"({"notifications":{"taskIds":[1]}})", R"({"notifications":{"taskIds":["a","b","c"]}})"})
    EXPECT_FALSE(protocol::read_task_ids(params(bad), 2).ok()) << bad;
}

}  // namespace
