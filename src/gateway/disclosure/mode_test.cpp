#include "gateway/disclosure/mode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using gateway::asked_disclosure;
using gateway::CatalogSize;
using gateway::choose_disclosure;
using gateway::Disclosure;
using testing::HasSubstr;

auto sized(std::size_t tools, std::size_t tokens) {
  return [=] { return CatalogSize{tools, tokens}; };
}

TEST(Disclosure, ASettingIsFollowedWhateverTheClientIs) {
  auto never = []() -> CatalogSize {
    ADD_FAILURE() << "nobody needs to know";
    return {};
  };
  for (Disclosure mode : {Disclosure::all, Disclosure::search, Disclosure::code})
    EXPECT_EQ(choose_disclosure(mode, "claude-code", never).mode, mode);
  EXPECT_EQ(choose_disclosure(Disclosure::automatic, "claude-code", never).mode, Disclosure::all);
  EXPECT_EQ(choose_disclosure(Disclosure::automatic, "Codex-MCP-client", never).mode, Disclosure::all);
}

TEST(Disclosure, AutoShowsSmallCatalogsAndSearchesLargeOnesAndSaysWhy) {
  auto choose = [](std::size_t tools, std::size_t tokens) { return choose_disclosure(Disclosure::automatic, "any", sized(tools, tokens)); };
  EXPECT_EQ(choose(0, 0).mode, Disclosure::all);
  EXPECT_EQ(choose(39, 9'999).mode, Disclosure::all);
  EXPECT_EQ(choose(40, 100).mode, Disclosure::search);
  EXPECT_EQ(choose(3, 10'000).mode, Disclosure::search);
  EXPECT_THAT(choose(527, 87'000).why, HasSubstr("527 tools of about 87000 tokens"));
}

TEST(Disclosure, AUrlMayAskForAMode) {
  EXPECT_EQ(asked_disclosure("").mode, std::nullopt);
  EXPECT_EQ(asked_disclosure("a=b&disclosure=search&c").mode, Disclosure::search);
  EXPECT_EQ(asked_disclosure("disclosure=code").mode, Disclosure::code);
  EXPECT_EQ(asked_disclosure("nodisclosure=code").mode, std::nullopt);
  EXPECT_EQ(asked_disclosure("disclosure=auto").wrong, "'auto'");
  EXPECT_EQ(asked_disclosure("disclosure=").wrong, "''");
  EXPECT_EQ(asked_disclosure("disclosure=\x01" + std::string(100, 'x')).wrong.size(), 42u);
}

}  // namespace
