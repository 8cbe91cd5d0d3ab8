#include "app/import/jsonc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace app::jsonc {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kServers{"mcpServers"};
constexpr std::string_view kEntry = R"({"command":"gatehouse","args":["stdio"]})";

std::string with(std::string_view text) {
  auto out = with_member(text, kServers, "gatehouse", kEntry);
  return out ? *out : "error: " + out.error().message;
}

std::string without(std::string_view text, std::string_view key) {
  auto out = without_member(text, kServers, key);
  return out ? *out : "error: " + out.error().message;
}

TEST(JsonC, KeepsEveryPlace) {
  const std::string text = "\xEF\xBB\xBF{ // one\n  \"a\": \"// no comment\", /* two\n lines */\n  \"b\": [1, 2,],\n}\n";
  auto plain = parse_plain(text);
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->size(), text.size());
  EXPECT_EQ(plain->find("\"b\""), text.find("\"b\""));
  EXPECT_THAT(*plain, HasSubstr("// no comment"));
}

TEST(JsonC, RefusesWhatIsNone) {
  EXPECT_FALSE(parse_plain("{ \"a\": 1 /* no end"));
  EXPECT_FALSE(parse_plain("{ \"a\": 1, \"a\": 2 }"));
  EXPECT_FALSE(parse_plain("{ \"a\": {\"x\": 1, \"x\": 2} }"));
  EXPECT_FALSE(parse_plain("{ , }"));
  EXPECT_FALSE(parse_plain("{,,}"));
  EXPECT_FALSE(parse_plain("mcpServers: {}"));
  EXPECT_FALSE(parse_plain(std::string(kLargest + 1, ' ')));
}

TEST(JsonC, AnEmptyFileIsAnEmptyObject) {
  EXPECT_EQ(
      with(""),
      "{\n  \"mcpServers\": {\n    \"gatehouse\": {\n      \"command\": \"gatehouse\",\n      \"args\": [\"stdio\"]\n    }\n  }\n}\n");
}

TEST(JsonC, PutsAMemberBehindTheLastOneAndKeepsComments) {
  EXPECT_EQ(with("{\n\t// mine\n\t\"mcpServers\": {\n\t\t\"a\": {} // the first\n\t}\n}\n"),
            "{\n\t// mine\n\t\"mcpServers\": {\n\t\t\"a\": {}, // the first\n\t\t\"gatehouse\": {\n\t\t\t\"command\": \"gatehouse\",\n"
            "\t\t\t\"args\": [\"stdio\"]\n\t\t}\n\t}\n}\n");
  EXPECT_EQ(with("{ \"mcpServers\": { \"a\": {} } }"),
            "{ \"mcpServers\": { \"a\": {}, \"gatehouse\": {\"command\":\"gatehouse\",\"args\":[\"stdio\"]} } }");
}

TEST(JsonC, KeepsTheHabitOfACommaBehindTheLastOne) {
  EXPECT_THAT(with("{\n  \"mcpServers\": {\n    \"a\": {}, // last\n    // end\n  },\n}\n"),
              testing::AllOf(HasSubstr("\"a\": {}, // last\n    \"gatehouse\": {\n"), HasSubstr("    },\n    // end\n  },\n}\n")));
}

TEST(JsonC, ReplacesWhatIsThere) {
  EXPECT_EQ(with("{\"mcpServers\":{\"gatehouse\":1,\"b\":2}}"),
            "{\"mcpServers\":{\"gatehouse\":{\n  \"command\": \"gatehouse\",\n  \"args\": [\"stdio\"]\n},\"b\":2}}");
}

TEST(JsonC, MakesWhatIsMissingOnTheWay) {
  auto out = with_member("{\n  \"mcp\": {}\n}", std::vector<std::string>{"mcp", "servers"}, "x", "1");
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(*out, "{\n  \"mcp\": {\n    \"servers\": {\n      \"x\": 1\n    }\n  }\n}");
  EXPECT_FALSE(with_member("{\"mcp\": 1}", std::vector<std::string>{"mcp", "servers"}, "x", "1"));
  EXPECT_FALSE(with_member("[]", kServers, "x", "1"));
}

TEST(JsonC, TakesAMemberOutAndKeepsComments) {
  const std::string text = "{\n  \"mcpServers\": {\n    // about a\n    \"a\": { \"command\": \"x\" },\n    \"b\": {} /* b */\n  }\n}\n";
  EXPECT_EQ(without(text, "a"), "{\n  \"mcpServers\": {\n    // about a\n    \"b\": {} /* b */\n  }\n}\n");
  EXPECT_EQ(without(text, "b"), "{\n  \"mcpServers\": {\n    // about a\n    \"a\": { \"command\": \"x\" }\n     /* b */\n  }\n}\n");
  EXPECT_EQ(without("{\"mcpServers\":{\"a\":1,\"b\":2,\"c\":3}}", "b"), "{\"mcpServers\":{\"a\":1,\"c\":3}}");
  EXPECT_EQ(without("{\"mcpServers\":{\"a\":1}}", "a"), "{\"mcpServers\":{}}");
  EXPECT_THAT(without(text, "c"), HasSubstr("error"));
}

TEST(JsonC, WindowsLinesStay) {
  const std::string out = with("{\r\n  \"mcpServers\": {\r\n    \"a\": {}\r\n  }\r\n}\r\n");
  EXPECT_THAT(out, HasSubstr("\"a\": {},\r\n    \"gatehouse\": {"));
  EXPECT_THAT(without(out, "a"), Not(HasSubstr("\"a\"")));
}

}  // namespace
}  // namespace app::jsonc
