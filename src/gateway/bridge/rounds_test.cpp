#include "gateway/bridge/rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/json.h"
#include "protocol/versions/versions.h"

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A legacy client.
class Client final : public sdk::Outlet {
 public:
  explicit Client(Loop& loop) : loop_(loop) {}
  Result<> notify(Method method, std::string_view params) override {
    told.push_back(std::string(protocol::method_name(method)) + " " + std::string(params));
    return {};
  }
  Task<std::string> request(Method method, std::string params) override {
    asked.push_back(std::string(protocol::method_name(method)) + " " + params);
    if (answers.empty()) co_return base::Error(Code::denied, "it does not want to");
    Result<std::string> next = std::move(answers.front());
    answers.pop_front();
    co_return next;
  }
  std::stop_token stop_token() const override { return {}; }
  Loop& loop() override { return loop_; }

  std::deque<Result<std::string>> answers;
  std::vector<std::string> asked, told;

 private:
  Loop& loop_;
};

struct World {
  World() {
    call.method = Method::tools_call;
    call.client = &protocol::latest_legacy();
    call.capabilities = R"({"elicitation":{"form":{},"url":{}},"roots":{}})";
    call.params = R"({"name":"t","arguments":{}})";
  }
  Result<Reply> run(std::string first) {
    gateway::SendRound send = [this](std::string params) -> Task<Reply> {
      auto answer = [](World* w, std::string text) -> Task<Reply> {
        w->sent.push_back(std::move(text));
        std::string next = w->replies.empty() ? std::string(R"({"content":[]})") : w->replies.front();
        if (!w->replies.empty()) w->replies.pop_front();
        co_return Reply(std::move(next));
      };
      return answer(this, std::move(params));
    };
    return loop.block_on(gateway::answer_rounds(Reply(std::move(first)), &call, &send, &client));
  }
  Loop loop;
  Client client{loop};
  gateway::RoundsFor call;
  std::deque<std::string> replies;
  std::vector<std::string> sent;
};

constexpr const char* kAsks =
    R"({"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"message":"?"}},"b":{"method":"roots/list"}},"requestState":"s\u0041 \/"})";

TEST(Rounds, TheStateGoesBackByteForByteWithTheAnswersOfTheRound) {
  World w;
  w.client.answers = {std::string(R"({"action":"accept"})"), std::string(R"({"roots":[]})")};
  auto reply = w.run(kAsks);
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->result(), R"({"content":[]})");
  EXPECT_THAT(w.client.asked, ElementsAre(R"(elicitation/create {"message":"?"})", "roots/list {}"));
  EXPECT_THAT(
      w.sent,
      ElementsAre(
          R"({"name":"t","arguments":{},"inputResponses":{"a":{"action":"accept"},"b":{"roots":[]}},"requestState":"s\u0041 \/"})"));
}

TEST(Rounds, EndAfterTen) {
  World w;
  for (int i = 0; i < 20; ++i) {
    w.client.answers.emplace_back(std::string(R"({"action":"accept"})"));
    w.client.answers.emplace_back(std::string(R"({"roots":[]})"));
    w.replies.emplace_back(kAsks);
  }
  EXPECT_EQ(w.run(kAsks).error().code, Code::upstream_failed);
  EXPECT_THAT(w.sent, SizeIs(10));
}

TEST(Rounds, AStateAloneIsSentBackAfterAPause) {
  World w;
  auto began = base::Timers::now();
  ASSERT_TRUE(w.run(R"({"resultType":"input_required","requestState":"s"})").ok());
  EXPECT_GE(base::Timers::now() - began, Millis(200));
  EXPECT_THAT(w.sent, ElementsAre(R"({"name":"t","arguments":{},"requestState":"s"})"));
  EXPECT_THAT(w.client.asked, IsEmpty());
}

TEST(Rounds, ARefusedFormIsCancelledAndARefusedRestIsAFailedTool) {
  World w;
  auto reply = w.run(kAsks);
  ASSERT_TRUE(reply.ok());
  EXPECT_THAT(std::string(reply->result()), HasSubstr("isError"));
  EXPECT_THAT(w.sent, IsEmpty());
  w.client.answers = {base::Error(Code::denied, "no"), std::string(R"({"roots":[]})")};
  ASSERT_TRUE(w.run(kAsks).ok());
  EXPECT_THAT(w.sent.at(0), HasSubstr(R"("a":{"action":"cancel"})"));
  w.call.method = Method::prompts_get;
  w.client.answers.clear();
  EXPECT_EQ(w.run(kAsks).error().code, Code::denied);
}

TEST(Rounds, AVisitHasANameAndIsToldToBeOver) {
  World w;
  w.client.answers = {std::string(R"({"action":"accept"})")};
  ASSERT_TRUE(
      w.run(
           R"({"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"mode":"url","message":"m","url":"https://a.example"}}}})")
          .ok());
  EXPECT_THAT(w.client.asked.at(0), HasSubstr("elicitationId"));
  ASSERT_THAT(w.client.told, SizeIs(1));
  EXPECT_THAT(w.client.told[0], HasSubstr("notifications/elicitation/complete"));
}

TEST(Rounds, NonsenseIsTheUpstreamsFault) {
  for (const char* bad :
       {R"({"resultType":"input_required"})", R"({"resultType":"input_required","requestState":5})",
        R"({"resultType":"input_required","inputRequests":{"a":{"method":"tools/call"}}})",
        R"({"resultType":"input_required","inputRequests":{"a":{"method":"sampling/createMessage","params":{}}},"requestState":"s"})"}) {
    World w;
    EXPECT_EQ(w.run(bad).error().code, Code::upstream_failed) << bad;
    EXPECT_THAT(w.sent, IsEmpty());
  }
}

}  // namespace
