#include "gateway/box/server_box.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gateway/box/fetch.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

Machine machine() {
  Machine out;
  out.home = "/home/somebody";
  out.search = "/usr/bin:/home/somebody/bin";
  out.variable = [](const std::string& name) {
    return name == "LANG" ? std::optional<std::string>("C.UTF-8") : name == "TOKEN" ? std::optional<std::string>("hush") : std::nullopt;
  };
  return out;
}

sandbox::child::Plan plan_of(const BoxedCommand& boxed) { return *sandbox::child::read_plan(boxed.command.confinement); }

class ServerBoxTest : public testing::Test {
 protected:
  ServerBoxTest() {
    std::string name = testing::TempDir() + "server-box-XXXXXX";
    folder_ = fs::canonical(::mkdtemp(name.data()));
    config_.id = "one";
    config_.kind = ServerConfig::Kind::command;
    config_.cwd = folder_;
  }
  ~ServerBoxTest() override { fs::remove_all(folder_); }

  std::string make(const std::string& path, const std::string& text = "") const {
    fs::create_directories(fs::path(folder_ + "/" + path).parent_path());
    std::ofstream(folder_ + "/" + path) << text;
    return folder_ + "/" + path;
  }
  std::vector<std::string> opened(const BoxedCommand& boxed) const {
    std::vector<std::string> out;
    for (const auto& mount : plan_of(boxed).mounts)
      if (mount.to.starts_with(folder_))
        out.push_back((mount.access == sandbox::child::Mount::Access::write ? "w:" : "r:") + mount.to.substr(folder_.size()));
    return out;
  }

  std::string folder_;
  ServerConfig config_;
};

TEST_F(ServerBoxTest, AScriptBringsItsPackage) {
  const std::string script = make("app/packages/server/dist/index.js");
  make("app/packages/server/package.json", "{}");
  make("app/node_modules/dependency/index.js");
  make("app/secret");
  auto boxed = box_command(config_, {"sh", script, "word"}, machine());
  ASSERT_TRUE(boxed.ok());
  EXPECT_THAT(opened(*boxed), ElementsAre("r:/app/node_modules", "r:/app/packages/server"));
  EXPECT_EQ(boxed->command.argv, (std::vector<std::string>{"/usr/bin/sh", script, "word"}));
}

TEST_F(ServerBoxTest, ArgumentsAreOpenedForReadingAndWhatIsNamedAsNamed) {
  make("data/x");
  make("out/y");
  make("one.sqlite");
  make("other");
  config_.box.write = {folder_ + "/out"};
  auto boxed = box_command(config_, {"/bin/true", folder_ + "/data", "--db=one.sqlite", "/", "/etc", "none/such"}, machine());
  ASSERT_TRUE(boxed.ok());
  EXPECT_THAT(opened(*boxed), ElementsAre("r:/data", "r:/one.sqlite", "w:/out"));
  EXPECT_EQ(boxed->notes.size(), 2U) << "/ and /etc are wide";
}

TEST_F(ServerBoxTest, AProgramBringsItsPrefixAndLinksStayLinks) {
  make("tool/bin/program");
  ::chmod((folder_ + "/tool/bin/program").c_str(), 0755);
  fs::create_directory_symlink(folder_ + "/tool", folder_ + "/current");
  auto boxed = box_command(config_, {folder_ + "/current/bin/program"}, machine());
  ASSERT_TRUE(boxed.ok());
  EXPECT_THAT(opened(*boxed), ElementsAre("r:/tool"));
  EXPECT_THAT(plan_of(*boxed).links, Contains(sandbox::child::Link{folder_ + "/current", folder_ + "/tool"}));
}

TEST_F(ServerBoxTest, TheEnvironmentIsCleanButForWhatTheConfigSays) {
  config_.env.emplace("KEY", base::Secret<std::string>("value"));
  config_.box.network = *net::AllowList::parse({"db.example.com:5432", "*.example.org"});
  auto boxed = box_command(config_, {"/bin/true"}, machine());
  ASSERT_TRUE(boxed.ok());
  const auto& environment = boxed->command.environment;
  EXPECT_THAT(environment, IsSupersetOf({"HOME=/home/box", "TMPDIR=/tmp", "LANG=C.UTF-8", "KEY=value", "PATH=/usr/bin",
                                         "HTTPS_PROXY=http://127.0.0.1:3128", "NO_PROXY=localhost,127.0.0.1,::1,db.example.com"}));
  EXPECT_THAT(environment, Not(Contains(HasSubstr("hush"))));
  const auto plan = plan_of(*boxed);
  EXPECT_EQ(plan.listeners, (std::vector<sandbox::child::Listener>{{"127.0.0.1", 3128}, {"127.0.1.1", 5432}}));
  EXPECT_EQ(boxed->targets, (std::vector<net::EgressTarget>{{}, {"db.example.com", 5432}}));
}

