// A pool of real workers and a host with a few tools, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/task_group.h"
#include "sandbox/pool.h"

namespace sandbox {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// The server `demo`: echo gives its arguments, slow does so a little later, fail fails, deny is denied, never ends only when told to stop,
// ask pauses the run until `answers` has its number.
struct Bench {
  explicit Bench(PoolOptions options = {}) : pool(loop, std::move(options)) {
    if (kSanitized) script.walls = Script::Walls::any;
    for (const char* tool : {"echo", "slow", "fail", "deny", "never", "ask"}) script.stubs.push_back({"demo", tool});
  }
  ~Bench() { (void)loop.block_on(pool.stop()); }

  static Task<Answer> serve(Bench* bench, Call call) {
    ++bench->calls;
    bench->most_at_once = std::max(bench->most_at_once, ++bench->at_once);
    struct Leave {
      Bench* bench;
      ~Leave() { --bench->at_once; }
    } const leave{bench};
    bench->made.push_back(call.name + call.arguments);
    Answer out;
    out.json = call.arguments;
    if (bench->stop_at_call) bench->stop.request_stop();
    if (call.name == "demo.slow") co_await bench->loop.timers().sleep(Millis(20), call.stop);
    if (call.name == "demo.never") {
      while (!call.stop.stop_requested()) co_await bench->loop.timers().sleep(Millis(10'000), call.stop);
      bench->told_to_stop = true;
      co_return Error(Code::cancelled, "told to stop");
    }
    if (call.name == "demo.fail") {
      out.kind = Answer::Kind::tool_error;
      out.message = call.arguments.substr(8, call.arguments.size() - 10);
      out.json = R"({"code":7})";
    }
    if (call.name == "demo.deny") {
      out.kind = Answer::Kind::denied;
      out.message = "the rules say no";
      out.json.clear();
    }
    if (call.name == "demo.ask") {
      auto found = bench->answers.find(call.seq);
      if (found == bench->answers.end()) {
        out.kind = Answer::Kind::pause;
        out.json = R"({"question":"sure?"})";
      } else {
        out.json = found->second;
      }
    }
    co_return out;
  }

  Result<Outcome> try_run(std::string code) {
    calls = 0;
    most_at_once = 0;
    made.clear();
    stop = {};
    script.code = std::move(code);
    HostCall host = [this](Call call) { return serve(this, std::move(call)); };
    return loop.block_on(pool.run(script, std::move(host), stop.get_token()));
  }

  Outcome run(std::string code) {
    auto out = try_run(std::move(code));
    if (!out.ok()) {
      ADD_FAILURE() << out.error().message;
      return {};
    }
    return *std::move(out);
  }

  // What the code returns; a fault is a failure of the test.
  std::string value(const std::string& code) {
    Outcome out = run(code);
    EXPECT_EQ(out.kind, Outcome::Kind::value) << code << "\n  " << kind_name(out.fault.kind) << ": " << out.fault.message;
    return out.value;
  }

  std::vector<Result<Outcome>> run_at_once(const std::string& code, int times) {
    std::vector<Result<Outcome>> out;
    base::TaskGroup group;
    script.code = code;
    auto one = [](Bench* bench, std::vector<Result<Outcome>>* to) -> Task<void> {
      HostCall host = [bench](Call call) { return serve(bench, std::move(call)); };
      Task<Outcome> work = bench->pool.run(bench->script, std::move(host), {});
      Result<Outcome> outcome = co_await std::move(work).result();
      to->push_back(std::move(outcome));
    };
    for (int i = 0; i < times; ++i) group.spawn(one(this, &out));
    (void)loop.block_on(group.join());
    return out;
  }

  base::Loop loop;
  Pool pool;
  Script script;
  std::stop_source stop;
  std::map<std::uint32_t, std::string> answers;
  std::vector<std::string> made;
  std::size_t most_at_once = 0, at_once = 0;
  int calls = 0;
  bool told_to_stop = false, stop_at_call = false;
};

}  // namespace sandbox
