#include "servers/vault/note.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "servers/vault/fold.h"
#include "servers/vault/query.h"

namespace servers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FrontMatter, ReadsWhatNotesHave) {
  auto front = parse_front_matter(
      "---\n"
      "Title: \"A: quoted \\\"title\\\"\"  # comment\n"
      "tags: [one, 'two, three', nested/tag]\n"
      "aliases:\n  - First\n  - 'Second''s'\n- Third\n"
      "empty:\n"
      "date: 2024-05-01\n"
      "url: https://example.com/x#y\n"
      "text: |\n  line one\n  line two\n"
      "nothing: null\n"
      "---\n# Body\n");
  EXPECT_THAT(front.properties["title"], ElementsAre("A: quoted \"title\""));
  EXPECT_THAT(front.properties["tags"], ElementsAre("one", "two, three", "nested/tag"));
  EXPECT_THAT(front.properties["aliases"], ElementsAre("First", "Second's", "Third"));
  EXPECT_THAT(front.properties["empty"], IsEmpty());
  EXPECT_THAT(front.properties["date"], ElementsAre("2024-05-01"));
  EXPECT_THAT(front.properties["url"], ElementsAre("https://example.com/x#y"));
  EXPECT_THAT(front.properties["text"], ElementsAre("line one\nline two"));
  EXPECT_THAT(front.properties["nothing"], IsEmpty());
  EXPECT_EQ(front.lines, 15u);
}

TEST(FrontMatter, IsOnlyAtTheStartAndClosed) {
  EXPECT_EQ(parse_front_matter("---\ntitle: x\n").size, 0u);
  EXPECT_EQ(parse_front_matter("\n---\ntitle: x\n---\n").size, 0u);
  EXPECT_EQ(parse_front_matter("----\ntitle: x\n----\n").size, 0u);
  EXPECT_EQ(parse_front_matter("---\r\ntitle: x\r\n---\r\nBody").properties["title"].front(), "x");
  EXPECT_EQ(parse_front_matter("---\n---\n").size, 8u);
  EXPECT_EQ(parse_front_matter("").size, 0u);
}

TEST(Note, FindsHeadingsTagsAndLinks) {
  std::string text =
      "---\ntags: alpha, beta\nalias: Other Name\nup: \"[[Parent]]\"\n---\n"
      "# Top #tag-1\n"
      "See [[Target]], [[folder/Deep Note#Part One|shown]] and ![[image.png]]; not #123 nor a#b.\n"
      "[text](Other%20Note.md#Sec) [web](https://example.com) [[#Top]] [[Note^x]] [[B#^block-1]] | [[T\\|a]] |\n"
      "`[[code]] #no` and ``[[code ` two]]``\n"
      "```\n[[fenced]] #fenced\n# not a heading\n```\n"
      "~~~md\n```\n[[also fenced]]\n~~~\n"
      "## Second ##\n"
      "para #nested/tag/ text ^block-2\n";
  Note note = parse_note(text);
  EXPECT_THAT(note.aliases, ElementsAre("Other Name"));
  EXPECT_THAT(note.tags, ElementsAre("alpha", "beta", "tag-1", "nested/tag"));
  EXPECT_THAT(note.blocks, ElementsAre("block-2"));
  ASSERT_EQ(note.headings.size(), 2u);
  EXPECT_EQ(note.headings[0].text, "Top #tag-1");
  EXPECT_EQ(note.headings[0].line, 6u);
  EXPECT_EQ(note.headings[1].text, "Second");
  EXPECT_EQ(text.substr(note.headings[1].offset, 9), "## Second");
  std::vector<std::string> targets;
  for (const Link& link : note.links) targets.push_back(link.target);
  EXPECT_THAT(targets, ElementsAre("Target", "folder/Deep Note", "image.png", "Other Note.md", "", "Note^x", "B", "T", "Parent"));
  EXPECT_EQ(note.links[1].heading, "Part One");
  EXPECT_EQ(note.links[1].alias, "shown");
  EXPECT_EQ(note.links[1].line, 7u);
  EXPECT_TRUE(note.links[2].embed);
  EXPECT_TRUE(note.links[3].markdown);
  EXPECT_EQ(note.links[3].heading, "Sec");
  EXPECT_EQ(note.links[6].block, "block-1");
  EXPECT_EQ(note.links[7].alias, "a");
}

