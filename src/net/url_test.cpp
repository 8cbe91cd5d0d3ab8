#include "net/url.h"

#include <gtest/gtest.h>

namespace net {
namespace {

TEST(Url, IsReadInParts) {
  auto url = parse_url("HTTPS://Example.COM:8443/a/b%20c?d=e&f#g");
  ASSERT_TRUE(url.ok());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a/b%20c?d=e&f");
  EXPECT_EQ(url->origin, "https://example.com:8443");
  EXPECT_EQ(url->authority, "example.com:8443");
  EXPECT_EQ(url->text(), "https://example.com:8443/a/b%20c?d=e&f");
}

TEST(Url, FillsInWhatIsUsual) {
  auto url = parse_url("http://[::1]");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->target, "/");
  EXPECT_EQ(url->origin, "http://[::1]:80");
  EXPECT_EQ(url->authority, "[::1]");
  EXPECT_EQ(parse_url("https://x?y")->target, "/?y");
  EXPECT_EQ(parse_url("https://x:443/")->authority, "x");
}

TEST(Url, RefusesWhatIsNoAddress) {
  for (const char* bad : {"",
                          "x",
                          "/a",
                          "ftp://x/",
                          "http:///a",
                          "http://",
                          "http://a b/",
                          "http://a/b c",
                          "http://u:p@x/",
                          "http://u@x/",
                          "http://x:0/",
                          "http://x:99999/",
                          "http://x:65536/",
                          "http://x:65536/",
                          "http://x:1x/",
                          "http://a%2fb/",
                          "http://a/\r\nHost: b",
                          "http://[::1/",
                          "http://[fe80::1%25eth0]/",
                          "http://a/\xc3\xa4",
                          "http://a\\b/",
                          "http:/x",
                          "http:\xaf",
                          "a:\xaf",
                          "http://\xaf",
                          "http://a:\xaf",
                          "http://a?\xaf",
                          "http://a/%\xaf",
                          "//x/"}) {
    EXPECT_FALSE(parse_url(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace net
