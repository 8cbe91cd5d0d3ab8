#include "mcp/task.h"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/loop.h"

namespace {

using base::Code;
using base::Error;
using base::Loop;
using base::OneShot;
using base::Result;
using base::Task;
using base::TaskGroup;

struct Leaves {
  std::vector<std::string>* log;
  std::string name;
  ~Leaves() { log->push_back(name); }
};

Task<int> value(int v) { co_return v; }
Task<int> broken() { co_return Error(Code::denied, "no"); }

Task<int> chain(std::vector<std::string>* log) {
  Leaves outer{log, "chain"};
  int a = co_await value(1);
  int b = co_await broken();
  log->push_back("not reached");
  co_return a + b;
}

TEST(Task, AnErrorLeavesTheAwaitingTasksAndRunsTheirDestructors) {
  Loop loop;
  std::vector<std::string> log;
  auto result = loop.block_on(chain(&log));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::denied);
  EXPECT_EQ(log, std::vector<std::string>{"chain"});
}

Task<int> waits(OneShot<int>* event, std::vector<std::string>* log) {
  Leaves inner{log, "waits"};
  int v = co_await co_await event->wait();
  co_return v;
}
Task<int> outer_of(OneShot<int>* event, std::vector<std::string>* log) {
  Leaves inner{log, "outer"};
  co_return 1 + co_await waits(event, log);
}

TEST(Task, AnErrorThatComesLaterLeavesTheSameWay) {
  Loop loop;
  std::vector<std::string> log;
  OneShot<int> event;
  loop.post([&] { event.set(Error(Code::timeout, "late")); });
  auto result = loop.block_on(outer_of(&event, &log));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::timeout);
  EXPECT_EQ(log, (std::vector<std::string>{"waits", "outer"}));
}

TEST(Task, AValueThatComesLaterGoesOn) {
  Loop loop;
  std::vector<std::string> log;
  OneShot<int> event;
  loop.post([&] { event.set(41); });
  auto result = loop.block_on(outer_of(&event, &log));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result, 42);
}

Task<int> loops(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += co_await value(1);
  co_return sum;
}

TEST(Task, AMillionTasksThatEndAtOnceDoNotGrowTheStack) {
  Loop loop;
  EXPECT_EQ(*loop.block_on(loops(1'000'000)), 1'000'000);
}

Task<int> throws() {
  throw std::runtime_error("boom");
  co_return 1;
}

TEST(Task, AnExceptionBecomesAnInternalErrorWithoutItsTextForThePeer) {
  Loop loop;
  auto result = loop.block_on(throws());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::internal);
  EXPECT_EQ(result.error().leaving(), "internal error");
}

Task<void> fails_in_void() {
  co_await mcp::fail(Code::conflict, "busy");
  ADD_FAILURE() << "went on";
}

TEST(Task, AVoidTaskLeavesByFail) {
  Loop loop;
  auto result = loop.block_on(fails_in_void());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, "busy");
}

Task<int> timed(Loop* loop) {
  base::asio::steady_timer timer(loop->io(), std::chrono::milliseconds(1));
  auto [ec] = co_await timer.async_wait(base::use_task);
  co_return ec ? 0 : 7;
}

TEST(Task, AwaitsAsioOperations) {
  Loop loop;
  EXPECT_EQ(*loop.block_on(timed(&loop)), 7);
}

Task<std::thread::id> where() { co_return std::this_thread::get_id(); }
Task<bool> there_and_back(Loop* there, Loop* here) {
  auto mine = std::this_thread::get_id();
  auto other = co_await base::on(*there, *here, where());
  co_return mine == std::this_thread::get_id() && other != mine;
}

TEST(Task, RunsOnAnotherLoopAndComesBack) {
  Loop here, there(1);
  std::thread thread([&] { there.run(); });
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(*here.block_on(there_and_back(&there, &here)));
  there.stop();
  thread.join();
}

Task<void> append(OneShot<int>* event, std::vector<int>* out) { out->push_back(co_await co_await event->wait()); }

TEST(TaskGroup, FreesWhatEndsAndJoins) {
  Loop loop;
  std::vector<int> out;
  OneShot<int> a, b;
  TaskGroup group;
  group.spawn(append(&a, &out));
  group.spawn(append(&b, &out));
  EXPECT_EQ(group.size(), 2u);
  loop.post([&] { b.set(2); });
  loop.post([&] { a.set(1); });
  ASSERT_TRUE(loop.block_on(group.join()).ok());
  EXPECT_EQ(out, (std::vector<int>{2, 1}));
}

TEST(TaskGroup, DestroyingItDestroysWhatWaits) {
  std::vector<std::string> log;
  OneShot<int> never;
  {
    TaskGroup group;
    auto whole = [](OneShot<int>* e, std::vector<std::string>* l) -> Task<void> { (void)co_await outer_of(e, l); };
    group.spawn(whole(&never, &log));
  }
  EXPECT_EQ(log, (std::vector<std::string>{"waits", "outer"}));
}

TEST(TaskGroup, TellsErrors) {
  std::vector<std::string> seen;
  TaskGroup group([&](const Error& e) { seen.push_back(e.message); });
  group.spawn(fails_in_void());
  EXPECT_EQ(seen, std::vector<std::string>{"busy"});
}

TEST(Timers, RunInOrderAndCanBeCancelled) {
  Loop loop;
  std::vector<int> order;
  auto now = base::Timers::now();
  loop.timers().add(now + base::Millis(2), [&] { order.push_back(2); });
  loop.timers().add(now + base::Millis(1), [&] { order.push_back(1); });
  auto cancelled = loop.timers().add(now, [&] { order.push_back(0); });
  EXPECT_TRUE(loop.timers().cancel(cancelled));
  EXPECT_FALSE(loop.timers().cancel(cancelled));
  loop.timers().add(now + base::Millis(3), [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(Timers, SleepEndsEarlyWhenStopped) {
  Loop loop;
  std::stop_source stop;
  loop.post([&] { stop.request_stop(); });
  EXPECT_TRUE(loop.block_on(loop.timers().sleep(std::chrono::hours(1), stop.get_token())).ok());
}

TEST(Timers, WhatIsDueAfterTimeThatPassedRunsInOrder) {
  Loop loop;
  std::vector<int> order;
  auto now = base::Timers::now();
  loop.timers().add(now + std::chrono::hours(2), [&] { order.push_back(2); });
  loop.timers().add(now + std::chrono::hours(1), [&] { order.push_back(1); });
  loop.timers().add(now + std::chrono::hours(9), [&] { order.push_back(9); });
  loop.timers().pass(std::chrono::hours(3));
  EXPECT_TRUE(loop.block_on(loop.timers().sleep(base::Millis(0))).ok());
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  EXPECT_GE(base::Timers::now() - now, std::chrono::hours(3));
}

}  // namespace