TEST_F(ServerBoxTest, WhatIsOpenedByNameHasToBeThere) {
  config_.box.read = {folder_ + "/none"};
  auto boxed = box_command(config_, {"/bin/true"}, machine());
  ASSERT_FALSE(boxed.ok());
  EXPECT_THAT(boxed.error().message, HasSubstr("sandbox.read"));
  config_.box.read = {"/proc"};
  EXPECT_FALSE(box_command(config_, {"/bin/true"}, machine()).ok());
}

TEST(GroundTest, MetadataServicesAreNever) {
  const auto ground = [](const char* text) { return ground_of(boost::asio::ip::make_address(text)); };
  EXPECT_EQ(ground("169.254.169.254"), net::Ground::never);
  EXPECT_EQ(ground("::ffff:169.254.169.254"), net::Ground::never);
  EXPECT_EQ(ground("127.0.0.1"), net::Ground::machine);
  EXPECT_EQ(ground("10.0.0.1"), net::Ground::inside);
  EXPECT_EQ(ground("93.184.216.34"), net::Ground::open);
}

TEST(BoxUserTest, IsTheSameForANameAndNobodysWithAnAccount) {
  EXPECT_EQ(box_user("a"), box_user("a"));
  EXPECT_NE(box_user("a"), box_user("b"));
  EXPECT_GE(box_user("a"), 0x7000'0000U);
}

Launcher launcher(const std::vector<std::string>& argv) {
  auto out = read_launcher(argv);
  EXPECT_TRUE(out.ok() && *out);
  return out && *out ? **out : Launcher();
}

TEST(LauncherTest, NpxAndUvxAreTakenApart) {
  Launcher one = launcher({"/opt/bin/npx", "-y", "@scope/name@1.2.3", "--flag", "x"});
  EXPECT_EQ(one.program, "/opt/bin/npm");
  EXPECT_THAT(one.packages, ElementsAre("@scope/name@1.2.3"));
  EXPECT_THAT(one.arguments, ElementsAre("--flag", "x"));
  EXPECT_TRUE(one.exact());
  one = launcher({"npx", "--package=a", "-p", "b@^1", "tool", "x"});
  EXPECT_THAT(one.packages, ElementsAre("a", "b@^1"));
  EXPECT_EQ(one.command, "tool");
  EXPECT_FALSE(one.exact());
  one = launcher({"uvx", "--from", "pkg==1.0", "--with", "more", "tool", "x"});
  EXPECT_EQ(one.program, "uv");
  EXPECT_THAT(one.packages, ElementsAre("pkg==1.0", "more"));
  EXPECT_EQ(one.command, "tool");
  one = launcher({"uv", "tool", "run", "name@1.2"});
  EXPECT_EQ(one.command, "name");
  EXPECT_TRUE(one.exact());
  EXPECT_FALSE(*read_launcher({"node", "x.js"}));
  EXPECT_FALSE(*read_launcher({}));
}

TEST(LauncherTest, OptionsThatAreNotKnownAreRefusedWithARemedy) {
  for (const std::vector<std::string>& argv : {std::vector<std::string>{"npx", "-c", "sh"},
                                               {"npx"},
                                               {"npx", "-y"},
                                               {"uvx", "--index", "x", "y"},
                                               {"uvx", "--from"},
                                               {"npx", "-y", "--", "--evil"}}) {
    auto out = read_launcher(argv);
    EXPECT_FALSE(out.ok()) << argv.back();
  }
  EXPECT_FALSE(launcher({"npx", "a@latest"}).exact());
  EXPECT_FALSE(launcher({"npx", "a@1"}).exact());
  EXPECT_FALSE(launcher({"npx", "a"}).exact());
}

}  // namespace
}  // namespace gateway
