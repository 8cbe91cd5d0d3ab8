#include "trust/pins/package.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace {

namespace fs = std::filesystem;
using trust::find_entry;
using trust::find_package_command;
using trust::tree_digest;

class Folder {
 public:
  Folder() {
    std::string pattern = fs::temp_directory_path() / "gatehouse-package-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  fs::path path_;
};

TEST(PackageCommand, IsFoundWhereItIsExact) {
  const std::vector<std::string> scoped{"npx", "-y", "@scope/server-files@1.2.3-beta.1", "/data"};
  auto found = find_package_command(scoped);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "@scope/server-files");
  EXPECT_EQ(found->version, "1.2.3-beta.1");
  EXPECT_EQ(found->place, 2u);
  const std::vector<std::vector<std::string>> others{
      {"npx", "x"},          {"npx", "x@latest"},      {"npx", "x@^1.2.3"},     {"npx", "x@1.2"},
      {"npx", "@scope/x"},   {"npx", "-p", "x@1.2.3"}, {"node", "x@1.2.3"},     {"npx"},
      {"npx", "../x@1.2.3"}, {"npx", "x@npm:y@1.2.3"}, {"npx", "x@file:1.2.3"}, {"npx", "x@1.2.3;id"}};
  for (const auto& other : others) EXPECT_FALSE(find_package_command(other)) << other.back();
}

TEST(PackageCommand, OfUvxNamesThePackageAndItsProgram) {
  const std::vector<std::string> plain{"uvx", "-q", "mcp-server-time@2025.8.4", "--zone", "UTC"};
  auto found = find_package_command(plain);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->manager, "uv");
  EXPECT_EQ(found->name, "mcp-server-time");
  EXPECT_EQ(found->program, "mcp-server-time");
  EXPECT_EQ(found->version, "2025.8.4");
  EXPECT_EQ(found->place, 2u);
  const std::vector<std::string> from{"/usr/bin/uvx", "--from", "tools-of-mine==1.0rc1", "tool", "x"};
  found = find_package_command(from);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "tools-of-mine");
  EXPECT_EQ(found->program, "tool");
  EXPECT_EQ(found->place, 3u);
  const std::vector<std::vector<std::string>> others{{"uvx", "x"},
                                                     {"uvx", "x@latest"},
                                                     {"uvx", "x>=1.0"},
                                                     {"uvx", "x=1.0"},
                                                     {"uvx", "x==1.*"},
                                                     {"uvx", "--with", "y", "x==1.0"},
                                                     {"uvx", "--from", "x==1.0"},
                                                     {"uvx", "--from", "git+https://x", "x"},
                                                     {"uvx", "--from", "x==1.0", "--python"},
                                                     {"uvx", "-x==1.0"},
                                                     {"uvx"}};
  for (const auto& other : others) EXPECT_FALSE(find_package_command(other)) << other.back();
}

TEST(TreeDigest, SeesEveryChangeOfEveryFile) {
  Folder folder;
  folder.write("a/b.js", "one");
  folder.write("c.js", "two");
  const std::string before = *tree_digest(folder.path_);
  EXPECT_EQ(*tree_digest(folder.path_), before);
  folder.write("c.js", "twO");
  EXPECT_NE(*tree_digest(folder.path_), before);
  folder.write("c.js", "two");
  EXPECT_EQ(*tree_digest(folder.path_), before);
  fs::permissions(folder.path_ / "c.js", fs::perms::owner_exec, fs::perm_options::add);
  EXPECT_NE(*tree_digest(folder.path_), before);
  fs::permissions(folder.path_ / "c.js", fs::perms::owner_exec, fs::perm_options::remove);
  fs::create_symlink("c.js", folder.path_ / "d.js");
  EXPECT_NE(*tree_digest(folder.path_), before);
  fs::remove(folder.path_ / "d.js");
  fs::rename(folder.path_ / "c.js", folder.path_ / "e.js");
  EXPECT_NE(*tree_digest(folder.path_), before);
  EXPECT_FALSE(tree_digest(folder.path_ / "none").ok());
}

TEST(Entry, IsTheOneOfThePackagesName) {
  EXPECT_EQ(find_entry(R"({"bin":"./dist/index.js"})", "x"), "dist/index.js");
  EXPECT_EQ(find_entry(R"({"bin":{"other":"o.js","server":"s.js"}})", "@scope/server"), "s.js");
  EXPECT_EQ(find_entry(R"({"bin":{"other":"o.js"}})", "x"), "o.js");
  for (const char* none : {"{}", "{", R"({"bin":"../x.js"})", R"({"bin":"/bin/sh"})", R"({"bin":{"a":"a.js","b":"b.js"}})"})
    EXPECT_FALSE(find_entry(none, "x")) << none;
}

}  // namespace
