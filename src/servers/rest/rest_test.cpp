// The pure parts: texts, answers, what is kept of them, what is remembered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "servers/rest/answers.h"
#include "servers/rest/etag_cache.h"
#include "servers/rest/text.h"
#include "servers/rest/trim.h"

namespace servers::rest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const ApiName kApi{"Acme", "the token"};

Answer answer(int status, std::string body,
              std::vector<std::pair<std::string, std::string>> headers = {{"content-type", "application/json"}}) {
  return {status, std::move(headers), std::move(body), "https://acme.example:443"};
}

TEST(RestText, EncodesAndDecodes) {
  EXPECT_EQ(encoded("a b/ü?"), "a%20b%2F%C3%BC%3F");
  EXPECT_EQ(encoded("a/b", "/"), "a/b");
  EXPECT_EQ(decoded("a%20b%2f%zz%"), "a b/%zz%");
  EXPECT_EQ(plain_line(" a\r\n\tb\x01 c ", 20), "a b c");
  EXPECT_EQ(plain_line("ääää", 5), "ää…");
  EXPECT_FALSE(fits_a_header("a\r\nb"));
}

TEST(RestAnswers, SayWhatCameInPlaceOfJson) {
  EXPECT_THAT(parse_body(answer(200, "<!doctype html><title>Sign\nin</title>"), kApi).error().message, HasSubstr("web page (\"Sign in\")"));
  EXPECT_THAT(parse_body(answer(200, " \n"), kApi).error().message, HasSubstr("with nothing"));
  EXPECT_THAT(parse_body(answer(200, "{\"a\":"), kApi).error().message, HasSubstr("no JSON (5 bytes of application/json)"));
  EXPECT_EQ(parse_body(answer(200, R"({"a":1})"), kApi)->root()["a"].integer(), 1);
}

