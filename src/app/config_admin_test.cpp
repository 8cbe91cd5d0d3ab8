// Who has a role, as the config says it.
#include "app/config_admin.h"

#include <gmock/gmock.h>

#include "app/admin_desk.h"

namespace {

using servers::admin::Role;
using testing::HasSubstr;

app::ReadConfig read(const std::string& text) {
  return app::parse_config("servers: { web: { url: http://127.0.0.1:1/mcp } }\n" + text, "g.yaml", "/tmp",
                           [](const std::string&) { return std::optional<std::string>(); });
}

base::Principal key(std::string name, std::vector<std::string> groups) {
  base::Principal who;
  who.id = "key:" + name;
  who.key = std::move(name);
  who.groups = std::move(groups);
  who.issuer = "gatehouse";
  return who;
}

TEST(ConfigAdmin, TheHighestRoleThatFitsIsTheirs) {
  auto out = read(
      "auth: { api_keys: true }\nadmin:\n  viewers: [{ group: staff }]\n  approvers: [{ group: leads }]\n  admins: [{ key: root* }]\n");
  ASSERT_TRUE(out.config) << out.findings.at(0).line();
  const app::AdminRoles& roles = out.config->admin;
  EXPECT_EQ(app::find_role(roles, key("a", {"staff"})), Role::viewer);
  EXPECT_EQ(app::find_role(roles, key("a", {"staff", "leads"})), Role::approver);
  EXPECT_EQ(app::find_role(roles, key("root-1", {"staff"})), Role::admin);
  EXPECT_EQ(app::find_role(roles, key("a", {"others"})), std::nullopt);
  // Whoever has this machine in their hands needs no role; whoever comes through an open door has none.
  EXPECT_EQ(app::find_role(roles, base::Principal()), Role::admin);
  base::Principal anybody;
  anybody.id = "anonymous";
  EXPECT_EQ(app::find_role(roles, anybody), std::nullopt);
}

TEST(ConfigAdmin, WithoutItNobodyWhoBringsAKeyHasARole) {
  auto out = read("auth: { api_keys: true }\n");
  ASSERT_TRUE(out.config);
  EXPECT_EQ(app::find_role(out.config->admin, key("a", {"staff"})), std::nullopt);
}

TEST(ConfigAdmin, MistakesAreFound) {
  EXPECT_THAT(read("admin: { viewer: [] }").findings.at(0).line(), HasSubstr("did you mean \"viewers\"?"));
  EXPECT_THAT(read("admin: { viewers: everybody }").findings.at(0).line(), HasSubstr("admin.viewers"));
  EXPECT_THAT(read("admin: { admins: [{ grup: x }] }").findings.at(0).line(), HasSubstr("did you mean \"group\"?"));
  EXPECT_THAT(read("admin: 3").findings.at(0).line(), HasSubstr("admin must be"));
}

}  // namespace
