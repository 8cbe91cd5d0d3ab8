// Results too long for a model: cut at their borders, never silently, with the text and the structure saying the same.
#include "disclosure/cut.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "tokens/count.h"

namespace disclosure {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string note(const CutResult& cut) { return "cut: " + std::to_string(cut.left.size()); }

std::string text_block(std::string_view text) { return R"({"type":"text","text":)" + base::quoted(text) + "}"; }

std::string result_of(std::string_view blocks, std::string_view more = "") {
  return R"({"content":[)" + std::string(blocks) + "]" + std::string(more) + "}";
}

std::string items(int count) {
  std::string out = "[";
  for (int i = 0; i < count; ++i)
    out += (i == 0 ? "" : ",") + (R"({"id":)" + std::to_string(i) + R"(,"title":"The title of number )" + std::to_string(i) + "\"}");
  return out + "]";
}

std::string block_text(const std::string& result, std::size_t at) {
  std::size_t i = 0;
  for (base::Elements all(base::find_member(result, "content")); all.next(); ++i)
    if (i == at) return base::json_string(base::find_member(all.value(), "text")).value_or("");
  return {};
}

TEST(Cut, LeavesAloneWhatIsShortEnough) {
  EXPECT_FALSE(cut_result(result_of(text_block("short")), 100, {}, note));
  EXPECT_FALSE(cut_result(R"({"content":[]})", 100, {}, note));
  EXPECT_FALSE(cut_result("{}", 100, {}, note));
}

TEST(Cut, TextBehindAWholeLine) {
  std::string text;
  for (int i = 1; i <= 500; ++i) text += "line number " + std::to_string(i) + "\n";
  auto cut = cut_result(result_of(text_block(text)), 200, {}, note);
  ASSERT_TRUE(cut);
  EXPECT_LE(cut->after, 200U);
  EXPECT_GT(cut->after, 150U);
  EXPECT_EQ(cut->before, tokens::count(text));
  const std::string kept = block_text(cut->result, 0);
  EXPECT_TRUE(kept.ends_with("\n"));
  EXPECT_THAT(cut->left, ElementsAre("lines " + std::to_string(std::ranges::count(kept, '\n') + 1) + "-500 of block 1"));
  EXPECT_EQ(kept + cut->rest.substr(cut->rest.find('\n') + 1), text);
  EXPECT_EQ(block_text(cut->result, 1), "cut: 1");
}

TEST(Cut, JsonInATextBehindAWholeItem) {
  auto cut = cut_result(result_of(text_block(items(300))), 400, {}, note);
  ASSERT_TRUE(cut);
  EXPECT_LE(cut->after, 400U);
  auto tree = base::parse_json(block_text(cut->result, 0));
  ASSERT_TRUE(tree);
  const std::size_t kept = tree->as_array().size();
  EXPECT_GT(kept, 10U);
  EXPECT_THAT(cut->left, ElementsAre("items " + std::to_string(kept + 1) + "-300 of block 1"));
  EXPECT_THAT(cut->rest, HasSubstr(R"({"id":299,"title":"The title of number 299"})"));
}

TEST(Cut, StructureAndItsTextSayTheSame) {
  const std::string structured = R"({"total":300,"results":)" + items(300) + "}";
  auto cut = cut_result(result_of(text_block(structured), R"(,"structuredContent":)" + structured), 400, {}, note);
  ASSERT_TRUE(cut);
  EXPECT_LE(cut->after, 400U);
  const std::string text = block_text(cut->result, 0);
  EXPECT_EQ(text, base::find_member(cut->result, "structuredContent"));
  auto tree = base::parse_json(text);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->at("total"), 300);
  EXPECT_THAT(cut->left, ElementsAre(testing::EndsWith("-300 of /results")));
}

