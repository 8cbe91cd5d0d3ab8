// What mcp::run reads from a command line.
#include "sdk/run_arguments.h"

#include <gtest/gtest.h>

namespace {

TEST(RunArguments, TakesItsOwnAndLeavesTheRest) {
  auto none = sdk::parse_run_arguments({"folder", "--other", "x"});
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->http);
  EXPECT_EQ(none->front.revisions.all().size(), protocol::all_revisions().size());
  EXPECT_EQ(none->front.strictness, protocol::Strictness::lenient);

  std::string names(protocol::latest_legacy().name);
  names += ", " + std::string(protocol::latest_modern().name);
  auto all = sdk::parse_run_arguments({"--http", "[::1]:0", "--strict", "--revisions", names});
  ASSERT_TRUE(all.ok()) << all.error().message;
  EXPECT_EQ(all->http->host, "::1");
  EXPECT_EQ(all->front.strictness, protocol::Strictness::strict);
  ASSERT_EQ(all->front.revisions.all().size(), 2u);
  EXPECT_EQ(all->front.revisions.all()[0], &protocol::latest_legacy());
  const std::string one = "--revisions=" + std::string(protocol::latest_legacy().name);
  auto joined = sdk::parse_run_arguments({"--http=localhost:80", one});
  ASSERT_TRUE(joined.ok());
  EXPECT_EQ(joined->http->port, 80);
  EXPECT_FALSE(joined->front.revisions.speaks(protocol::Era::modern));
}

TEST(RunArguments, RefusesWhatItDoesNotKnowAndSaysWhatThereIs) {
  for (std::string_view bad : {"", ",", "tomorrow", "9999"}) {
    auto refused = sdk::parse_run_arguments({"--revisions", bad});
    ASSERT_FALSE(refused.ok()) << bad;
    EXPECT_EQ(refused.error().code, mcp::Code::invalid_argument);
    EXPECT_NE(refused.error().message.find(protocol::latest_modern().name), std::string::npos) << refused.error().message;
  }
  for (std::string_view bad : {"", "host", ":1", "host:", "host:99999", "host:1x"})
    EXPECT_FALSE(sdk::parse_run_arguments({"--http", bad}).ok()) << bad;
  EXPECT_FALSE(sdk::parse_run_arguments({"--http"}).ok());
  EXPECT_FALSE(sdk::parse_run_arguments({"--revisions"}).ok());
}

}  // namespace
