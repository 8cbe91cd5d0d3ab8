#include "servers/filesystem/file_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "servers/filesystem/edit.h"
#include "servers/filesystem/text.h"
#include "servers/testing/temp_folder.h"

namespace servers {
namespace {

using servers::testing::TempFolder;
using ::testing::HasSubstr;
using ::testing::Not;

class FileToolsTest : public ::testing::Test {
 protected:
  FileTools tools(TreeLimits limits = {}) { return FileTools(*Tree::open({{area_.path(), RootMode::write}}, limits)); }
  static std::vector<arguments::OneEdit> edits(std::string from, std::string to) {
    return {{.oldText = std::move(from), .newText = std::move(to)}};
  }
  TempFolder area_;
};

TEST_F(FileToolsTest, TextIsReadAndOtherThingsAreNamed) {
  area_.file("a.txt", "one\ntwo\nthree\n");
  area_.file("pic.png", std::string("\x89PNG\0\0", 6));
  area_.file("latin.txt", "caf\xE9");
  area_.file("wide.txt", "\xFF\xFEh\0");
  auto t = tools();
  EXPECT_EQ(*t.read_text({.path = "a.txt", .tail = {}, .head = {}}), "one\ntwo\nthree\n");
  EXPECT_EQ(*t.read_text({.path = "a.txt", .tail = {}, .head = 1}), "one\n");
  EXPECT_EQ(*t.read_text({.path = "a.txt", .tail = 1, .head = {}}), "three\n");
  EXPECT_FALSE(t.read_text({.path = "a.txt", .tail = 1, .head = 1}).ok());
  EXPECT_THAT(t.read_text({.path = "pic.png", .tail = {}, .head = {}}).error().leaving(), HasSubstr("binary file (image/png)"));
  EXPECT_THAT(t.read_text({.path = "latin.txt", .tail = {}, .head = {}}).error().leaving(), HasSubstr("not UTF-8 text (byte 3 is wrong)"));
  EXPECT_THAT(t.read_text({.path = "wide.txt", .tail = {}, .head = {}}).error().leaving(), HasSubstr("UTF-16"));
  auto image = t.read_media({.path = "pic.png"});
  ASSERT_TRUE(image.ok());
  ASSERT_TRUE(std::holds_alternative<mcp::Image>(*image));
  EXPECT_EQ(std::get<mcp::Image>(*image).mime_type, "image/png");
  auto blob = t.read_media({.path = "latin.txt"});
  ASSERT_TRUE(std::holds_alternative<mcp::EmbeddedResource>(*blob));
  EXPECT_EQ(*std::get<mcp::EmbeddedResource>(*blob).resource.bytes, "caf\xE9");
  EXPECT_EQ(std::get<mcp::EmbeddedResource>(*blob).resource.uri, "file://" + area_.path() + "/latin.txt");
  auto many = t.read_many({.paths = std::vector<std::string>{"a.txt", "missing"}});
  EXPECT_THAT(*many, HasSubstr("a.txt:\none\n"));
  EXPECT_THAT(*many, HasSubstr("\n---\nmissing: Error - 'missing' does not exist"));
}

TEST_F(FileToolsTest, ARangeOfLinesIsReadFromAFileOfAnySize) {
  std::string all;
  for (int i = 1; i <= 40'000; ++i) all += "line " + std::to_string(i) + "\n";
  area_.file("long.txt", all);
  area_.file("open.txt", "one\ntwo");
  area_.file("empty.txt", "");
  auto t = tools(TreeLimits{.read = 1000, .result = 500, .entries = 10});
  auto range = [&](std::string path, std::optional<int> first, std::optional<int> head) {
    return t.read_text({.path = std::move(path), .tail = {}, .head = head, .firstLine = first});
  };
  EXPECT_EQ(*range("long.txt", 30'000, 2), "line 30000\nline 30001\n");
  EXPECT_EQ(*range("long.txt", 39'999, {}), "line 39999\nline 40000\n");
  EXPECT_EQ(*range("long.txt", 1, 1), "line 1\n");
  EXPECT_EQ(*range("open.txt", 2, 5), "two");
  EXPECT_EQ(*range("empty.txt", 1, 1), "");
  EXPECT_EQ(range("long.txt", 2, {}).error().code, Code::too_large);
  EXPECT_THAT(range("long.txt", 40'001, 1).error().leaving(), HasSubstr("has 40000 lines, and line 40001 is behind its end"));
  EXPECT_THAT(range("open.txt", 3, {}).error().leaving(), HasSubstr("has 2 lines"));
  EXPECT_FALSE(t.read_text({.path = "open.txt", .tail = 1, .head = {}, .firstLine = 1}).ok());
}

TEST_F(FileToolsTest, AHashIsGivenWhenAskedFor) {
  area_.file("a.txt", "abc");
  area_.folder("sub");
  auto t = tools();
  EXPECT_THAT(*t.file_info({.path = "a.txt"}), Not(HasSubstr("sha256")));
  EXPECT_THAT(*t.file_info({.path = "a.txt", .hash = true}),
              HasSubstr("\nsha256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_THAT(t.file_info({.path = "sub", .hash = true}).error().leaving(), HasSubstr("is no file and has no hash"));
}

TEST_F(FileToolsTest, AnswersAreLimited) {
  area_.file("a.txt", std::string(600, 'x'));
  auto t = tools(TreeLimits{.read = 1000, .result = 500, .entries = 10});
  EXPECT_EQ(t.read_text({.path = "a.txt", .tail = {}, .head = {}}).error().code, Code::too_large);
  for (int i = 0; i < 20; ++i) area_.file("many/" + std::to_string(i), "");
  EXPECT_EQ(t.list({.path = "many"}).error().code, Code::too_large);
  EXPECT_EQ(t.show_tree({.path = ".", .excludePatterns = std::vector<std::string>{}}, {}).error().code, Code::too_large);
  EXPECT_TRUE(t.show_tree({.path = ".", .excludePatterns = std::vector<std::string>{"many"}}, {}).ok());
  EXPECT_THAT(*t.find_names({.path = ".", .pattern = "many/*", .excludePatterns = std::vector<std::string>{}}, {}),
              HasSubstr("stopped after"));
}

TEST_F(FileToolsTest, TenThousandFilesAreListedAndOneMoreIsNot) {
  for (int i = 0; i < 10'000; ++i) area_.file("many/" + std::to_string(i), "");
  auto t = tools();
  auto listed = t.list({.path = "many"});
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(std::count(listed->begin(), listed->end(), '\n'), 9'999);
  area_.file("many/more", "");
  EXPECT_EQ(t.list({.path = "many"}).error().code, Code::too_large);
  EXPECT_EQ(t.show_tree({.path = ".", .excludePatterns = std::vector<std::string>{}}, {}).error().code, Code::too_large);
}

TEST_F(FileToolsTest, ListsShowKindsAndOddNamesOnOneLine) {
  area_.file("b.txt", "12345");
  area_.folder("a");
  area_.link("b.txt", "l");
  area_.file("x\n[DIR] y", "");
  auto t = tools();
  EXPECT_EQ(*t.list({.path = "."}), "[DIR] a\n[FILE] b.txt\n[LINK] l\n[FILE] x\\n[DIR] y");
  EXPECT_EQ(*t.list({.path = "a"}), "The folder is empty.");
  EXPECT_THAT(*t.list_sizes({.path = ".", .sortBy = "size"}), HasSubstr("[FILE] b.txt                                 5 B\n"));
  EXPECT_THAT(*t.list_sizes({.path = ".", .sortBy = "size"}), HasSubstr("Total: 2 files, 1 directories\nCombined size: 5 B"));
  EXPECT_THAT(*t.file_info({.path = "b.txt"}), HasSubstr("size: 5\n"));
  EXPECT_THAT(*t.file_info({.path = "a"}), HasSubstr("isDirectory: true"));
  EXPECT_THAT(t.allowed(), HasSubstr(area_.path() + " (write)"));
}

TEST_F(FileToolsTest, TheTreeIsJson) {
  area_.file("a/b/c.txt", "");
  area_.folder("a/empty");
  area_.file("z\"q.txt", "");
  auto tree = tools().show_tree({.path = ".", .excludePatterns = std::vector<std::string>{}}, {});
  EXPECT_EQ(*tree, R"([
  {
    "name": "a",
    "type": "directory",
    "children": [
      {
        "name": "b",
        "type": "directory",
        "children": [
          {
            "name": "c.txt",
            "type": "file"
          }
        ]
      },
      {
        "name": "empty",
        "type": "directory",
        "children": []
      }
    ]
  },
  {
    "name": "z\"q.txt",
    "type": "file"
  }
])");
  EXPECT_EQ(*tools().show_tree({.path = "a/empty", .excludePatterns = std::vector<std::string>{}}, {}), "[]");
}

TEST_F(FileToolsTest, SearchingFindsNamesAndLines) {
  area_.file("a.md", "alpha\nbeta gamma\n");
  area_.file("sub/b.md", "Beta\r\nbeta.gamma\n");
  area_.file("sub/c.bin", std::string("beta\0beta", 9));
  auto t = tools();
  auto none = std::vector<std::string>{};
  EXPECT_EQ(*t.find_names({.path = ".", .pattern = "**/*.md", .excludePatterns = none}, {}), area_ / "a.md" + "\n" + (area_ / "sub/b.md"));
  EXPECT_EQ(*t.find_names({.path = ".", .pattern = "*.txt", .excludePatterns = none}, {}), "No matches found");
  auto lines = [&](std::string pattern, bool regex, bool ignore) {
    return *t.find_lines({.path = ".",
                          .pattern = std::move(pattern),
                          .regex = regex,
                          .ignoreCase = ignore,
                          .include = {},
                          .excludePatterns = none,
                          .limit = 100},
                         {});
  };
  EXPECT_EQ(lines("beta.gamma", false, false),
            area_ / "sub/b.md" + ":2: beta.gamma\n\n(2 files searched, 1 binary, large or unreadable ones skipped)");
  EXPECT_THAT(lines("beta.gamma", true, false), HasSubstr("a.md:2: beta gamma"));
  EXPECT_THAT(lines("^beta", true, true), HasSubstr("b.md:1: Beta\n"));
  EXPECT_THAT(lines("gamma$", true, false), HasSubstr("a.md:2"));
  EXPECT_THAT(lines("alpha.*gamma", true, false), HasSubstr("No matches"));
  auto bad = t.find_lines(
      {.path = ".", .pattern = "(", .regex = true, .ignoreCase = false, .include = {}, .excludePatterns = none, .limit = 1}, {});
  EXPECT_EQ(bad.error().code, Code::invalid_argument);
  EXPECT_THAT(
      *t.find_lines(
          {.path = ".", .pattern = "beta", .regex = false, .ignoreCase = true, .include = "**/*.md", .excludePatterns = none, .limit = 1},
          {}),
      HasSubstr("stopped after 1 matches"));
}

TEST_F(FileToolsTest, EditsShowTheirDifferenceAndMayBeTried) {
  area_.file("a.txt", "one\ntwo\nthree\n");
  auto t = tools();
  auto tried = t.edit({.path = "a.txt", .edits = edits("two", "2"), .dryRun = true});
  ASSERT_TRUE(tried.ok());
  EXPECT_THAT(*tried, HasSubstr("@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"));
  EXPECT_EQ(area_.content("a.txt"), "one\ntwo\nthree\n");
  ASSERT_TRUE(t.edit({.path = "a.txt", .edits = edits("two", "2"), .dryRun = false}).ok());
  EXPECT_EQ(area_.content("a.txt"), "one\n2\nthree\n");
  auto wrong = t.edit({.path = "a.txt", .edits = edits("two", "2"), .dryRun = false});
  EXPECT_THAT(wrong.error().leaving(), HasSubstr("edits[0].oldText was not found"));
}

TEST(Edits, AreExactOrKeepTheIndentation) {
  EXPECT_EQ(*apply_edits("a\r\nb\r\nc\r\n", {{"a\nb", "x\ny"}}), "x\r\ny\r\nc\r\n");
  EXPECT_EQ(*apply_edits("  if (x) {\n    go();\n  }\n", {{"if (x) {\n  go();\n}\n", "if (y) {\n  stop();\n}\n"}}),
            "  if (y) {\n    stop();\n  }\n");
  EXPECT_THAT(apply_edits("a\na\n", {{"a", "b"}}).error().message, HasSubstr("several places (lines 1, 2)"));
  EXPECT_FALSE(apply_edits("a", {{"", "b"}}).ok());
  EXPECT_EQ(*apply_edits("a b", {{"a", "c"}, {"c b", "d"}}), "d");
  EXPECT_EQ(*apply_edits("x $& y", {{"x", "$&$1"}}), "$&$1 $& y");
}

TEST(Diffs, AreThoseOfDiff) {
  std::string before, after;
  for (int i = 1; i <= 30; ++i) {
    before += std::to_string(i) + "\n";
    after += i == 5 ? "five\n" : i == 25 ? "" : std::to_string(i) + "\n";
  }
  std::string diff = unified_diff("f", before, after);
  EXPECT_THAT(diff, HasSubstr("@@ -1,9 +1,9 @@\n 1\n 2\n 3\n 4\n-5\n+five\n 6\n"));
  EXPECT_THAT(diff, HasSubstr("@@ -21,9 +21,8 @@\n 21\n 22\n 23\n 24\n-25\n 26\n"));
  EXPECT_THAT(unified_diff("f", "", "a"), HasSubstr("@@ -0,0 +1,1 @@\n+a\n\\ No newline at end of file\n"));
  EXPECT_EQ(unified_diff("f", "a", "a"), "");
}

TEST(Texts, AreCheckedAndShown) {
  EXPECT_EQ(find_bad_utf8("aé日🏠"), std::nullopt);
  EXPECT_EQ(find_bad_utf8("a\xC0\x80"), 1u);
  EXPECT_EQ(find_bad_utf8("\xED\xA0\x80"), 0u);
  EXPECT_EQ(find_bad_utf8("ab\xE2\x82"), 2u);
  EXPECT_EQ(visible("a\n\x1b[0m\xE2\x80\xAEz\xFF"), "a\\n\\x1b[0m\\xe2\\x80\\xaez\\xff");
  EXPECT_EQ(repaired("a\xFF"
                     "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(cut("aé", 2), "a");
}

}  // namespace
}  // namespace servers
