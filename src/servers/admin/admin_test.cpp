// What of the gateway's own verbs each role sees.
#include "servers/admin/admin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sdk/registry.h"

namespace {

using servers::admin::Role;

// A gateway of which nothing can be asked.
class NoPort final : public servers::admin::AdminPort {
  Answer none() { co_return mcp::Error(mcp::Code::unavailable, "nothing"); }
  Answer calls(servers::admin::CallsWanted) override { return none(); }
  Answer call(std::string) override { return none(); }
  Answer upstreams() override { return none(); }
  Answer restart(servers::admin::Actor, std::string) override { return none(); }
  Answer budget() override { return none(); }
  Answer approvals() override { return none(); }
  Answer decide(servers::admin::Actor, servers::admin::DecisionWanted) override { return none(); }
  Answer grants() override { return none(); }
  Answer revoke(servers::admin::Actor, std::string) override { return none(); }
  Answer pins(std::string) override { return none(); }
  Answer pin_differences(std::string) override { return none(); }
  Answer approve_pins(servers::admin::Actor, std::string, std::vector<std::string>) override { return none(); }
  Answer credentials() override { return none(); }
  Answer audit(std::string, std::string, std::size_t) override { return none(); }
  Answer verify_audit() override { return none(); }
  Answer doctor() override { return none(); }
};

std::set<std::string> tools_of(Role role) {
  NoPort port;
  mcp::Server server = servers::admin::make_server(role, port, "1");
  EXPECT_EQ(server.problems(), "");
  std::set<std::string> out;
  for (const auto& tool : server.registry()->tools) {
    out.insert(tool.about.name);
    EXPECT_TRUE(tool.about.options.annotations.read_only.has_value()) << tool.about.name;
    if (role == Role::viewer) {
      EXPECT_EQ(tool.about.options.annotations.read_only, true) << tool.about.name;
    }
  }
  return out;
}

TEST(AdminServer, EachRoleMayWhatTheOneBeforeMay) {
  const std::set<std::string> viewer = tools_of(Role::viewer), approver = tools_of(Role::approver), admin = tools_of(Role::admin);
  EXPECT_EQ(viewer.size(), 12u);
  EXPECT_TRUE(std::includes(approver.begin(), approver.end(), viewer.begin(), viewer.end()));
  EXPECT_TRUE(std::includes(admin.begin(), admin.end(), approver.begin(), approver.end()));
  EXPECT_FALSE(viewer.contains("approve"));
  EXPECT_FALSE(approver.contains("upstream_restart"));
  EXPECT_FALSE(approver.contains("pins_approve"));
  EXPECT_TRUE(admin.contains("upstream_restart"));
}

}  // namespace
