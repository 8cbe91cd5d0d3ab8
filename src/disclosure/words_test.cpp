// Splitting, stems, stop words and synonyms.
#include "disclosure/words.h"

#include <gtest/gtest.h>

#include <string>

#include "disclosure/vocabulary.h"

namespace disclosure {
namespace {

// The words with spaces between them; a joined one in brackets, a number with #.
std::string split(std::string_view text) {
  std::string out;
  for (const Word& word : words_of(text, 100)) {
    if (!out.empty()) out += ' ';
    if (word.kind == WordKind::joined) out += "(" + word.text + ")";
    if (word.kind == WordKind::number) out += "#" + word.text;
    if (word.kind == WordKind::plain) out += word.text;
  }
  return out;
}

TEST(words, of_identifiers_in_every_style_are_the_same_parts) {
  EXPECT_EQ(split("read_text_file"), "read text file");
  EXPECT_EQ(split("read-text-file"), "read text file");
  EXPECT_EQ(split("readTextFile"), "read text file (readtextfile)");
  EXPECT_EQ(split("ReadTextFile"), "read text file (readtextfile)");
  EXPECT_EQ(split("READ_TEXT_FILE"), "read text file");
}

TEST(words, humps_and_digits_are_borders) {
  EXPECT_EQ(split("parseHTTPResponse"), "parse http response (parsehttpresponse)");
  EXPECT_EQ(split("URLs and PDFs"), "urls and pdfs");
  EXPECT_EQ(split("GitHub"), "git hub (github)");
  EXPECT_EQ(split("base64"), "base #64 (base64)");
  EXPECT_EQ(split("2026-07"), "#2026 #07");
}

TEST(words, of_other_scripts) {
  EXPECT_EQ(split("Café ÉCOLE Łódź"), "cafe ecole lodz");
  EXPECT_EQ(split("搜索关键词"), "搜索 索关 关键 键词");
  EXPECT_EQ(split("图 file"), "图 file");
  EXPECT_EQ(split("ПОИСК файлов"), "поиск файлов");
  EXPECT_EQ(split("ＦＵＬＬ"), "full");
  EXPECT_EQ(split("e\xcc\x81t\xc3\xa9"), "ete");
}

TEST(words, any_bytes_are_text) {
  EXPECT_EQ(split("a\xff\xfe\x80 b\xe2\x82"), "a b");
  EXPECT_EQ(split(std::string_view("a\0b", 3)), "a b");
  EXPECT_EQ(split("🚀 launch — it"), "launch it");
  EXPECT_EQ(words_of(std::string(1 << 20, 'x'), 10).at(0).text.size(), kMostOfWord);
  EXPECT_EQ(words_of("a b c d", 2).size(), 2U);
}

TEST(words, know_where_they_are) {
  auto words = words_of("find it, then sendMail", 10);
  ASSERT_EQ(words.size(), 6U);
  EXPECT_EQ(words[2].from, 9U);
  EXPECT_EQ(words[4].text, "mail");
  EXPECT_EQ(words[4].from, 18U);
  EXPECT_EQ(words[5].from, 14U);
}

TEST(words, irregular_forms_have_the_stem_of_the_plain_one) {
  EXPECT_EQ(stem_of("sending"), stem_of("send"));
  EXPECT_EQ(stem_of("sent"), stem_of("send"));
  EXPECT_EQ(stem_of("conversion"), stem_of("convert"));
  EXPECT_EQ(stem_of("colours"), stem_of("color"));
  EXPECT_EQ(stem_of("搜索"), "搜索");
  EXPECT_EQ(stem_of(""), "");
}

TEST(words, names_that_differ_by_case_and_separators_have_one_key) {
  EXPECT_EQ(name_key("readTextFile"), "readtextfile");
  EXPECT_EQ(name_key("READ-text_file"), "readtextfile");
  EXPECT_EQ(name_key("git.hub/Read text file"), "githubreadtextfile");
  EXPECT_EQ(name_key("--"), "");
  EXPECT_NE(name_key("re\xd0\xb0"
                     "d"),
            name_key("read"));  // a Cyrillic letter that looks like an a
}

TEST(vocabulary, synonyms_go_both_ways_and_not_further) {
  auto has = [](std::string_view word, std::string_view other) {
    for (const std::string& one : synonyms_of(stem_of(word))) {
      if (one == stem_of(other)) return true;
    }
    return false;
  };
  EXPECT_TRUE(has("folder", "directory"));
  EXPECT_TRUE(has("directories", "folders"));
  EXPECT_FALSE(has("folder", "folder"));
  EXPECT_TRUE(synonyms_of("xyzzy").empty());
  EXPECT_TRUE(is_stop_word("please"));
  EXPECT_FALSE(is_stop_word("file"));
  EXPECT_EQ(plain_form("bought"), "buy");
  EXPECT_EQ(plain_form("file"), "file");
}

}  // namespace
}  // namespace disclosure
