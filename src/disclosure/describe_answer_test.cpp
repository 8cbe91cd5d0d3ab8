#include "disclosure/describe_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace {

using namespace disclosure;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<std::string_view, 4> kNames{"github__list-issues", "github__list_issues", "memory__read_graph", "github__delete"};

ToolView view(std::string_view public_name) {
  ToolView out;
  std::size_t at = public_name.find("__");
  out.server = public_name.substr(0, at);
  out.name = public_name.substr(at + 2);
  out.public_name = public_name;
  out.description = "Does it.";
  out.input_schema = R"({"type":"object","properties":{}})";
  return out;
}

Describable known(const CodeNames* names = nullptr) {
  Describable out;
  out.find = [](std::string_view name) -> std::optional<ToolView> {
    for (std::string_view one : kNames)
      if (one == name) return view(one);
    return {};
  };
  out.known = [] { return std::span<const std::string_view>(kNames); };
  out.code_names = names;
  return out;
}

TEST(DescribeAnswer, ANamespaceForEachServer) {
  std::vector<ToolView> tools;
  for (std::string_view one : kNames) tools.push_back(view(one));
  CodeNames names(tools);
  std::vector<std::string> asked{"github__list-issues", "memory__read_graph", "github__list_issues", "github__list-issues",
                                 "github__delete"};
  EXPECT_EQ(describe_answer(asked, known(&names)), R"(declare namespace github {
  /** Does it.
    @name github__list-issues */
  function list_issues_2(args?: {}): Promise<unknown>;
  /** Does it. */
  function list_issues(args?: {}): Promise<unknown>;
  /** Does it.
    @name github__delete */
  function delete_(args?: {}): Promise<unknown>;
}
declare namespace memory {
  /** Does it. */
  function read_graph(args?: {}): Promise<unknown>;
})");
}

TEST(DescribeAnswer, UnknownNamesGetTheNearest) {
  std::vector<std::string> asked{"github__list_isues", "zzz*/\nqq", "memory__read_graph"};
  std::string text = describe_answer(asked, known());
  EXPECT_THAT(text, HasSubstr("// There is no tool 'github__list_isues'. Nearest: 'github__list_issues', 'github__list-issues'"));
  EXPECT_THAT(text, HasSubstr("// There is no tool 'zzz*\\/ qq'. find_tools finds tools by what they do."));
  EXPECT_THAT(text, HasSubstr("function read_graph"));
  EXPECT_EQ(describe_answer({}, known()), "");
  EXPECT_LT(unknown_tool_text(std::string(100'000, 'x'), kNames).size(), 300U);
}

TEST(DescribeAnswer, NoMoreThanTen) {
  std::vector<std::string> asked(12, "github__delete");
  asked[11] = "memory__read_graph";
  std::string text = describe_answer(asked, known());
  EXPECT_THAT(text, HasSubstr("Only the first 10 names"));
  EXPECT_THAT(text, Not(HasSubstr("read_graph")));
}

}  // namespace
