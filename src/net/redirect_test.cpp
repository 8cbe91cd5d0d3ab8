#include "net/redirect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace net {
namespace {

using testing::HasSubstr;

std::string resolved(std::string_view reference) {
  auto url = resolve_url(*parse_url("https://h.example/a/b/c?q=1"), reference);
  return url ? url->text() : "refused";
}

TEST(Redirect, ReferencesAreResolved) {
  EXPECT_EQ(resolved("https://other/x"), "https://other/x");
  EXPECT_EQ(resolved("//other/x"), "https://other/x");
  EXPECT_EQ(resolved("/x?y=2#part"), "https://h.example/x?y=2");
  EXPECT_EQ(resolved("d"), "https://h.example/a/b/d");
  EXPECT_EQ(resolved("../d/./e/"), "https://h.example/a/d/e/");
  EXPECT_EQ(resolved("../../../../d"), "https://h.example/d");
  EXPECT_EQ(resolved(".."), "https://h.example/a/");
  EXPECT_EQ(resolved("?z"), "https://h.example/a/b/c?z");
  EXPECT_EQ(resolved(""), "https://h.example/a/b/c?q=1");
  EXPECT_EQ(resolved("mailto:a@b"), "refused");
  EXPECT_EQ(resolved("https://user@h/x"), "refused");
}

TEST(Redirect, IsFollowedOnTheSameServerOnlyAndOnlyWhereNothingIsLost) {
  const Url from = *parse_url("https://h.example/mcp");
  auto why = [&from](std::string_view method, int status, std::optional<std::string_view> location) {
    auto to = follow_redirect(from, method, status, location);
    return to ? to->text() : to.error().message;
  };
  EXPECT_EQ(why("POST", 307, "/mcp/"), "https://h.example/mcp/");
  EXPECT_EQ(why("POST", 308, "https://h.example:443/v2"), "https://h.example/v2");
  EXPECT_EQ(why("GET", 302, "/mcp/"), "https://h.example/mcp/");
  EXPECT_THAT(why("POST", 302, "/mcp/"), HasSubstr("turns a POST into a GET"));
  EXPECT_THAT(why("POST", 307, "https://other.example/mcp"),
              testing::AllOf(HasSubstr("https://other.example/mcp"), HasSubstr("put that address in the config")));
  EXPECT_THAT(why("POST", 307, "https://h.example:8443/mcp"), HasSubstr("another server"));
  EXPECT_THAT(why("GET", 307, "http://h.example/mcp"), HasSubstr("away from TLS"));
  EXPECT_THAT(why("GET", 301, std::nullopt), HasSubstr("not where to"));
}

}  // namespace
}  // namespace net
