#include "gateway/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace {

using gateway::public_names;
using gateway::RealName;
using testing::ElementsAre;
using testing::MatchesRegex;

std::vector<std::string> names(std::vector<RealName> real, std::size_t limit = 46) { return public_names(real, limit); }

TEST(PublicNames, ArePrefixedByTheServer) {
  EXPECT_THAT(names({{"vault", "search"}, {"files", "read_text_file"}}), ElementsAre("vault__search", "files__read_text_file"));
}

TEST(PublicNames, OtherCharactersBecomeUnderscores) {
  EXPECT_THAT(names({{"a", "get.user/name"}}), ElementsAre("a__get_user_name"));
  EXPECT_THAT(names({{"a", "größe"}}), ElementsAre("a__gr____e"));
}

TEST(PublicNames, TheOneThatSpellsItSoKeepsItAndTheOrderDoesNotMatter) {
  auto one = names({{"a", "get_user"}, {"a", "get.user"}, {"a", "get user"}});
  EXPECT_EQ(one[0], "a__get_user");
  EXPECT_THAT(one[1], MatchesRegex("a__get_user_[0-9a-f]{6}"));
  EXPECT_THAT(one[2], MatchesRegex("a__get_user_[0-9a-f]{6}"));
  EXPECT_NE(one[1], one[2]);
  auto other = names({{"a", "get user"}, {"a", "get.user"}, {"a", "get_user"}});
  EXPECT_EQ(other[0], one[2]);
  EXPECT_EQ(other[1], one[1]);
  EXPECT_EQ(other[2], one[0]);
}

TEST(PublicNames, LongOnesGetAReadableHeadAndAHash) {
  auto one = names({{"server", std::string(100, 'x')}, {"server", std::string(99, 'x')}});
  for (const auto& name : one) {
    EXPECT_EQ(name.size(), 46u);
    EXPECT_TRUE(name.starts_with("server__xxxx"));
  }
  EXPECT_NE(one[0], one[1]);
  EXPECT_EQ(names({{"server", std::string(38, 'x')}})[0].size(), 46u);
}

TEST(PublicNames, AllAreDifferentAlsoWhenAToolIsNamedLikeAnAlias) {
  auto first = names({{"a", "x.y"}, {"a", "x_y"}});
  std::string trap = first[0].substr(3);
  auto all = names({{"a", "x.y"}, {"a", "x_y"}, {"a", trap}, {"a", ""}, {"a", "same"}, {"a", "same"}});
  EXPECT_EQ(all[2], "a__" + trap);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](const auto& name) { return name.size() <= 46; }));
}

TEST(PublicNames, ServerOf) {
  EXPECT_EQ(gateway::server_of("vault__search__deep"), "vault");
  EXPECT_EQ(gateway::server_of("search"), "");
}

}  // namespace
