#include "app/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;
using app::AppConfig;
using app::FileWatch;
using app::ReadConfig;
using app::Reload;
using base::Millis;
using testing::ElementsAre;
using testing::SizeIs;

class ReloadTest : public testing::Test {
 protected:
  ReloadTest() {
    char name[] = "/tmp/gatehouse-reload-XXXXXX";
    folder_ = ::mkdtemp(name);
    write("g.yaml", "servers: {}\n");
  }
  ~ReloadTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  Reload::Parts parts() {
    return {loop_,
            pool_,
            path("g.yaml"),
            [this] { return app::read_config(path("g.yaml"), [](const std::string&) { return std::nullopt; }); },
            [this](ReadConfig read) {
              taken_.push_back(std::move(read));
              arrived_.raise();
            },
            Millis(40),
            Millis(400)};
  }
  // Waits until so many configs were taken in all.
  void wait_for(std::size_t count) {
    auto waiting = [](ReloadTest* self, std::size_t wanted) -> base::Task<void> {
      while (self->taken_.size() < wanted) co_await self->arrived_.wait();
    };
    ASSERT_TRUE(loop_.block_on(waiting(this, count)).ok());
  }
  // Lets the loop go on for a while in which nothing is to happen.
  void rest(Millis time) {
    loop_.timers().pass(time);
    ASSERT_TRUE(loop_.block_on(loop_.timers().sleep(Millis(0))).ok());
  }

  fs::path folder_;
  base::Loop loop_;
  base::BlockingPool pool_{1};
  std::vector<ReadConfig> taken_;
  base::Signal arrived_;
};

TEST_F(ReloadTest, ReadsWhenAskedAndWhenAFileChangesHoweverItIsWritten) {
  Reload reload(parts(), {path("g.yaml")});
  reload.ask();
  wait_for(1);
  write("g.yaml", "name_limit: 40\nservers: {}\n");
  wait_for(2);
  EXPECT_EQ(taken_[1].config->gateway.name_limit, 40u);
  // As editors do it: another file takes the name.
  write("g.yaml.new", "name_limit: 41\nservers: {}\n");
  fs::rename(path("g.yaml.new"), path("g.yaml"));
  wait_for(3);
  EXPECT_EQ(taken_[2].config->gateway.name_limit, 41u);
  // As deployments do it: a link is turned.
  write("one.yaml", "name_limit: 42\nservers: {}\n");
  fs::create_symlink("one.yaml", path("link"));
  fs::rename(path("link"), path("g.yaml"));
  wait_for(4);
  EXPECT_EQ(taken_[3].config->gateway.name_limit, 42u);
  ASSERT_TRUE(loop_.block_on(reload.end()).ok());
}

TEST_F(ReloadTest, OtherFilesOfTheFolderAreNotOurs) {
  Reload reload(parts(), {path("g.yaml")});
  write("other", "x");
  write("g.yaml~", "x");
  rest(Millis(200));
  EXPECT_THAT(taken_, SizeIs(0));
  ASSERT_TRUE(loop_.block_on(reload.end()).ok());
}

TEST_F(ReloadTest, ABadFileIsHandedOverWithWhatIsWrongAndSoIsItsCorrection) {
  Reload reload(parts(), {path("g.yaml")});
  write("g.yaml", "servrs: {}\n");
  wait_for(1);
  EXPECT_FALSE(taken_[0].config);
  EXPECT_FALSE(taken_[0].findings.empty());
  write("g.yaml", "servers: {}\n");
  wait_for(2);
  EXPECT_TRUE(taken_[1].config);
  ASSERT_TRUE(loop_.block_on(reload.end()).ok());
}

TEST_F(ReloadTest, ASecretThatIsChangedInItsFileIsAnotherConfig) {
  write("token", "one");
  fs::create_directory(folder_ / "secrets");
  write("secrets/token", "one\n");
  fs::permissions(folder_ / "secrets/token", fs::perms::owner_read | fs::perms::owner_write);
  write("g.yaml", "servers: { a: { url: 'http://x.test/mcp', headers: { A: '${file:secrets/token}' } } }\n");
  ReadConfig first = app::read_config(path("g.yaml"), [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(first.config);
  EXPECT_THAT(first.files, ElementsAre(path("g.yaml"), path("secrets/token")));
  Reload reload(parts(), first.files);
  write("secrets/token", "two\n");
  wait_for(1);
  EXPECT_EQ(taken_[0].config->gateway.servers[0].headers[0].second.reveal(), "two");
  EXPECT_FALSE(taken_[0].config->gateway.servers[0].same_link(first.config->gateway.servers[0]));
  ASSERT_TRUE(loop_.block_on(reload.end()).ok());
}

TEST_F(ReloadTest, WhatNeedsARestartStaysAsItIsAndIsNamed) {
  AppConfig now, next;
  next.listen.port = 9;
  next.limits.body = 7;
  next.limits.head = 8;
  EXPECT_THAT(app::keep_what_needs_restart(now, next), ElementsAre("listen", "limits.head"));
  EXPECT_EQ(next.listen, now.listen);
  EXPECT_EQ(next.limits.body, 7u);
  EXPECT_THAT(app::keep_what_needs_restart(now, next), ElementsAre());
}

}  // namespace