TEST(Note, PartsAreFoundByHeadingAndBlock) {
  std::string text = "intro\n# A\na text\n## B\nb text\n### C: d\nc\n## E\ne\n# A2\n## B\nother b ^id\n\n- item one\n- item two ^it\n";
  Note note = parse_note(text);
  EXPECT_EQ(find_section(text, note, "b"), "## B\nb text\n### C: d\nc\n");
  EXPECT_EQ(find_section(text, note, "A2#B"), "## B\nother b ^id\n\n- item one\n- item two ^it\n");
  EXPECT_EQ(find_section(text, note, "C d"), "### C: d\nc\n");
  EXPECT_EQ(find_section(text, note, "A#B#C d"), "### C: d\nc\n");
  EXPECT_EQ(find_section(text, note, "missing"), "");
  EXPECT_EQ(find_section(text, note, "A#missing"), "");
  EXPECT_EQ(find_block(text, "id"), "other b");
  EXPECT_EQ(find_block(text, "it"), "- item two");
  EXPECT_EQ(find_block(text, "i"), "");
}

TEST(Note, LinksAreReadInEveryForm) {
  Link link = parse_link("![[ Note Name # Part | shown ]]");
  EXPECT_TRUE(link.embed);
  EXPECT_EQ(link.target, "Note Name");
  EXPECT_EQ(link.heading, "Part");
  EXPECT_EQ(link.alias, "shown");
  EXPECT_EQ(parse_link("plain").target, "plain");
  EXPECT_EQ(parse_link("[[]]").target, "");
}

TEST(Fold, LowersLettersOfSeveralScripts) {
  EXPECT_EQ(fold("ÀÉÎ ŠŽ ΑΩΣ ЖЯЁ İ"), "àéî šž αωσ жяё i");
  EXPECT_EQ(fold("e\xCC\x81"), "é");
  EXPECT_EQ(fold("\xFF\xC3"), "\xFF\xC3");
  EXPECT_EQ(edit_distance("kitten", "sitting", 5), 3u);
  EXPECT_EQ(edit_distance("ab", "ba", 2), 1u);
  EXPECT_EQ(edit_distance("ä", "a", 2), 1u);
  EXPECT_EQ(edit_distance("completely", "different", 2), 3u);
}

TEST(Query, HasNoSyntaxToGetWrong) {
  auto query = Query::parse("one \"two three\" -four -\"five six\" AND (x* OR: \"");
  ASSERT_TRUE(query.ok());
  EXPECT_THAT(query->wanted, ElementsAre("one", "two three", "AND", "(x*", "OR:"));
  EXPECT_THAT(query->unwanted, ElementsAre("four", "five six"));
  EXPECT_FALSE(Query::parse("").ok());
  EXPECT_FALSE(Query::parse("-x").ok());
  EXPECT_FALSE(Query::parse("*** ---").ok());
}

TEST(Excerpt, IsTheThreeBestLines) {
  auto query = *Query::parse("alpha beta");
  auto excerpt = find_excerpt("x\n\nalpha\ny\nz\nalpha here\nand beta\nend\n", query);
  EXPECT_EQ(excerpt.text, "alpha here\nand beta\nend");
  EXPECT_EQ(excerpt.line, 6u);
  EXPECT_EQ(find_excerpt("", query).text, "");
  auto longer = find_excerpt(std::string(1000, 'x') + " alpha " + std::string(1000, 'y'), query);
  EXPECT_NE(longer.text.find("alpha"), std::string::npos);
  EXPECT_LT(longer.text.size(), 260u);
}

}  // namespace
}  // namespace servers
