#include "disclosure/script_text.h"

#include <gtest/gtest.h>

namespace {

using namespace disclosure;

TEST(ScriptText, ACommentDoesNotEndEarly) {
  EXPECT_EQ(comment_text("a */ b /* c **/", 100), "a *\\/ b /* c **\\/");
  EXPECT_EQ(comment_text("*\x01/ x", 100), "*\\/ x");
  EXPECT_EQ(doc_comment(comment_text("ends with *", 100), 2), "  /** ends with * */\n");
}

TEST(ScriptText, LinesAreTidied) {
  EXPECT_EQ(comment_text("  one  \r\n\n\n\ntwo\tx\xE2\x80\xA8three\x07  ", 100), "one\n\ntwo x\nthree");
  EXPECT_EQ(comment_line(" one \n\n two ", 100), "one two");
  EXPECT_EQ(comment_text("a\xE2\x80\xAE"
                         "b\xE2\x81\xA6"
                         "c",
                         100),
            "abc");
  EXPECT_EQ(comment_text("\n \n", 100), "");
  EXPECT_EQ(doc_comment("", 2), "");
  EXPECT_EQ(doc_comment("a\nb", 2), "  /** a\n    b */\n");
}

TEST(ScriptText, IsCutAtAWord) {
  EXPECT_EQ(comment_text("one two three", 9), "one two…");
  EXPECT_EQ(comment_text(std::string(100, 'x'), 10), "xxxxxxxxxx…");
  EXPECT_EQ(comment_text("ééééé", 3), "é…");
  EXPECT_EQ(comment_text(std::string(9, 'x') + "*/", 10), "xxxxxxxxx*…");
}

TEST(ScriptText, StringsAndNames) {
  EXPECT_EQ(string_literal("a\"b\\c\n\x02"), R"("a\"b\\c\n\u0002")");
  EXPECT_EQ(string_literal("\xE2\x80\xA8\xE2\x80\xA9\xE2\x81\xA6"), R"("\u2028\u2029\u2066")");
  EXPECT_EQ(member_name("camelCase_1"), "camelCase_1");
  EXPECT_EQ(member_name("a-b"), "\"a-b\"");
  EXPECT_EQ(member_name("1a"), "\"1a\"");
  EXPECT_EQ(member_name(""), "\"\"");
  EXPECT_EQ(member_name("__proto__"), "\"__proto__\"");
  EXPECT_EQ(member_name("delete"), "delete");
}

}  // namespace
