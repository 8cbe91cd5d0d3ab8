#include "sdk/open_calls.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace {

using protocol::Method;
using sdk::Askable;
using sdk::ConnectionOptions;
using sdk::OnRequest;
using sdk::OpenCall;
using sdk::OpenCalls;

OnRequest answers(std::string text) {
  return [text](Method, std::string) -> base::Task<std::string> {
    auto answer = [](std::string said) -> base::Task<std::string> { co_return said; };
    return answer(text);
  };
}

struct World {
  base::Loop loop;
  ConnectionOptions options;
  OpenCalls calls;
  std::string ask(Method method, const Askable& askable) {
    auto reply = loop.block_on(sdk::answer_server(&options, askable, method, "{}"));
    if (!reply) return "error";
    return sdk::encode_for_server("1", *reply);
  }
  std::string ask(Method method) { return ask(method, calls.only("{}")); }
};

TEST(OpenCalls, TheOnlyInteractiveRequestIsAsked) {
  World w;
  OpenCall list(w.calls, Method::tools_list, {});
  EXPECT_NE(w.ask(Method::elicitation_create).find("-32602"), std::string::npos);
  {
    OpenCall call(w.calls, Method::tools_call, answers(R"({"a":1})"));
    EXPECT_EQ(w.ask(Method::elicitation_create), R"({"jsonrpc":"2.0","id":1,"result":{"a":1}})");
    {
      OpenCall other(w.calls, Method::prompts_get, answers(R"({"b":1})"));
      EXPECT_NE(w.ask(Method::elicitation_create).find("-32602"), std::string::npos);
      EXPECT_EQ(w.ask(Method::roots_list, other.askable()), R"({"jsonrpc":"2.0","id":1,"result":{"b":1}})");
    }
    EXPECT_NE(w.ask(Method::sampling_create_message).find(R"("a":1)"), std::string::npos);
  }
  EXPECT_NE(w.ask(Method::elicitation_create).find("-32602"), std::string::npos);
}

TEST(OpenCalls, WhoHasNobodyToAskKnowsNoSuchMethod) {
  World w;
  OpenCall call(w.calls, Method::tools_call, {});
  EXPECT_NE(w.ask(Method::elicitation_create).find("-32601"), std::string::npos);
  EXPECT_NE(w.ask(Method::tools_list, call.askable()).find("-32601"), std::string::npos);
  EXPECT_EQ(w.ask(Method::ping), R"({"jsonrpc":"2.0","id":1,"result":{}})");
}

TEST(OpenCalls, TheOwnerAnswersWhatNoCallDoes) {
  World w;
  w.options.on_request = answers(R"({"owner":1})");
  w.options.answers = {Method::elicitation_create};
  EXPECT_NE(w.ask(Method::elicitation_create).find("owner"), std::string::npos);
  OpenCall call(w.calls, Method::tools_call, answers(R"({"call":1})"));
  EXPECT_NE(w.ask(Method::elicitation_create).find("call"), std::string::npos);
  EXPECT_NE(w.ask(Method::tools_list).find("-32601"), std::string::npos);
}

TEST(OpenCalls, WhileSomebodyThinksTheTimeOfTheCallStandsStill) {
  World w;
  w.options.answer_time = base::Millis(600'000);
  const base::Instant due = base::Timers::now() + std::chrono::seconds(5);
  std::vector<base::Instant> moved;
  const OnRequest thinks = [&, answer = answers("{}")](Method method, std::string params) {
    EXPECT_EQ(moved.size() % 2, 1u);
    EXPECT_GT(moved.back(), base::Timers::now() + std::chrono::seconds(500));
    return answer(method, std::move(params));
  };
  OpenCall other(w.calls, Method::tools_call, {}), asked(w.calls, Method::tools_call, thinks);
  other.move = [](base::Instant) { ADD_FAILURE() << "it was not asked"; };
  asked.due = due;
  asked.move = [&](base::Instant to) { moved.push_back(asked.due = to); };
  auto ask = [&](Method method) { return w.loop.block_on(w.calls.answer(&w.options, asked.askable(), method, "{}")); };
  ASSERT_TRUE(ask(Method::elicitation_create));
  ASSERT_EQ(moved.size(), 2u);
  // Then it has again what it had.
  EXPECT_GE(moved[1], due);
  EXPECT_LT(moved[1], due + std::chrono::seconds(60));
  // What nobody thinks about gives no time, and neither does a server that asks on and on.
  ASSERT_TRUE(ask(Method::ping));
  EXPECT_EQ(moved.size(), 2u);
  for (int i = 1; i < 100; ++i) ASSERT_TRUE(ask(Method::elicitation_create));
  EXPECT_EQ(moved.size(), 200u);
}

TEST(OpenCalls, NobodyThinksAboutWhatNobodyAnswers) {
  World w;
  OpenCall mute(w.calls, Method::tools_call, {}), asked(w.calls, Method::tools_call, answers("{}"));
  EXPECT_FALSE(sdk::will_think(w.options, mute.askable(), Method::elicitation_create));
  EXPECT_TRUE(sdk::will_think(w.options, asked.askable(), Method::elicitation_create));
  EXPECT_FALSE(sdk::will_think(w.options, asked.askable(), Method::ping));
  EXPECT_FALSE(sdk::will_think(w.options, asked.askable(), Method::tools_list));
  w.options.on_request = answers("{}");
  w.options.answers = {Method::roots_list};
  EXPECT_TRUE(sdk::will_think(w.options, mute.askable(), Method::roots_list));
  EXPECT_FALSE(sdk::will_think(w.options, mute.askable(), Method::elicitation_create));
}

TEST(OpenCalls, AQuestionThatNamesATaskIsForWhoWaitsForIt) {
  OpenCalls calls;
  const OnRequest ask = answers("{}");
  const std::string question = R"({"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"b"}}})";
  EXPECT_FALSE(calls.only("{}").known);
  OpenCall a(calls, Method::tasks_result, ask, R"({"taskId":"a"})");
  // Who waits alone may be asked also by a server that does not say for which task.
  EXPECT_EQ(calls.only("{}").call, a.askable().call);
  OpenCall b(calls, Method::tasks_result, ask, R"({"taskId":"b"})");
  EXPECT_EQ(calls.only(question).call, b.askable().call);
  EXPECT_FALSE(calls.only("{}").known);
  EXPECT_FALSE(calls.only("").known);
  // A call beside them is asked what names no task.
  OpenCall call(calls, Method::tools_call, ask, R"({"name":"x"})");
  EXPECT_EQ(calls.only("{}").call, call.askable().call);
  EXPECT_EQ(calls.only(question).call, b.askable().call);
  OpenCall list(calls, Method::tools_list, {});
  EXPECT_EQ(calls.only("{}").call, call.askable().call);
  OpenCall other(calls, Method::tools_call, {});
  EXPECT_FALSE(calls.only("{}").known);
}

}  // namespace
