#include "app/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace {

using testing::HasSubstr;

// Somebody who types these lines, and then nothing more.
struct Typist {
  std::deque<std::string> lines;
  std::string seen;

  app::Person person() {
    return {[this](std::string_view text) { seen += text; },
            [this](std::string_view prompt) -> std::optional<std::string> {
              seen += prompt;
              if (lines.empty()) return std::nullopt;
              std::string line = lines.front();
              lines.pop_front();
              return line;
            }};
  }
};

std::string answer(std::string_view params, Typist& typist) {
  auto json = mcp::Json::parse(params);
  EXPECT_TRUE(json.ok());
  return app::answer_elicitation(json->root(), typist.person());
}

constexpr std::string_view kForm = R"({"message":"Who?","requestedSchema":{"type":"object","required":["name","age"],"properties":{
  "name":{"type":"string","title":"Name","minLength":2},"age":{"type":"integer","minimum":18},"nick":{"type":"string"},
  "sure":{"type":"boolean","default":true},"size":{"type":"string","enum":["s","m"],"enumNames":["small","medium"]},
  "tags":{"type":"array","items":{"anyOf":[{"const":"a","title":"Apple"},{"const":"b","title":"Bear"}]}}}}})";

TEST(Questions, AFormIsAskedFieldByFieldAndWhatDoesNotFitAgain) {
  Typist typist{{"y", "A", "Ann", "seven", "7", "42", "", "", "2", "Apple, 2"}, {}};
  EXPECT_EQ(answer(kForm, typist), R"({"action":"accept","content":{"name":"Ann","age":42,"sure":true,"size":"m","tags":["a","b"]}})");
  EXPECT_THAT(typist.seen, HasSubstr("The server asks: Who?"));
  EXPECT_THAT(typist.seen, HasSubstr("at least 2 characters"));
  EXPECT_THAT(typist.seen, HasSubstr("a whole number is wanted"));
  EXPECT_THAT(typist.seen, HasSubstr("at least 18"));
  EXPECT_THAT(typist.seen, HasSubstr("2  medium"));
}

TEST(Questions, NoIsADeclineAndTheEndOfTheInputACancel) {
  Typist no{{"n"}, {}};
  EXPECT_EQ(answer(kForm, no), R"({"action":"decline"})");
  Typist gone{{"y", "Ann"}, {}};
  EXPECT_EQ(answer(kForm, gone), R"({"action":"cancel"})");
}

TEST(Questions, AUrlIsShownWholeAndOnlyConsentGoesBack) {
  Typist typist{{"y"}, {}};
  EXPECT_EQ(answer(R"({"mode":"url","message":"Sign in","url":"https://a.example/x?y=1"})", typist), R"({"action":"accept"})");
  EXPECT_THAT(typist.seen, HasSubstr("https://a.example/x?y=1"));
}

TEST(Questions, WhatTheServerSaysCannotDriveTheTerminal) {
  Typist typist{{"n"}, {}};
  answer("{\"message\":\"\\u001b[2Jgone\",\"requestedSchema\":{}}", typist);
  EXPECT_EQ(typist.seen.find('\x1b'), std::string::npos);
}

TEST(Questions, OnlyElicitationsAreAnswered) {
  Typist typist{{"y"}, {}};
  auto json = mcp::Json::parse(
      R"({"a":{"method":"elicitation/create","params":{"message":"?","requestedSchema":{}}},"b":{"method":"roots/list"}})");
  EXPECT_EQ(app::answer_requests(json->root(), typist.person()), R"({"a":{"action":"accept","content":{}}})");
}

}  // namespace
