#include "oauth/challenge.h"

#include <gtest/gtest.h>

namespace oauth {
namespace {

TEST(Challenges, OfABearerResource) {
  auto got = parse_challenges(
      R"(Bearer error="insufficient_scope", scope="a b", resource_metadata="https://x/y?z=1", error_description="say \"please\"")");
  ASSERT_TRUE(got.ok()) << got.error().message;
  ASSERT_EQ(got->size(), 1u);
  const SeenChallenge& one = got->front();
  EXPECT_EQ(one.scheme, "bearer");
  EXPECT_EQ(one.find("error"), "insufficient_scope");
  EXPECT_EQ(one.find("scope"), "a b");
  EXPECT_EQ(one.find("resource_metadata"), "https://x/y?z=1");
  EXPECT_EQ(one.find("error_description"), "say \"please\"");
  EXPECT_FALSE(one.find("realm"));
}

TEST(Challenges, SeveralInOneLine) {
  auto got = parse_challenges(
      R"(, Basic realm="a, b" ,Negotiate,  Digest  qop = "x" , nonce=y,, Scheme abc123==, DPoP algs="ES256 PS256",error="use_dpop_nonce" ,)");
  ASSERT_TRUE(got.ok()) << got.error().message;
  ASSERT_EQ(got->size(), 5u);
  EXPECT_EQ((*got)[0].find("realm"), "a, b");
  EXPECT_EQ((*got)[1].scheme, "negotiate");
  EXPECT_EQ((*got)[2].find("qop"), "x");
  EXPECT_EQ((*got)[2].find("nonce"), "y");
  EXPECT_EQ((*got)[3].token68, "abc123==");
  EXPECT_EQ((*got)[4].find("error"), "use_dpop_nonce");
}

TEST(Challenges, OfNothingAreNone) {
  EXPECT_TRUE(parse_challenges("")->empty());
  EXPECT_TRUE(parse_challenges(" ,, ")->empty());
}

TEST(Challenges, RefusesNonsense) {
  for (std::string_view line : {"=", "Bearer a=\"", "Bearer a=\"\\", "Bearer a=b a=c", "Bearer a=b, a=c", "Bearer \"x\"", "Be@rer",
                                "Bearer a=b c", "Bearer x= y z", "S tok= , b", "Bearer a=\"\x01\"", "Bearer scope=\"a\"scope2=b"}) {
    auto got = parse_challenges(line);
    // Whatever is taken has no two meanings; most of these are refused.
    if (got.ok())
      for (const auto& one : *got) EXPECT_FALSE(one.scheme.empty()) << line;
    else
      EXPECT_FALSE(got.error().message.empty());
  }
  EXPECT_FALSE(parse_challenges("Bearer a=b, a=c").ok());
  EXPECT_FALSE(parse_challenges("Bearer a=\"").ok());
  EXPECT_FALSE(parse_challenges("Bearer a=\"b\"c=d").ok());
  std::string many;
  for (int i = 0; i < 17; ++i) many += "S" + std::to_string(i) + ",";
  EXPECT_FALSE(parse_challenges(many).ok());
  std::string wide = "Bearer x=1";
  for (int i = 0; i < 40; ++i) wide += ", p" + std::to_string(i) + "=1";
  EXPECT_FALSE(parse_challenges(wide).ok());
}

}  // namespace
}  // namespace oauth
