// Against a tree of plain files that looks like the kernel's: which files are written, and what with.
#include "sandbox/child/cgroup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace sandbox::child {
namespace {

namespace fs = std::filesystem;

class CgroupTest : public testing::Test {
 protected:
  CgroupTest() {
    std::string name = testing::TempDir() + "cgroup-XXXXXX";
    root_ = ::mkdtemp(name.data());
    fs::create_directories(root_ + "/proc/self");
    fs::create_directories(group());
    write("/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
    write("/proc/self/cgroup", "0::/user.slice/gatehouse.service\n");
    for (const char* file : {"cgroup.procs", "cgroup.subtree_control"}) write("/" + relative_ + "/" + file, "");
    write("/" + relative_ + "/cgroup.controllers", "cpu io memory pids\n");
  }
  ~CgroupTest() override { fs::remove_all(root_); }

  std::string group() const { return root_ + "/" + relative_; }
  void write(const std::string& path, const std::string& text) const { std::ofstream(root_ + path) << text; }
  std::string read(const std::string& path) const {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // The kernel makes these files in a new folder; here they have to be there.
  void make_files(const std::string& folder) const {
    fs::create_directories(folder);
    for (const char* file : {"memory.max", "memory.swap.max", "pids.max", "cpu.max", "memory.oom.group", "cgroup.procs"})
      std::ofstream(folder + "/" + file) << "";
  }

  std::string root_;
  const std::string relative_ = "sys/fs/cgroup/user.slice/gatehouse.service";
};

TEST_F(CgroupTest, AGroupThatWasGivenIsFound) {
  EXPECT_EQ(find_delegated(root_), group());
  write("/" + relative_ + "/cgroup.controllers", "cpu io pids\n");
  EXPECT_FALSE(find_delegated(root_)) << "memory is not ours to give";
  write("/" + relative_ + "/cgroup.controllers", "memory pids\n");
  write("/proc/self/cgroup", "0::/\n");
  EXPECT_FALSE(find_delegated(root_)) << "the root group";
  write("/proc/self/cgroup", "4:memory:/x\n");
  EXPECT_FALSE(find_delegated(root_)) << "version 1";
  write("/proc/self/mountinfo", "");
  EXPECT_FALSE(find_delegated(root_));
}

TEST_F(CgroupTest, ThisProcessMovesBeforeControllersAreGivenOn) {
  write("/" + relative_ + "/cgroup.procs", "4711\n");
  fs::create_directories(group() + "/gateway");
  std::ofstream(group() + "/gateway/cgroup.procs") << "";
  ASSERT_TRUE(prepare_group(group()).ok());
  EXPECT_EQ(read(group() + "/gateway/cgroup.procs"), "4711");
  EXPECT_EQ(read(group() + "/cgroup.subtree_control"), "+cpu") << "the last that was written, and there is no cpuset";
}

TEST_F(CgroupTest, AChildGetsItsCeilings) {
  Ceilings ceilings;
  ceilings.memory = 1 << 30;
  ceilings.processes = 99;
  ceilings.cpu_percent = 150;
  auto missing = enter_group(group(), 1234, ceilings);
  ASSERT_FALSE(missing.ok()) << "plain folders do not fill themselves";
  EXPECT_NE(missing.error().message.find("memory.max"), std::string::npos);
  EXPECT_FALSE(fs::exists(group_of(group(), 1234)));

  auto exists = enter_group(group() + "/none", 1, ceilings);
  EXPECT_FALSE(exists.ok());
}

}  // namespace
}  // namespace sandbox::child
