// Counts as the npm library gives them (tests/e2e/tokens.test.mjs asks it itself, for many more texts), and texts made to take long.
#include "tokens/count.h"

#include <gtest/gtest.h>

#include <string>

#include "tokens/estimate.h"
#include "tokens/pieces.h"
#include "tokens/vocabulary.h"

namespace tokens {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Count, IsThatOfTheNpmLibrary) {
  EXPECT_EQ(count(""), 0U);
  EXPECT_EQ(count("a"), 1U);
  EXPECT_EQ(count("hello world"), 2U);
  EXPECT_EQ(count("I'll say we'RE don't 'tis IT'S"), 10U);
  EXPECT_EQ(count("ＨＥＬＬＯ ʰABC ʰABCdef éÉÉé"), 21U);
  EXPECT_EQ(count("   \n\n  x \t\r\n y  "), 7U);
  EXPECT_EQ(count("1234567 12 ½ ٣٤٥٦"), 12U);
  EXPECT_EQ(count("!!! ((--//\n\n a(b"), 6U);
  EXPECT_EQ(count("日本語のテキストと한국어 텍스트"), 12U);
  EXPECT_EQ(count("👩‍👩‍👧‍👦 🇩🇪 ❤️"), 16U);
  EXPECT_EQ(count("\u0301abc \u0301\u0301"), 5U);
  EXPECT_EQ(count("fooBarBAZ_quux XMLHttpRequest"), 8U);
  EXPECT_EQ(count(R"({"type":"object","properties":{"path":{"type":"string"}},"required":["path"]})"), 19U);
  EXPECT_EQ(count("<|endoftext|>"), 7U);
  EXPECT_EQ(count("\u0085x \u2028 \u3000y"), 7U);
  EXPECT_EQ(count("İstanbul ǅ ǈa"), 9U);
}

TEST(Count, TheSameForPiecesShortAndLong) {
  EXPECT_EQ(count(repeated("a", 1000)), 125U);
  EXPECT_EQ(count(repeated(" ", 1000)), 9U);
  EXPECT_EQ(count(repeated("ab", 5000)), 2500U);
  EXPECT_EQ(count("pneumonoultramicroscopicsilicovolcanoconiosisfloccinaucinihilipilification"), 24U);
}

// Quadratic merging would take minutes for each of these.
TEST(Count, LinearInWhatIsMadeToTakeLong) {
  for (const char* unit : {"a", " ", "\n", "9", "!", "\xcc\x81", "é", "ʰU", "日", "ab", "\xff", " a", "'"}) {
    const std::string text = repeated(unit, 60'000);
    const std::size_t all = count(text);
    EXPECT_GT(all, 100U) << unit;
    EXPECT_LE(all, mended_utf8(text).size()) << unit;
  }
}

// One piece of many parts is not read from its beginning for each of them.
TEST(Count, OnePieceOfManyMegabytes) {
  EXPECT_EQ(count(repeated(" ", 500'000)), 3'907U);
  EXPECT_GT(count_to(repeated("a", 4'000'000), 1000), 1000U);
}

TEST(Count, StopsWhereEnoughIsKnown) {
  const std::string text = repeated("word ", 1'000'000);
  EXPECT_GT(count_to(text, 10), 10U);
  EXPECT_LT(count_to(text, 10), 20U);
  EXPECT_EQ(count_to("hello world", 2), 2U);
}

TEST(Count, WhatIsNoUtf8CountsAsReplacement) {
  EXPECT_EQ(mended_utf8("a\xff\xe2\x82z\xf0\x9f\x98"), "a\uFFFD\uFFFDz\uFFFD");
  EXPECT_EQ(mended_utf8("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(count("a\xff"), count("a\uFFFD"));
  EXPECT_FALSE(is_utf8("\xc0\xaf"));
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));
}

TEST(Count, APrefixHasAtMostSoMany) {
  const std::string text = "The quick brown fox jumps over the lazy dog. " + repeated("日本語", 400) + repeated("x", 3000);
  for (std::size_t most : {0U, 1U, 2U, 7U, 50U, 300U, 600U, 5000U}) {
    const std::size_t fits = prefix_of(text, most);
    EXPECT_LE(count(std::string_view(text).substr(0, fits)), most);
    EXPECT_TRUE(is_utf8(std::string_view(text).substr(0, fits)));
    EXPECT_TRUE(fits == text.size() || count(std::string_view(text).substr(0, fits + 12)) > most) << most;
  }
}

TEST(Vocabulary, IsWhole) {
  EXPECT_EQ(vocabulary_size(), 199'998U);
  EXPECT_EQ(longest_token(), 128U);
  EXPECT_EQ(find_rank("!"), 0U);
  EXPECT_EQ(find_rank(" the"), 290U);
  EXPECT_EQ(find_rank("no such token"), kNoRank);
  EXPECT_EQ(find_rank(repeated(" ", 300)), kNoRank);
}

TEST(Estimate, SaysWhatItIs) {
  EXPECT_TRUE(family_of("gpt-4o-mini").exact);
  EXPECT_EQ(family_of("gpt-4-turbo").name, "cl100k_base");
  EXPECT_EQ(family_of("Claude-Opus-4").name, "Claude");
  EXPECT_FALSE(family_of("claude").exact);
  EXPECT_EQ(family_of("mistral-large").name, "other models");
  EXPECT_EQ(estimated(100, family_of("claude")), 106U);
  EXPECT_EQ(estimated(100, family_of("o3")), 100U);
  EXPECT_EQ(estimated_by_size(9), 3U);
}

}  // namespace
}  // namespace tokens
