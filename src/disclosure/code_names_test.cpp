#include "disclosure/code_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using disclosure::code_name;
using disclosure::CodeNames;
using disclosure::ToolView;

ToolView tool(std::string_view server, std::string_view name) {
  ToolView out;
  out.server = server;
  out.name = name;
  return out;
}

TEST(CodeName, IsAnIdentifier) {
  EXPECT_EQ(code_name("read_file"), "read_file");
  EXPECT_EQ(code_name("read-file"), "read_file");
  EXPECT_EQ(code_name("a.b/c d"), "a_b_c_d");
  EXPECT_EQ(code_name("7zip"), "_7zip");
  EXPECT_EQ(code_name(""), "_");
  EXPECT_EQ(code_name("$cost"), "$cost");
  EXPECT_EQ(code_name("größe"), "gr__e");
  EXPECT_EQ(code_name("検索"), "__");
  EXPECT_EQ(code_name(std::string(100'000, 'x')).size(), 100U);
}

TEST(CodeName, IsNoWordThatMeansSomethingElse) {
  for (std::string_view word :
       {"delete", "new", "await", "then", "constructor", "__proto__", "prototype", "toString", "tools", "console", "enum", "eval"})
    EXPECT_EQ(code_name(word), std::string(word) + "_");
  EXPECT_EQ(code_name("delete-"), "delete_");
}

TEST(CodeNames, CollisionsGetANumberWhateverTheOrder) {
  std::vector<ToolView> tools{tool("github", "list-issues"),
                              tool("github", "list_issues"),
                              tool("github", "list.issues"),
                              tool("github", "list_issues_2"),
                              tool("a-b", "x"),
                              tool("a_b", "x")};
  std::vector<std::vector<std::string>> seen;
  for (int round = 0; round < 2; ++round) {
    CodeNames names(tools);
    EXPECT_EQ(names.of(tool("github", "list_issues")).tool, "list_issues");
    EXPECT_EQ(names.of(tool("github", "list-issues")).tool, "list_issues_3");
    EXPECT_EQ(names.of(tool("github", "list.issues")).tool, "list_issues_4");
    EXPECT_EQ(names.of(tool("github", "list_issues_2")).tool, "list_issues_2");
    EXPECT_EQ(names.of(tool("a_b", "x")).server, "a_b");
    EXPECT_EQ(names.of(tool("a-b", "x")).server, "a_b_2");
    ASSERT_EQ(names.collisions().size(), 3U);
    EXPECT_EQ(names.collisions()[0].server, "a-b");
    EXPECT_EQ(names.collisions()[0].tool, "");
    EXPECT_EQ(names.collisions()[1].tool, "list-issues");
    EXPECT_EQ(names.collisions()[1].wanted, "list_issues");
    EXPECT_EQ(names.collisions()[1].given, "list_issues_3");
    for (const ToolView& one : tools) {
      disclosure::CodeName code = names.of(one);
      auto real = names.find(code.server + "." + code.tool);
      ASSERT_TRUE(real);
      EXPECT_EQ(real->server, one.server);
      EXPECT_EQ(real->tool, one.name);
    }
    std::ranges::reverse(tools);
  }
}

TEST(CodeNames, WhatIsNotThereIsNotFound) {
  std::vector<ToolView> tools{tool("github", "list")};
  CodeNames names(tools);
  EXPECT_FALSE(names.find("github.lost"));
  EXPECT_FALSE(names.find("gitlab.list"));
  EXPECT_FALSE(names.find("github"));
  EXPECT_FALSE(CodeNames().find("a.b"));
  EXPECT_EQ(names.of(tool("other", "new")).tool, "new_");
}

TEST(CodeNames, ManyThatLookAlike) {
  std::vector<std::string> reals;
  for (int i = 0; i < 128; ++i)
    for (char a : {'-', '.', ' ', '/'}) reals.push_back(std::string(i, 'a') + a);
  std::vector<ToolView> tools;
  for (const std::string& real : reals) tools.push_back(tool("s", real));
  CodeNames names(tools);
  std::vector<std::string> given;
  for (const ToolView& one : tools) given.push_back(names.of(one).tool);
  std::ranges::sort(given);
  EXPECT_EQ(std::ranges::adjacent_find(given), given.end());
}

}  // namespace
