// A server that ends while its tasks run, and one that takes them up from the file.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "sdk/tasks_testing.h"

namespace {

using mcp::TaskRestart;
using mcp::TaskSupport;
using sdk::testing::As;
using sdk::testing::Desk;

constexpr const char* kForm = R"({"type":"object","properties":{"name":{"type":"string"}}})";

class Restart : public testing::Test {
 protected:
  Restart() {
    std::string pattern = std::filesystem::temp_directory_path() / "gatehouse-restart-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Restart() override {
    desk_.reset();
    std::filesystem::remove_all(folder_);
  }

  // A new server over the same file. `gate` says what its waiting tools do.
  enum class Gate { closed, open };
  Desk& start(Gate gate) {
    desk_.reset();
    auto store = mcp::open_task_store(folder_ / "tasks.db");
    EXPECT_TRUE(store.ok()) << store.error().message;
    mcp::TaskOptions options;
    options.store = *store;
    desk_ = std::make_unique<Desk>(std::move(options));
    auto wait = [gate](mcp::Call call) -> mcp::Task<std::string> {
      call.status("at work");
      if (gate == Gate::closed) co_await sdk::until_stopped(call.stop_token());
      co_return std::string("done");
    };
    auto ask = [](mcp::Call call) -> mcp::Result<std::string> {
      auto answer = call.answer("name");
      if (!answer) return mcp::ask({mcp::elicit("name", "Who?", kForm)}, "first round");
      return std::string(call.state()) + ", " + std::string((*answer)["content"]["name"].string_or("?"));
    };
    desk_->server.tool("once", "Is not run again.", wait, {.task = TaskSupport::optional});
    desk_->server.tool("again", "May be run again.", wait, {.task = TaskSupport::optional, .task_restart = TaskRestart::run_again});
    desk_->server.tool("asks", "Asks.", ask, {.task = TaskSupport::optional});
    desk_->server.tool("quick", "Is done.", [] { return std::string("quick"); }, {.task = TaskSupport::optional});
    desk_->open();
    return *desk_;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Desk> desk_;
};

TEST_F(Restart, EndedTasksAreReadParkedOnesWaitOnAndTheRestIsAsItsToolSays) {
  Desk* desk = &start(Gate::closed);
  As alice;
  alice.principal = "alice";
  std::string quick = desk->start("quick"), once = desk->start("once"), again = desk->start("again"),
              asks = desk->start("asks", "{}", alice);
  desk->until(quick, "completed");
  desk->until(asks, "input_required", alice);

  desk = &start(Gate::open);
  EXPECT_NE(desk->until(quick, "completed").find("quick"), std::string::npos);
  std::string failed = desk->until(once, "failed");
  EXPECT_NE(failed.find("started anew"), std::string::npos) << failed;
  EXPECT_NE(failed.find(R"("error":{"code":)"), std::string::npos) << failed;
  EXPECT_NE(desk->until(again, "completed").find("done"), std::string::npos);
  EXPECT_EQ(desk->get(asks).substr(0, 12), "error -32602");
  std::string waiting = desk->until(asks, "input_required", alice);
  EXPECT_NE(waiting.find("elicitation/create"), std::string::npos) << waiting;

  // The second restart finds it parked still; its handler needs nothing but the answer.
  desk = &start(Gate::open);
  EXPECT_EQ(desk->update(asks, R"({"name":{"action":"accept","content":{"name":"Ann"}}})", alice), R"({"resultType":"complete"})");
  EXPECT_NE(desk->until(asks, "completed", alice).find("first round, Ann"), std::string::npos);
}

TEST_F(Restart, ACancelledTaskStaysCancelled) {
  Desk* desk = &start(Gate::closed);
  std::string again = desk->start("again");
  EXPECT_EQ(desk->cancel(again), R"({"resultType":"complete"})");
  desk = &start(Gate::open);
  EXPECT_EQ(Desk::member(desk->get(again), "status"), "cancelled");
}

TEST_F(Restart, AToolThatIsGoneFailsItsTasks) {
  std::string again = start(Gate::closed).start("again");
  desk_.reset();
  auto store = mcp::open_task_store(folder_ / "tasks.db");
  ASSERT_TRUE(store.ok());
  mcp::TaskOptions options;
  options.store = *store;
  desk_ = std::make_unique<Desk>(std::move(options));
  desk_->server.tool("other", "Another.", [] { return std::string(); }, {.task = TaskSupport::optional});
  desk_->open();
  EXPECT_NE(desk_->until(again, "failed").find("no such tool"), std::string::npos);
}

}  // namespace
