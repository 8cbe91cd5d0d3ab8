#include "oauth/form.h"

#include <gtest/gtest.h>

namespace oauth {
namespace {

TEST(Form, WritesWhatItReads) {
  Form form{{"a b", "c&d=e"}, {"empty", ""}, {"utf", "\xc3\xa9\x01"}};
  EXPECT_EQ(form_encoded(form), "a%20b=c%26d%3De&empty=&utf=%C3%A9%01");
  EXPECT_EQ(*read_form(form_encoded(form)), form);
  EXPECT_EQ(*read_form("a=b+c&&d"), (Form{{"a", "b c"}, {"d", ""}}));
  EXPECT_EQ(*find(form, "a b"), "c&d=e");
  EXPECT_EQ(find(form, "none"), nullptr);
}

TEST(Form, RefusesWhatTwoReadersCouldReadInTwoWays) {
  EXPECT_FALSE(read_form("a=1&a=2").ok());
  EXPECT_FALSE(read_form("a=1&%61=2").ok());
  for (auto text : {"%", "a=%4", "a=%zz", "%4x=1"}) EXPECT_FALSE(read_form(text).ok()) << text;
  std::string many;
  for (int i = 0; i < 101; ++i) many += "p" + std::to_string(i) + "=1&";
  EXPECT_FALSE(read_form(many).ok());
}

TEST(Form, GoesBehindWhatAQueryHas) {
  Form form{{"x", "y"}};
  EXPECT_EQ(with_query("https://a/b", form), "https://a/b?x=y");
  EXPECT_EQ(with_query("https://a/b?tenant=1", form), "https://a/b?tenant=1&x=y");
  EXPECT_EQ(with_query("https://a/b?", form), "https://a/b?x=y");
  EXPECT_EQ(with_query("https://a/b", {}), "https://a/b");
}

}  // namespace
}  // namespace oauth
