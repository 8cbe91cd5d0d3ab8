#include "gateway/presentation.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

using gateway::merged_capabilities;
using gateway::merged_instructions;
using gateway::passed_capabilities;
using gateway::Presented;

TEST(Presentation, OneServerKeepsAllButTasks) {
  EXPECT_EQ(passed_capabilities(R"({"tools":{"x":1},"logging":{},"completions":{},"experimental":{"a":{}},"tasks":{"list":{}}})"),
            R"({"tools":{"x":1},"logging":{},"completions":{},"experimental":{"a":{}}})");
  EXPECT_EQ(passed_capabilities(R"({"extensions":{"io.modelcontextprotocol/tasks":{},"com.example/x":{"y":[1]}}})"),
            R"({"extensions":{"com.example/x":{"y":[1]}}})");
  EXPECT_EQ(passed_capabilities(R"({"tools":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})"), R"({"tools":{}})");
  EXPECT_EQ(passed_capabilities(""), "{}");
  EXPECT_EQ(passed_capabilities("[]"), "{}");
}

TEST(Presentation, TheAggregateUnitesWhatCanPass) {
  const std::vector<Presented> all = {
      {"one", R"({"logging":{},"experimental":{"a":{"v":1}},"extensions":{"com.example/x":{}}})", "Be kind."},
      {"two", R"({"completions":{},"experimental":{"a":{"v":2},"b":{}},"extensions":{"io.modelcontextprotocol/ui":{}}})", ""},
      {"three", "", "Be brief."}};
  const std::string always =
      R"({"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true})";
  EXPECT_EQ(merged_capabilities({}), always + "}");
  EXPECT_EQ(
      merged_capabilities(all),
      always + R"(,"completions":{},"logging":{},"experimental":{"a":{"v":1},"b":{}},"extensions":{"io.modelcontextprotocol/ui":{}}})");
  EXPECT_EQ(merged_instructions(all), "## one (tools named one__…)\nBe kind.\n\n## three (tools named three__…)\nBe brief.");
}

}  // namespace
