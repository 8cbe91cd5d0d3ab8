#include "disclosure/arguments.h"

#include <gtest/gtest.h>

#include <string>

#include "protocol/json_schema/json_schema.h"

namespace {

using disclosure::check_arguments;
using disclosure::CompiledSchemas;

constexpr std::string_view kSchema = R"({"type":"object","required":["query"],"additionalProperties":false,
  "properties":{"query":{"type":"string"},"limit":{"type":"integer","maximum":100},"tags":{"type":"array","items":{"type":"string"}}}})";

TEST(CheckArguments, GoodOnesFit) {
  EXPECT_TRUE(check_arguments(kSchema, R"({"query":"x","limit":3,"tags":["a"]})").fits());
  EXPECT_TRUE(check_arguments("", R"({"anything":1})").fits());
  EXPECT_TRUE(check_arguments(R"({"type":"object"})", "").fits());
}

TEST(CheckArguments, SaysWhereAndWhy) {
  auto verdict = check_arguments(kSchema, R"({"query":"x","limit":"3","tags":["a",2]})");
  ASSERT_EQ(verdict.mismatches.size(), 2U);
  EXPECT_EQ(verdict.mismatches[0].pointer, "/limit");
  EXPECT_EQ(verdict.mismatches[1].pointer, "/tags/1");
  EXPECT_NE(verdict.text().find("argument /limit must be an integer"), std::string::npos) << verdict.text();
  EXPECT_EQ(check_arguments(kSchema, "").text(), "the whole of the arguments needs the member \"query\"");
  EXPECT_FALSE(check_arguments(kSchema, R"({"query":"x","lmit":3})").fits());
}

TEST(CheckArguments, RefusesWhatIsNoObject) {
  EXPECT_EQ(check_arguments(kSchema, "[1]").text(), "the whole of the arguments must be an object, and is an array");
  EXPECT_EQ(check_arguments(kSchema, R"("{\"query\":\"x\"}")").text(),
            "the whole of the arguments must be an object, and is a string: give the object itself, not its text");
  EXPECT_FALSE(check_arguments(kSchema, "{\"query\":").fits());
  EXPECT_FALSE(check_arguments("", R"({"a":1,"a":2})").fits());
  EXPECT_FALSE(check_arguments("", std::string(5'000, '[')).fits());
}

TEST(CheckArguments, ABrokenSchemaIsTheUpstreamsAffair) {
  auto verdict = check_arguments(R"({"type":"object","properties":{"a":{"$ref":"https://example.com/x"}}})", R"({"a":1})");
  EXPECT_TRUE(verdict.fits());
  EXPECT_FALSE(verdict.unchecked.empty());
  // A pattern that cannot run in linear time does not keep the rest from being checked.
  constexpr std::string_view kLookAhead = R"({"properties":{"a":{"type":"string","pattern":"(?=x)y"}}})";
  EXPECT_TRUE(check_arguments(kLookAhead, R"({"a":"z"})").fits());
  EXPECT_FALSE(check_arguments(kLookAhead, R"({"a":1})").fits());
}

TEST(CheckArguments, WhatCostsTooMuchDoesNotFit) {
  std::string schema =
      R"({"$defs":{"n":{"anyOf":[{"items":{"$ref":"#/$defs/n"}},{"items":{"$ref":"#/$defs/n"}},{"items":{"$ref":"#/$defs/n"}}],"type":"array"}},"properties":{"a":{"$ref":"#/$defs/n"}}})";
  std::string deep = R"({"a":)" + std::string(60, '[') + "1" + std::string(60, ']') + "}";
  auto verdict = check_arguments(schema, deep);
  EXPECT_FALSE(verdict.fits());
}

TEST(CompiledSchemas, KeepsAFew) {
  CompiledSchemas schemas(3, 200);
  for (int i = 0; i < 10; ++i) {
    std::string schema = R"({"maxProperties":)" + std::to_string(i) + "}";
    ASSERT_TRUE(schemas.get(schema));
    EXPECT_LE(schemas.size(), 3U);
  }
  // The same one again is not a second one; what is large pushes the others out.
  std::size_t bytes = schemas.bytes();
  ASSERT_TRUE(schemas.get(R"({"maxProperties":9})"));
  EXPECT_EQ(schemas.bytes(), bytes);
  std::string large = R"({"description":")" + std::string(500, 'x') + "\"}";
  ASSERT_TRUE(schemas.get(large));
  EXPECT_EQ(schemas.size(), 1U);
  EXPECT_EQ(schemas.bytes(), large.size());
  EXPECT_FALSE(schemas.get(R"({"type":7})"));
  EXPECT_FALSE(schemas.get(R"({"type":7})"));
}

}  // namespace
