#include "oauth/base64url.h"

#include <gtest/gtest.h>

namespace oauth {
namespace {

TEST(Base64url, GoesBothWays) {
  const std::pair<std::string, std::string> pairs[] = {{"", ""},        {"f", "Zg"},        {"fo", "Zm8"},
                                                       {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"\xfb\xff\xfe", "-__-"}};
  for (const auto& [bytes, text] : pairs) {
    EXPECT_EQ(base64url(bytes), text);
    auto back = from_base64url(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(*back, bytes);
  }
}

TEST(Base64url, HasOneSpellingOnly) {
  for (const char* text : {"Zg==", "Zm9v=", "Z", "Zh", "Zm9", "-/_-", "Zm 9v", "Zm9v\n", "+w"}) EXPECT_FALSE(from_base64url(text)) << text;
}

}  // namespace
}  // namespace oauth
