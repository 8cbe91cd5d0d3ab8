#include "disclosure/nearest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace {

using disclosure::nearest_names;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::array<std::string_view, 8> kNames{"github__list_issues",        "github__create_issue",   "github__search_code",
                                                 "filesystem__read_text_file", "filesystem__write_file", "filesystem__list_directory",
                                                 "memory__create_entities",    "memory__delete_entities"};

std::string first(std::string_view name) {
  auto near = nearest_names(name, kNames, 1);
  return near.empty() ? "" : std::string(near[0]);
}

TEST(NearestNames, FindsWhatWasMeant) {
  EXPECT_EQ(first("github__list_isues"), "github__list_issues");
  EXPECT_EQ(first("github.listIssues"), "github__list_issues");
  EXPECT_EQ(first("issues_list"), "github__list_issues");
  EXPECT_EQ(first("read_text_file"), "filesystem__read_text_file");
  EXPECT_EQ(first("read_file"), "filesystem__read_text_file");
  EXPECT_EQ(first("memory-create-entities"), "memory__create_entities");
  EXPECT_EQ(first("MEMORY__DELETE_ENTITIES"), "memory__delete_entities");
  EXPECT_EQ(first("create_entitys"), "memory__create_entities");
}

TEST(NearestNames, GivesTheBestFirstAndNoMore) {
  EXPECT_THAT(nearest_names("github__issues", kNames), ElementsAre("github__list_issues", "github__create_issue", "github__search_code"));
  EXPECT_THAT(nearest_names("entities", kNames, 1), ElementsAre("memory__create_entities"));
}

TEST(NearestNames, NothingIsNearToWhatIsLikeNothing) {
  EXPECT_THAT(nearest_names("zzzzqqqq", kNames), IsEmpty());
  EXPECT_THAT(nearest_names("", kNames), IsEmpty());
  EXPECT_THAT(nearest_names("\xff\x00\xfe", kNames), IsEmpty());
  EXPECT_THAT(nearest_names("read", std::span<const std::string_view>()), IsEmpty());
}

TEST(NearestNames, ManyLongNamesTakeLittleTime) {
  std::vector<std::string> names;
  for (int i = 0; i < 10'000; ++i)
    names.push_back("server" + std::to_string(i % 50) + "__" + std::string(1'000, static_cast<char>('a' + i % 26)) + std::to_string(i));
  names.emplace_back("server7__the_one_that_is_meant");
  std::vector<std::string_view> known(names.begin(), names.end());
  std::string asked = "server7__the_one_that_was_meant" + std::string(100'000, '_');
  auto begin = std::chrono::steady_clock::now();
  auto near = nearest_names(asked, known);
  auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_FALSE(near.empty());
  EXPECT_EQ(near[0], "server7__the_one_that_is_meant");
  EXPECT_LT(took, std::chrono::seconds(2));  // a few milliseconds, but for sanitizers on a busy machine
}

}  // namespace