TEST(RestAnswers, FailuresHaveACodeAndARemedy) {
  const WallTime now = std::chrono::system_clock::from_time_t(1'000'000'000);
  auto failed = [&](int status, std::string body = "{}") { return failure_of(answer(status, std::move(body)), kApi, now); };
  EXPECT_EQ(failed(401).code, Code::unauthenticated);
  EXPECT_THAT(failed(401).message, HasSubstr("check the token"));
  EXPECT_EQ(failed(404).code, Code::not_found);
  EXPECT_EQ(failed(422, R"({"message":"Bad","errors":[{"field":"a","code":"missing"},"b"]})").code, Code::invalid_argument);
  EXPECT_THAT(failed(422, R"({"message":"Bad","errors":[{"field":"a","code":"missing"},"b"]})").message, HasSubstr("Bad: a: missing; b"));
  EXPECT_THAT(failed(400, R"({"error":{"message":"inner"}})").message, HasSubstr("\"inner\""));
  EXPECT_EQ(failed(503).code, Code::unavailable);
  EXPECT_THAT(failed(500, std::string(5000, 'x')).message.size(), ::testing::Lt(600u));
}

TEST(RestAnswers, RetryAfterIsSecondsOrADate) {
  const WallTime now = std::chrono::system_clock::from_time_t(784'111'770);  // ten seconds before the date below
  auto after = [&](std::string value) { return retry_after(answer(429, "", {{"retry-after", std::move(value)}}), now); };
  EXPECT_EQ(after("3"), Millis(3000));
  EXPECT_EQ(after("Sun, 06 Nov 1994 08:49:40 GMT"), Millis(10'000));
  EXPECT_EQ(after("Sun, 06 Nov 1994 08:49:20 GMT"), Millis(0));
  for (const char* wrong : {"", "-1", "soon", "99999999999999999999", "3 s"}) EXPECT_EQ(after(wrong), std::nullopt) << wrong;
}

TEST(RestAnswers, FindsTheNextPage) {
  auto next = [](std::string value) { return next_link(answer(200, "", {{"link", std::move(value)}})); };
  EXPECT_EQ(next(R"(<https://a/?page=1>; rel="prev", <https://a/?page=3>; rel="next")"), "https://a/?page=3");
  EXPECT_EQ(next(R"(<https://a/?x=a,b>; rel="next")"), "https://a/?x=a,b");
  for (const char* none : {"", "<", "<a>", "<a>; rel=\"last\"", ">;rel=next<", ",,,"}) EXPECT_EQ(next(none), std::nullopt) << none;
  EXPECT_EQ(query_value("https://a/?x=1&page=%33#f", "page"), "3");
  EXPECT_EQ(query_value("https://a/", "page"), std::nullopt);
}

TEST(RestAnswers, CredentialsAreReplaced) {
  Request request;
  request.secrets.emplace_back("Authorization", Secret("Bearer abcd1234"));
  EXPECT_EQ(without_secrets("no abcd1234 and abcd1234!", request), "no [secret] and [secret]!");
}

std::string kept(std::string_view json, Trim trim) {
  auto tree = mcp::Json::parse(json);
  return trimmed(tree->root(), trim).json;
}

TEST(RestTrim, KeepsWhatThePointersName) {
  constexpr std::string_view kJson = R"({"items":[{"name":"a","x":{"y":1,"z":null}},{"name":"b","x":7}],"next":"n","a/b":1,"e":[]})";
  EXPECT_EQ(kept(kJson, {.keep = {"/items/*/name", "/next"}}), R"({"items":[{"name":"a"},{"name":"b"}],"next":"n"})");
  EXPECT_EQ(kept(kJson, {.keep = {"/items/0"}}), R"({"items":[{"name":"a","x":{"y":1,"z":null}}]})");
  EXPECT_EQ(kept(kJson, {.keep = {"/a~1b"}}), R"({"a/b":1})");
  EXPECT_EQ(kept(kJson, {.keep = {"/items/*/x/y"}}), R"({"items":[{"x":{"y":1}},{}]})");
  EXPECT_EQ(kept(kJson, {.keep = {"/nothing"}}), "{}");
  EXPECT_EQ(kept("[1,2]", {}), "[1,2]");
  EXPECT_EQ(kept(kJson, {.keep = {"/items/*/x", "/e"}, .empty = Trim::Empty::goes}), R"({"items":[{"x":{"y":1}},{"x":7}]})");
}

TEST(RestTrim, CutsTextsAndLists) {
  auto tree = mcp::Json::parse(R"({"list":["aaaaaaaaaa","bbbbbbbbbb","cccccccccc","d"]})");
  Trim trim;
  trim.longest_text = 4;
  trim.most_bytes = 40;
  Trimmed out = trimmed(tree->root(), trim);
  EXPECT_TRUE(mcp::Json::parse(out.json).ok()) << out.json;
  EXPECT_THAT(out.json, HasSubstr("aaaa… (6 more bytes)"));
  EXPECT_EQ(out.left_out, 2u);
  EXPECT_THAT(out.note(), HasSubstr("2 more entries were left out"));
  EXPECT_FALSE(check_pointers({"items"}).ok());
  EXPECT_TRUE(check_pointers({"", "/a/*/b"}).ok());
}

TEST(RestTrim, FollowsPointers) {
  auto tree = mcp::Json::parse(R"({"a":[{"b~c":5}]})");
  EXPECT_EQ(at_pointer(tree->root(), "/a/0/b~0c").integer(), 5);
  for (const char* nowhere : {"/a/1", "/a/x", "a", "/a/0/b/c/d"}) EXPECT_FALSE(at_pointer(tree->root(), nowhere)) << nowhere;
}

TEST(EtagCache, IsBoundedAndBelongsToItsCredential) {
  EtagCache cache({.entries = 2, .bytes = 100, .one = 60});
  auto tagged = [](std::string tag, std::size_t size) { return answer(200, std::string(size, 'x'), {{"etag", std::move(tag)}}); };
  cache.put("a", tagged("1", 10));
  EXPECT_EQ(cache.tag("a"), "1");
  EXPECT_EQ(cache.tag("b"), "");
  cache.put("b", tagged("2", 10));
  EXPECT_NE(cache.find("a"), nullptr);
  cache.put("c", tagged("3", 10));
  EXPECT_EQ(cache.tag("b"), "") << "the one used longest ago goes";
  cache.put("d", tagged("4", 61));
  EXPECT_EQ(cache.tag("d"), "") << "too large";
  cache.put("a", answer(200, "y", {}));
  EXPECT_EQ(cache.tag("a"), "") << "it has no tag any more";
  EXPECT_LE(cache.bytes(), 100u);
  Request one, other;
  one.url = other.url = "https://a/";
  one.secrets.emplace_back("Authorization", Secret("Bearer 1"));
  other.secrets.emplace_back("Authorization", Secret("Bearer 2"));
  EXPECT_NE(EtagCache::key_of(one), EtagCache::key_of(other));
}

}  // namespace
}  // namespace servers::rest
