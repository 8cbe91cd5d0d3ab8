#include "sandbox/child/plan.h"

#include <gtest/gtest.h>

namespace sandbox::child {
namespace {

Plan full() {
  Plan plan;
  plan.mounts = {{"/usr", "/usr", Mount::Access::read}, {"/a", "/b", Mount::Access::write}};
  plan.links = {{"/bin", "usr/bin"}};
  plan.files = {{"/etc/hosts", "127.0.0.1 localhost\n"}};
  plan.folders = {"/work"};
  plan.hidden = {"/b/secret"};
  plan.scratch = {{"/tmp", 1 << 20, Scratch::Programs::allowed}};
  plan.listeners = {{"127.0.0.1", 3128}};
  plan.ceilings.processes = 7;
  plan.degraded = Plan::Degraded::allowed;
  plan.outer_id = 77;
  plan.cgroup = "/sys/fs/cgroup/x";
  return plan;
}

TEST(PlanTest, ComesBackAsItWas) {
  auto back = read_plan(plan_bytes(full()));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, full());
}

TEST(PlanTest, NothingShortOrLongIsTaken) {
  const std::string bytes = plan_bytes(full());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read_plan(bytes.substr(0, size)).ok()) << size;
  EXPECT_FALSE(read_plan(bytes + "x").ok());
}

}  // namespace
}  // namespace sandbox::child
