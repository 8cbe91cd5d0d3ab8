#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mcp/server.h"
#include "sdk/contents.h"
#include "sdk/uri_template.h"

namespace {

struct Inner {
  std::string name;
  std::optional<int> rank;
};
struct Everything {
  mcp::Arg<std::string, "A text", 1, 5> text;
  mcp::Arg<std::int64_t, "A number", 0, 10> number = 3;
  mcp::Arg<double, "A share", 0.0, 1.0> share = 0.5;
  mcp::Arg<bool, "A flag"> flag = false;
  mcp::Arg<mcp::Choice<"up", "down">, "A way"> way = "down";
  mcp::Arg<std::optional<std::vector<std::string>>, "Tags", 0, 2> tags;
  mcp::Arg<std::optional<Inner>, "A struct"> inner;
  mcp::Arg<std::optional<std::map<std::string, int>>, "A map"> map;
};
struct Renamed {
  int a = 0;
  static constexpr auto fields = mcp::names("class");
};

mcp::Result<Everything> read(std::string_view json) {
  auto parsed = mcp::Json::parse(json);
  if (!parsed) return parsed.error();
  return mcp::from_json<Everything>(parsed->root(), "argument");
}
std::string refusal(std::string_view json) {
  auto in = read(json);
  return in ? "accepted" : in.error().message;
}

TEST(Typed, DefaultsAndValues) {
  auto in = read(R"({"text":"abc","number":10,"tags":["x","y"],"inner":{"name":"n","rank":2},"map":{"k":1},"way":"up"})");
  ASSERT_TRUE(in.ok()) << in.error().message;
  EXPECT_EQ(*in->text, "abc");
  EXPECT_EQ(*in->number, 10);
  EXPECT_EQ(*in->share, 0.5);
  EXPECT_TRUE(*in->way == "up");
  EXPECT_EQ((*in->tags)->size(), 2u);
  EXPECT_EQ((*in->inner)->rank, 2);
  EXPECT_EQ((*in->map)->at("k"), 1);
}

TEST(Typed, RefusalsNameTheArgumentAndWhatWasExpected) {
  EXPECT_EQ(refusal("{}"), "argument 'text' must be given");
  EXPECT_EQ(refusal(R"({"text":7})"), "argument 'text' must be a string");
  EXPECT_EQ(refusal(R"({"text":"abcdef"})"), "argument 'text' must be a string with a length from 1 to 5");
  EXPECT_EQ(refusal(R"({"text":"äöüßé"})"), "accepted");
  EXPECT_EQ(refusal(R"({"text":"a","number":11})"), "argument 'number' must be an integer from 0 to 10");
  EXPECT_EQ(refusal(R"({"text":"a","number":1.5})"), "argument 'number' must be an integer from 0 to 10");
  EXPECT_EQ(refusal(R"({"text":"a","number":2.0})"), "accepted");
  EXPECT_EQ(refusal(R"({"text":"a","share":2})"), "argument 'share' must be a number from 0 to 1");
  EXPECT_EQ(refusal(R"({"text":"a","way":"left"})"), "argument 'way' must be one of 'up', 'down'");
  EXPECT_EQ(refusal(R"({"text":"a","tags":["x",3]})"), "argument 'tags[1]' must be a string");
  EXPECT_EQ(refusal(R"({"text":"a","tags":["x","y","z"]})"), "argument 'tags' must be a list with a number of items from 0 to 2");
  EXPECT_EQ(refusal(R"({"text":"a","inner":{"rank":1}})"), "argument 'inner.name' must be given");
  EXPECT_EQ(refusal(R"({"text":"a","txet":"b"})"), "unknown argument 'txet'; did you mean 'text'?");
  EXPECT_EQ(refusal("[]"), "the arguments must be an object");
  EXPECT_EQ(refusal(R"({"text":"a","flag":null,"tags":null})"), "accepted");
}

TEST(Typed, SchemaSaysTheSame) {
  std::string schema = mcp::input_schema<Everything>();
  auto json = mcp::Json::parse(schema);
  ASSERT_TRUE(json.ok());
  auto properties = (*json)["properties"];
  EXPECT_EQ(properties["text"].text(), R"({"type":"string","minLength":1,"maxLength":5,"description":"A text"})");
  EXPECT_EQ(properties["number"].text(), R"({"type":"integer","minimum":0,"maximum":10,"description":"A number","default":3})");
  EXPECT_EQ(properties["way"].text(), R"({"type":"string","enum":["up","down"],"description":"A way","default":"down"})");
  EXPECT_EQ(properties["tags"].text(), R"({"type":"array","items":{"type":"string"},"minItems":0,"maxItems":2,"description":"Tags"})");
  EXPECT_EQ((*json)["required"].text(), R"(["text"])");
  EXPECT_EQ((*json)["additionalProperties"].text(), "false");
  EXPECT_EQ(mcp::output_schema<std::vector<int>>(),
            R"({"type":"object","properties":{"result":{"type":"array","items":{"type":"integer"}}},"required":["result"]})");
  EXPECT_EQ(mcp::to_json(Renamed{7}), R"({"class":7})");
}

TEST(Typed, NumbersKeepSixtyFourBits) {
  auto json = mcp::Json::parse(R"([9223372036854775807,-9223372036854775808,18446744073709551615,1e400,0.1])");
  if (!json) json = mcp::Json::parse(R"([9223372036854775807,-9223372036854775808,18446744073709551615,1,0.1])");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->root().at(0).integer(), INT64_MAX);
  EXPECT_EQ(json->root().at(1).integer(), INT64_MIN);
  EXPECT_EQ(json->root().at(2).integer(), std::nullopt);
  EXPECT_EQ(json->root().at(2).unsigned_integer(), UINT64_MAX);
  EXPECT_EQ(mcp::to_json(UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(mcp::to_json(0.1), "0.1");
}

TEST(Server, RefusesBadRegistrationsByName) {
  mcp::Server server("s", "1");
  server.tool("no spaces", "d", [] { return 1; });
  server.tool("twice", "d", [] { return 1; });
  server.tool("twice", "d", [] { return 1; });
  server.raw_tool({.name = "raw", .description = "d", .input_schema = "[]"}, [](mcp::Json) { return mcp::ToolResult::text("x"); });
  server.resource_template("notes://{?query}", {.name = "n"}, [](mcp::TemplateMatch) { return std::string(); });
  EXPECT_EQ(server.problems(),
            "tool 'no spaces': a name is made of A-Z a-z 0-9 _ - .\n"
            "tool 'twice' was added twice\n"
            "tool 'raw': its input schema is not a JSON object\n"
            "URI template 'notes://{?query}': only {name} and {+name} can be matched");
  char program[] = "test";
  char* argv[] = {program, nullptr};
  EXPECT_EQ(mcp::run(server, 1, argv), 2);
}

TEST(UriTemplate, Matches) {
  auto t = sdk::UriTemplate::parse("notes://{folder}/{+path}.md");
  ASSERT_TRUE(t.ok());
  auto m = t->match("notes://a%20b/c/d.md");
  ASSERT_TRUE(m);
  EXPECT_EQ((*m)["folder"], "a b");
  EXPECT_EQ((*m)["path"], "c/d");
  EXPECT_FALSE(t->match("notes:///d.md"));
  EXPECT_FALSE(t->match("notes://a/b.txt"));
}

TEST(Base64, BothWays) {
  for (std::string text : {"", "a", "ab", "abc", "abcd"}) EXPECT_EQ(*sdk::from_base64(sdk::base64(text)), text);
  EXPECT_FALSE(sdk::from_base64("a").ok());
  EXPECT_FALSE(sdk::from_base64("****").ok());
}

}  // namespace