TEST(Cut, KeepsWhatAnOutputSchemaPromises) {
  const std::string structured = R"({"total":300,"results":)" + items(300) + "}";
  const std::string result = result_of(text_block(structured), R"(,"structuredContent":)" + structured);
  auto kept =
      cut_result(result, 400, R"({"type":"object","required":["total","results"],"properties":{"results":{"type":"array"}}})", note);
  ASSERT_TRUE(kept);
  EXPECT_FALSE(base::find_member(kept->result, "structuredContent").empty());
  EXPECT_EQ(base::find_member(kept->result, "isError"), "");
  auto broken = cut_result(result, 400, R"({"type":"object","properties":{"results":{"minItems":300}}})", note);
  ASSERT_TRUE(broken);
  EXPECT_EQ(base::find_member(broken->result, "structuredContent"), "");
  EXPECT_EQ(base::find_member(broken->result, "isError"), "true");
  EXPECT_THAT(block_text(broken->result, 1), HasSubstr("carried out"));
}

TEST(Cut, LongMembersOfAnObjectGiveWayAndShortOnesStay) {
  std::string log;
  for (int i = 0; i < 2000; ++i) log += "an event of little interest\n";
  const std::string value = R"({"id":7,"log":)" + base::quoted(log) + R"(,"status":"done","list":)" + items(200) + "}";
  auto cut = cut_result(result_of(text_block(value)), 300, {}, note);
  ASSERT_TRUE(cut);
  auto tree = base::parse_json(block_text(cut->result, 0));
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->at("status"), "done");
  EXPECT_GT(tree->at("log").as_string().size(), 100U);
  EXPECT_GT(tree->at("list").as_array().size(), 3U);
  EXPECT_THAT(cut->left, testing::SizeIs(2));
}

TEST(Cut, OneItemTooLongIsCutWithin) {
  auto cut = cut_result(result_of(text_block(R"([{"rows":)" + items(300) + "},1]")), 200, {}, note);
  ASSERT_TRUE(cut);
  EXPECT_THAT(block_text(cut->result, 0), StartsWith(R"([{"rows":[{"id":0)"));
  EXPECT_THAT(cut->left, testing::SizeIs(2));
}

TEST(Cut, BlocksBehindTheCutAreNamedAndPicturesStay) {
  std::string text(4000, 'x');
  const std::string picture = R"({"type":"image","data":"AAAA","mimeType":"image/png"})";
  auto cut = cut_result(result_of(text_block("first") + "," + text_block(text) + "," + picture + "," + text_block("last")), 100, {}, note);
  ASSERT_TRUE(cut);
  EXPECT_THAT(cut->result, HasSubstr(picture));
  EXPECT_EQ(block_text(cut->result, 0), "first");
  EXPECT_THAT(cut->left, ElementsAre("lines 1-1 of block 2", "block 4"));
  EXPECT_THAT(cut->rest, HasSubstr("[block 4]\nlast\n"));
}

TEST(Cut, TheRestIsReadToItsEnd) {
  std::string text;
  for (int i = 1; i <= 500; ++i) text += "line number " + std::to_string(i) + " é日\n";
  auto cut = cut_result(result_of(text_block(text)), 200, {}, note);
  ASSERT_TRUE(cut);
  std::string read;
  int pages = 0;
  for (std::size_t at = 0; at < cut->rest.size(); ++pages) {
    Page page = next_page(cut->rest, at, 300);
    EXPECT_LE(tokens::count(cut->rest.substr(page.from, page.end - page.from)), 300U);
    read += cut->rest.substr(page.from, page.end - page.from);
    at = page.end;
  }
  EXPECT_EQ(read, cut->rest);
  EXPECT_GT(pages, 5);
  EXPECT_EQ(next_page(cut->rest, cut->rest.size() + 5, 100).end, cut->rest.size());
}

TEST(Cut, HostileResultsAreCutInBoundedTime) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += R"({"a":[)";
  deep += '"' + std::string(200'000, 'x') + '"';
  for (int i = 0; i < 100; ++i) deep += "]}";
  for (const std::string& value : {deep, R"({"a":1,"a":)" + items(500) + "}", "[" + std::string(300'000, '[') + "]", items(20'000)}) {
    auto cut = cut_result(result_of(text_block(value)), 100, {}, note);
    ASSERT_TRUE(cut);
    EXPECT_TRUE(base::validate_json(cut->result));
    EXPECT_LE(cut->after, 130U) << value.substr(0, 40);
  }
  const std::string twice = result_of("", R"(,"structuredContent":{"a":1,"a":)" + items(500) + "}");
  EXPECT_TRUE(base::validate_json(cut_result(twice, 100, {}, note)->result));
}

}  // namespace
}  // namespace disclosure
