#include "gateway/disclosure/code_values.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using sandbox::Answer;

Answer of(std::string result) { return code_answer(sdk::Reply(std::move(result))); }

TEST(CodeValues, StructuredContentIsTheValue) {
  Answer answer = of(R"({"content":[{"type":"text","text":"x"}],"structuredContent":{"n":1}})");
  EXPECT_EQ(answer.kind, Answer::Kind::value);
  EXPECT_EQ(answer.json, R"({"n":1})");
}

TEST(CodeValues, TextThatIsJsonIsRead) {
  EXPECT_EQ(of(R"({"content":[{"type":"text","text":" [1, 2]"}]})").json, " [1, 2]");
  EXPECT_EQ(of(R"({"content":[{"type":"text","text":"[1, 2"}]})").json, R"("[1, 2")");
  EXPECT_EQ(of(R"({"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})").json, R"("a\nb")");
  EXPECT_EQ(of(R"({"content":[{"type":"text","text":"12"}]})").json, R"("12")");
  EXPECT_EQ(of(R"({"content":[]})").json, R"("")");
}

TEST(CodeValues, PicturesAreNamedOnly) {
  EXPECT_EQ(of(R"({"content":[{"type":"image","data":"AAAA","mimeType":"image/png"}]})").json,
            R"([{"type":"image","omitted":"4 bytes of base64","mimeType":"image/png"}])");
  EXPECT_EQ(of(R"({"content":[{"type":"resource","resource":{"uri":"a:b","blob":"AAAA"}}]})").json,
            R"([{"type":"resource","resource":{"uri":"a:b","omitted":"4 bytes of base64"}}])");
}

TEST(CodeValues, AToolThatFailsSaysWhy) {
  Answer answer = of(R"({"isError":true,"content":[{"type":"text","text":"no disk"}],"structuredContent":{"code":7}})");
  EXPECT_EQ(answer.kind, Answer::Kind::tool_error);
  EXPECT_EQ(answer.message, "no disk");
  EXPECT_EQ(answer.json, R"({"code":7})");
  EXPECT_EQ(of(R"({"isError":true,"content":[]})").message, "the tool failed and does not say why");
}

TEST(CodeValues, AQuestionPauses) {
  const std::string asks = R"({"resultType":"input_required","inputRequests":{}})";
  Answer answer = of(asks);
  EXPECT_EQ(answer.kind, Answer::Kind::pause);
  EXPECT_EQ(answer.json, asks);
}

TEST(CodeValues, ErrorsKeepTheirKind) {
  EXPECT_EQ(code_answer(base::Error(base::Code::denied, "no")).kind, Answer::Kind::denied);
  Answer late = code_answer(base::Error(base::Code::timeout, "server 'x' did not answer"));
  EXPECT_EQ(late.kind, Answer::Kind::failed);
  EXPECT_EQ(late.reason, "timeout");
}

TEST(CodeValues, AFaultNamesTheCallsThatHadAnEffect) {
  sandbox::Outcome outcome;
  outcome.kind = sandbox::Outcome::Kind::fault;
  outcome.fault.message = "boom";
  EXPECT_EQ(code_text(outcome).find("Calls that were made"), std::string::npos);
  outcome.record.push_back({1, "a.read", "{}", code_failure(kUnfit, "no")});
  EXPECT_EQ(code_text(outcome).find("Calls that were made"), std::string::npos);
  outcome.record.push_back({2, "a.write", R"({"n":1})", {}});
  const std::string text = code_text(outcome);
  EXPECT_NE(text.find("repeat:\n2. a.write({\"n\":1}): done"), std::string::npos) << text;
}

TEST(CodeValues, APageEndsBetweenLinesOrCharacters) {
  EXPECT_EQ(page_end("abc", 0, 10), 3u);
  EXPECT_EQ(page_end("abc", 5, 10), 3u);
  EXPECT_EQ(page_end("12345\n789", 0, 8), 6u);
  EXPECT_EQ(page_end("1\n3456789", 0, 8), 8u);
  const std::string umlauts = "ääää";
  EXPECT_EQ(page_end(umlauts, 0, 3), 2u);
}

}  // namespace
}  // namespace gateway
