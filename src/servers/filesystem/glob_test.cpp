#include "servers/filesystem/glob.h"

#include <gtest/gtest.h>

namespace servers {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  auto glob = Glob::parse(pattern);
  return glob.ok() && glob->matches(path);
}

TEST(Glob, MatchesAsExpected) {
  EXPECT_TRUE(matches("*.md", "a.md"));
  EXPECT_TRUE(matches("*.md", ".md"));
  EXPECT_FALSE(matches("*.md", "sub/a.md"));
  EXPECT_TRUE(matches("**/*.md", "a.md"));
  EXPECT_TRUE(matches("**/*.md", "x/y/a.md"));
  EXPECT_TRUE(matches("**", "x/y"));
  EXPECT_TRUE(matches("x/**", "x/y/z"));
  EXPECT_FALSE(matches("x/**", "x"));
  EXPECT_TRUE(matches("x/**/z", "x/z"));
  EXPECT_TRUE(matches("x/**/z", "x/1/2/z"));
  EXPECT_FALSE(matches("x/**/z", "x/1/2/y"));
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_TRUE(matches("a?c", "aäc"));
  EXPECT_FALSE(matches("a?c", "a/c"));
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[!a-c]x", "bx"));
  EXPECT_TRUE(matches("[ä-ü]x", "öx"));
  EXPECT_TRUE(matches("[]]x", "]x"));
  EXPECT_TRUE(matches("[x", "[x"));
  EXPECT_TRUE(matches("*.{md,txt}", "a.txt"));
  EXPECT_TRUE(matches("{a,b{c,d}}/x", "bd/x"));
  EXPECT_FALSE(matches("{a,b{c,d}}/x", "b/x"));
  EXPECT_TRUE(matches("{only}", "{only}"));
  EXPECT_TRUE(matches("a\\*", "a*"));
  EXPECT_FALSE(matches("a\\*", "ab"));
  EXPECT_TRUE(matches("*a*b*c*", "xxaxxbxxcxx"));
  EXPECT_FALSE(matches("A", "a"));
}

TEST(Glob, IsQuickWhateverThePattern) {
  std::string pattern, path(5000, 'a');
  for (int i = 0; i < 250; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "b", path));
  std::string folders, deep;
  for (int i = 0; i < 100; ++i) folders += "**/a/";
  for (int i = 0; i < 1000; ++i) deep += "a/";
  EXPECT_FALSE(matches(folders + "b", deep));
}

TEST(Glob, RefusesWhatIsTooMuch) {
  EXPECT_FALSE(Glob::parse("").ok());
  EXPECT_FALSE(Glob::parse(std::string(1001, 'a')).ok());
  EXPECT_FALSE(Glob::parse("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}").ok());
  EXPECT_FALSE(Globs::parse(std::vector<std::string>(101, "a")).ok());
}

TEST(Globs, ExcludesMeanNamesAnywhere) {
  auto globs = *Globs::parse_excludes({"node_modules", "*.log"});
  EXPECT_TRUE(globs.matches("node_modules"));
  EXPECT_TRUE(globs.matches("a/node_modules/b"));
  EXPECT_FALSE(globs.matches("a/node_modules2"));
  EXPECT_TRUE(globs.matches("x.log"));
  EXPECT_FALSE(Globs::parse({})->matches("x"));
}

}  // namespace
}  // namespace servers
