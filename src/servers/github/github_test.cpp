// What GitHub's headers say, and which repositories may be used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "servers/github/api.h"

namespace servers::github {
namespace {

using ::testing::HasSubstr;

const WallTime kNow = std::chrono::system_clock::from_time_t(1'000'000);

TEST(Github, KnowsATimeInItsThreeSpellings) {
  const auto noon = std::chrono::system_clock::from_time_t(43'200);
  EXPECT_EQ(find_time("1970-01-01T12:00:00Z"), noon);
  EXPECT_EQ(find_time("1970-01-01 12:00:00 UTC"), noon);
  EXPECT_EQ(find_time("1970-01-01 14:00:00 +0200"), noon);
  EXPECT_EQ(find_time("1970-01-01 10:30:00 -0130"), noon);
  for (const char* wrong : {"", "soon", "1970-01-01", "1970-01-01 12:00:00 +2", "1970-01-01T12:00:00Zebra"})
    EXPECT_EQ(find_time(wrong), std::nullopt) << wrong;
}

rest::Answer answer(int status, std::vector<std::pair<std::string, std::string>> headers, std::string body = "{}") {
  headers.emplace_back("content-type", "application/json");
  return {status, std::move(headers), std::move(body), ""};
}

TEST(Github, KnowsItsLimits) {
  auto used =
      find_limit(answer(403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1000300"}, {"x-ratelimit-limit", "5000"}}), kNow);
  ASSERT_TRUE(used);
  EXPECT_EQ(used->until, kNow + std::chrono::seconds(300));
  EXPECT_THAT(used->message, HasSubstr("5000 calls is used up for now (core); it is full again in 5 minutes"));
  auto secondary = find_limit(answer(403, {{"retry-after", "42"}}), kNow);
  ASSERT_TRUE(secondary);
  EXPECT_THAT(secondary->message, HasSubstr("no call before 42 s"));
  auto unsaid = find_limit(answer(429, {}, R"({"message":"You have exceeded a secondary rate limit."})"), kNow);
  ASSERT_TRUE(unsaid);
  EXPECT_EQ(unsaid->until, kNow + std::chrono::minutes(1));
  EXPECT_FALSE(find_limit(answer(403, {{"x-ratelimit-remaining", "4999"}}, R"({"message":"Resource not accessible"})"), kNow));
  EXPECT_FALSE(find_limit(answer(200, {{"x-ratelimit-remaining", "0"}}), kNow));
}

TEST(Github, WarnsOfScopesThatNoToolNeeds) {
  EXPECT_EQ(wider_scopes("repo, read:org", Setup::Tools::reading), "repo");
  EXPECT_EQ(wider_scopes("repo, read:org", Setup::Tools::all), "");
  EXPECT_EQ(wider_scopes("admin:org,delete_repo , repo:status", Setup::Tools::all), "admin:org, delete_repo");
  EXPECT_EQ(wider_scopes("", Setup::Tools::reading), "");
}

TEST(Github, NamesOfRepositoriesAreChecked) {
  EXPECT_EQ(*repository_path("octo/hello.js", {}), "/repos/octo/hello.js");
  for (const char* wrong : {"octo", "octo/", "/hello", "octo/he llo", "octo/../x", "octo/..", "octo/a/b", "a?/b"})
    EXPECT_EQ(repository_path(wrong, {}).error().code, Code::invalid_argument) << wrong;
  EXPECT_TRUE(repository_path("Octo/hello", {"octo/*"}).ok());
  EXPECT_EQ(repository_path("other/hello", {"octo/*"}).error().code, Code::denied);
}

TEST(Github, AnAppNeedsAllItsParts) {
  auto checked = [](std::string id, std::string installation, std::string key) {
    return Auth({}, AppKey{std::move(id), std::move(installation), Secret(std::move(key))}, "").check();
  };
  EXPECT_THAT(checked("", "1", "").error().message, HasSubstr("app.id"));
  EXPECT_THAT(checked("1", "x", "").error().message, HasSubstr("app.installation"));
  EXPECT_THAT(checked("1", "1", "no key").error().message, HasSubstr("app.key"));
  EXPECT_TRUE(Auth(Secret("t"), {}, "").check().ok());
  EXPECT_FALSE(Auth(Secret("t\n"), {}, "").check().ok());
}

}  // namespace
}  // namespace servers::github
