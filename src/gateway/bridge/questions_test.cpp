#include "gateway/bridge/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "protocol/versions/versions.h"

namespace {

using gateway::ClientQuestion;
using protocol::Method;

const protocol::Revision& with(bool url) {
  for (const auto* revision : protocol::all_revisions())
    if (revision->era == protocol::Era::legacy && revision->features.elicitation_form && revision->features.elicitation_url == url)
      return *revision;
  return protocol::latest_legacy();
}

TEST(Questions, WhatTheModernEraHasNotGoes) {
  std::vector<ClientQuestion> questions(3);
  questions[0] = {"q1", Method::elicitation_create,
                  R"({"mode":"url","message":"m","url":"https://a.example","elicitationId":"e","_meta":{"progressToken":4,"a/b":1}})"};
  questions[1] = {"q2", Method::roots_list, "{}"};
  questions[2] = {"q3", Method::sampling_create_message, R"({"messages":[],"maxTokens":5,"task":{"ttl":1}})"};
  EXPECT_EQ(gateway::input_required(questions, "s\""),
            R"({"resultType":"input_required","inputRequests":{)"
            R"("q1":{"method":"elicitation/create","params":{"mode":"url","message":"m","url":"https://a.example","_meta":{"a/b":1}}},)"
            R"("q2":{"method":"roots/list"},"q3":{"method":"sampling/createMessage","params":{"messages":[],"maxTokens":5}}},)"
            R"("requestState":"s\""})");
}

TEST(Questions, ALegacyClientHearsItsOwnWords) {
  ClientQuestion form{"a", Method::elicitation_create, R"({"mode":"form","message":"m","requestedSchema":{}})"};
  ClientQuestion page{"b", Method::elicitation_create, R"({"mode":"url","message":"m","url":"https://a.example"})"};
  ClientQuestion named{"b", Method::elicitation_create, R"({"mode":"url","url":"https://a.example","elicitationId":"theirs"})"};
  EXPECT_EQ(gateway::legacy_question(with(false), form, "v"), R"({"message":"m","requestedSchema":{}})");
  EXPECT_EQ(gateway::legacy_question(with(true), form, "v"), form.params);
  EXPECT_EQ(base::find_member(gateway::legacy_question(with(true), page, "v"), "elicitationId"), "\"v\"");
  EXPECT_EQ(gateway::legacy_question(with(true), named, "v"), named.params);
}

TEST(Questions, AreReadWholeOrNotAtAll) {
  auto read =
      gateway::read_questions(R"({"inputRequests":{"a":{"method":"roots/list"},"b":{"method":"elicitation/create","params":{"x":1}}}})");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)[0].params, "{}");
  EXPECT_EQ((*read)[1].params, R"({"x":1})");
  EXPECT_TRUE(gateway::read_questions(R"({"requestState":"s"})")->empty());
  for (const char* bad : {"[]", R"({"inputRequests":[]})", R"({"inputRequests":{"a":1}})", R"({"inputRequests":{"a":{}}})",
                          R"({"inputRequests":{"a":{"method":"tools/call"}}})", R"({"inputRequests":{"a":{"method":7}}})"})
    EXPECT_EQ(gateway::read_questions(bad).error().code, mcp::Code::upstream_failed) << bad;
}

TEST(Questions, ABareElicitationMeansForms) {
  EXPECT_TRUE(gateway::client_can(R"({"elicitation":{}})", Method::elicitation_create, "{}"));
  EXPECT_FALSE(gateway::client_can(R"({"elicitation":{}})", Method::elicitation_create, R"({"mode":"url"})"));
  EXPECT_TRUE(gateway::client_can(R"({"elicitation":{"url":{}}})", Method::elicitation_create, R"({"mode":"url"})"));
  EXPECT_FALSE(gateway::client_can(R"({"elicitation":{}})", Method::roots_list, "{}"));
  EXPECT_FALSE(gateway::client_can(R"({"roots":{}})", Method::tools_call, "{}"));
}

TEST(Questions, VisitsThatComeFirst) {
  protocol::RpcError error;
  error.data =
      R"({"elicitations":[{"mode":"url","elicitationId":"e","url":"https://a.example","message":"Sign in"},{"url":"https://b.example"}]})";
  auto visits = gateway::read_visits(error);
  ASSERT_TRUE(visits.ok());
  EXPECT_EQ((*visits)[0].params, R"({"mode":"url","message":"Sign in","url":"https://a.example"})");
  EXPECT_EQ((*visits)[1].key, "visit2");
  for (const char* bad : {"", "{}", R"({"elicitations":{}})", R"({"elicitations":[]})", R"({"elicitations":[{"url":1}]})"}) {
    error.data = bad;
    EXPECT_FALSE(gateway::read_visits(error).ok()) << bad;
  }
}

}  // namespace
