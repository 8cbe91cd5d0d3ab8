// Making notes and adding to them: what lands on disk, and that the index knows it at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "servers/testing/temp_folder.h"
#include "servers/vault/vault_tools.h"

namespace servers {
namespace {

using servers::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class VaultWriteTest : public ::testing::Test {
 protected:
  VaultWriteTest() {
    folder_.file("Journal/Day.md", "# Day\nmorning\n\n## Log\n- one\n\n## Later\nnothing");
    folder_.file("a/Same.md", "x");
    folder_.file("b/Same.md", "y");
    folder_.file("dos.md", "one\r\ntwo\r\n");
    folder_.file("pic.png", "not really");
  }
  void open(RootMode mode) {
    VaultOptions options;
    options.root = {folder_.path(), mode};
    vault_ = *Vault::open(std::move(options));
    tools_.emplace(*vault_);
    ASSERT_TRUE(vault_->ready().ok());
  }
  std::string create_error(const std::string& path) {
    auto made = tools_->create({.path = path, .text = "x"});
    return made ? "made " + made->path : std::string(made.error().leaving());
  }
  TempFolder folder_;
  std::unique_ptr<Vault> vault_;
  std::optional<VaultTools> tools_;
};

TEST_F(VaultWriteTest, ANewNoteIsKnownAtOnce) {
  open(RootMode::append);
  auto made = tools_->create({.path = "new/Idea", .text = "---\ntags: [spark]\n---\n# Idea\nzebra [[Day]] [[Nowhere]]"});
  ASSERT_TRUE(made.ok()) << made.error().leaving();
  EXPECT_EQ(made->path, "new/Idea.md");
  EXPECT_THAT(made->broken_links, ElementsAre("[[Nowhere]]"));
  EXPECT_EQ(folder_.content("new/Idea.md"), "---\ntags: [spark]\n---\n# Idea\nzebra [[Day]] [[Nowhere]]\n");
  EXPECT_EQ(vault_->search("zebra", {.tag = "spark"}, 5)->size(), 1u);
  EXPECT_EQ(vault_->backlinks("Day", 5)->size(), 1u);
  auto more = tools_->append({.path = "idea", .text = "giraffe", .heading = {}});
  ASSERT_TRUE(more.ok()) << more.error().leaving();
  EXPECT_EQ(more->line, 6);
  EXPECT_EQ(vault_->search("zebra giraffe", {}, 5)->front().path, "new/Idea.md");
}

TEST_F(VaultWriteTest, NamesThatDifferInCaseAreTheSameNote) {
  open(RootMode::write);
  EXPECT_EQ(create_error("journal/Next"), "made Journal/Next.md");
  EXPECT_THAT(create_error("JOURNAL/NEXT.md"), HasSubstr("the vault has 'Journal/Next.md' already"));
  EXPECT_THAT(create_error("journal/day"), HasSubstr("already; add to it with append"));
  EXPECT_EQ(folder_.content("Journal/Day.md"), "# Day\nmorning\n\n## Log\n- one\n\n## Later\nnothing");
  // What the index has not seen yet counts as well.
  folder_.file("Fresh.md", "by an editor");
  EXPECT_THAT(create_error("fresh"), HasSubstr("already"));
  EXPECT_EQ(folder_.content("Fresh.md"), "by an editor");
  folder_.link("/nowhere", "Dangling.md");
  EXPECT_THAT(create_error("dangling"), HasSubstr("already"));
}

TEST_F(VaultWriteTest, OfManyAtOnceOneMakesTheNote) {
  open(RootMode::append);
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&, i] { made += vault_->create(i % 2 ? "Race/One" : "race/one", "x").ok() ? 1 : 0; });
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(vault_->search("x", {.folder = "race"}, 9)->size(), 1u);
}

TEST_F(VaultWriteTest, NamesThatLinksCannotWriteAreRefused) {
  open(RootMode::append);
  for (const char* name :
       {"a#b", "a|b", "[x]", "a^b", "a:b", "a\\b", "what?", "x\ny", " x", "x .md", "x/", ".hidden", ".obsidian/x", "dir./x", ""})
    EXPECT_FALSE(vault_->create(name, "x").ok()) << name;
  EXPECT_THAT(create_error("a#b"), HasSubstr("must not hold #"));
  EXPECT_EQ(vault_->create("../out", "x").error().code, Code::denied);
  EXPECT_EQ(vault_->create("/etc/out", "x").error().code, Code::denied);
  EXPECT_EQ(create_error("v2.0 plan"), "made v2.0 plan.md");
  EXPECT_EQ(create_error("Übung/日本"), "made Übung/日本.md");
  EXPECT_FALSE(vault_->create("nul", std::string_view("a\0b", 3)).ok());
  EXPECT_FALSE(folder_.has("nul.md"));
}

TEST_F(VaultWriteTest, TextIsAddedToTheEndOrBelowAHeading) {
  open(RootMode::write);
  auto below = tools_->append({.path = "Day", .text = "- two\n", .heading = "log"});
  ASSERT_TRUE(below.ok()) << below.error().leaving();
  EXPECT_EQ(below->line, 6);
  EXPECT_EQ(folder_.content("Journal/Day.md"), "# Day\nmorning\n\n## Log\n- one\n- two\n\n## Later\nnothing");
  auto last = tools_->append({.path = "Journal/Day.md", .text = "more", .heading = "Day#Later"});
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->line, 10);
  EXPECT_EQ(folder_.content("Journal/Day.md"), "# Day\nmorning\n\n## Log\n- one\n- two\n\n## Later\nnothing\nmore\n");
  ASSERT_TRUE(tools_->append({.path = "dos", .text = "three\nfour", .heading = {}}).ok());
  EXPECT_EQ(folder_.content("dos.md"), "one\r\ntwo\r\nthree\r\nfour\r\n");
  EXPECT_THAT(vault_->append("Day", "x", "Nope").error().leaving(), HasSubstr("it has: Day, Log, Later"));
  EXPECT_THAT(vault_->append("Same", "x", "").error().leaving(), HasSubstr("may be any of a/Same.md, b/Same.md; give the path"));
  EXPECT_THAT(vault_->append("Dey", "x", "").error().leaving(), HasSubstr("create makes a new one"));
  EXPECT_THAT(vault_->append("pic.png", "x", "").error().leaving(), HasSubstr("attachment"));
  EXPECT_EQ(folder_.content("pic.png"), "not really");
}

TEST_F(VaultWriteTest, TheModeOfTheRootHolds) {
  open(RootMode::append);
  EXPECT_EQ(vault_->append("Day", "x", "Log").error().code, Code::denied);
  EXPECT_TRUE(vault_->append("Day", "x", "Later").ok());
  open(RootMode::read);
  EXPECT_EQ(vault_->append("Day", "x", "").error().code, Code::denied);
  EXPECT_EQ(vault_->create("New", "x").error().code, Code::denied);
  EXPECT_EQ(vault_->create("folder/New", "x").error().code, Code::denied);
  EXPECT_FALSE(folder_.has("folder"));
}

}  // namespace
}  // namespace servers
