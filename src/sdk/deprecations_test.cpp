// Deprecated features: the table, and that each is reported once per peer.
#include "sdk/deprecations.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "protocol/versions/versions.h"
#include "sdk/once.h"

namespace {

using protocol::Deprecated;

TEST(Deprecations, EachLineNamesARevisionADayAndARemedy) {
  ASSERT_EQ(protocol::all_deprecations().size(), protocol::kDeprecatedCount);
  for (const auto& one : protocol::all_deprecations()) {
    EXPECT_EQ(&protocol::deprecation(one.feature), &one);
    EXPECT_NE(protocol::find_revision(one.since), nullptr) << one.name;
    EXPECT_EQ(one.earliest_removal.size(), 10u) << one.name;
    EXPECT_FALSE(one.remedy.empty());
  }
}

TEST(Deprecations, AFeatureIsReportedOncePerPeer) {
  base::log::open(base::log::Format::json, base::log::Level::warn);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) sdk::report_deprecated("deprecations-test one", Deprecated::sampling);
  sdk::report_deprecated("deprecations-test two", Deprecated::sampling);
  sdk::report_deprecated("deprecations-test one", Deprecated::roots);
  std::string text = testing::internal::GetCapturedStderr();
  base::log::open(base::log::Format::json, base::log::Level::off);
  auto count = [&](std::string_view what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("sampling: deprecated since"), 2u) << text;
  EXPECT_EQ(count("roots: deprecated since"), 1u) << text;
  EXPECT_NE(text.find("model provider"), std::string::npos) << text;
}

TEST(Deprecations, TheMemoryOfPeersIsBounded) {
  sdk::OncePerPeer once(2);
  EXPECT_TRUE(once.first("a", "x"));
  EXPECT_FALSE(once.first("a", "x"));
  EXPECT_TRUE(once.first("a", "y"));
  EXPECT_TRUE(once.first("b", "x"));
  EXPECT_EQ(once.size(), 2u);
  EXPECT_TRUE(once.first("a", "x")) << "the oldest was forgotten";
}

TEST(Deprecations, APeersNameIsTamed) {
  EXPECT_EQ(sdk::peer_name(R"({"name":"one","version":"1.2"})"), "one 1.2");
  EXPECT_EQ(sdk::peer_name(R"({"name":"a\u001b[2Jb"})"), "a?[2Jb");
  for (std::string_view none : {"{}", "[]", "", R"({"name":7})", R"({"name":""})"})
    EXPECT_EQ(sdk::peer_name(none), "a peer without a name") << none;
  EXPECT_LE(sdk::peer_name("{\"name\":\"" + std::string(5000, 'x') + "\"}").size(), 100u);
}

}  // namespace
