#include "trust/scan/visible.h"

#include <gtest/gtest.h>

namespace trust {
namespace {

TEST(Visible, HiddenCharactersAreSpelledOut) {
  EXPECT_EQ(visible("a\u200Bb"), "a<U+200B>b");
  EXPECT_EQ(visible("a\U000E0041b"), "a<U+E0041>b");
  EXPECT_EQ(visible("a\U00100001"), "a<U+100001>");
  EXPECT_EQ(visible("\x1b[31m"), "<U+001B>[31m");
  EXPECT_EQ(visible(std::string_view("\0", 1)), "<U+0000>");
  EXPECT_EQ(visible("a\xFF"), "a<0xFF>");
  EXPECT_EQ(visible("a\u202Eb"), "a<U+202E>b");
}

TEST(Visible, OrdinaryTextStaysAsItIs) {
  for (const char* text :
       {"", "two\nlines\tand a tab", "\u2764\uFE0F \U0001F468\u200D\U0001F469", "\u0645\u06CC\u200C\u0631\u0648\u0645", "caf\u00E9"})
    EXPECT_EQ(visible(text), text);
}

}  // namespace
}  // namespace trust
