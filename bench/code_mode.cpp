// What a run of code costs: in a worker that is there, in one that has to start, and until one that never ends is stopped.
// Prints one JSON line. Usage: bench_code_mode [RUNS]
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "sandbox/pool.h"
#include "sandbox/worker.h"

namespace {

using sandbox::Answer;
using sandbox::Call;
using sandbox::Outcome;

mcp::Task<Answer> echo(Call call) {
  Answer out;
  out.json = std::move(call.arguments);
  co_return out;
}

struct Bench {
  base::Loop loop;
  sandbox::PoolOptions options;

  // Milliseconds, sorted.
  std::vector<double> times(sandbox::Pool& pool, const sandbox::Script& script, int runs) {
    std::vector<double> out;
    for (int i = 0; i < runs; ++i) {
      const auto from = std::chrono::steady_clock::now();
      auto outcome = loop.block_on(pool.run(script, echo, {}));
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - from;
      if (!outcome) {
        fmt::print(stderr, "{}\n", outcome.error().message);
        std::exit(1);
      }
      out.push_back(took.count());
    }
    std::sort(out.begin(), out.end());
    return out;
  }
};

double middle(const std::vector<double>& sorted) { return sorted[sorted.size() / 2]; }

}  // namespace

int main(int argc, char** argv) {
  if (sandbox::is_worker(argc, argv)) return sandbox::run_worker();
  const int runs = argc > 1 ? std::max(10, std::atoi(argv[1])) : 300;
  Bench bench;
  sandbox::Script script;
  script.code = "return 1 + 1";
  script.stubs = {{"demo", "echo"}};

  double cold = 0;
  {
    std::vector<double> all;
    for (int i = 0; i < 20; ++i) {
      sandbox::Pool pool(bench.loop, {});
      all.push_back(bench.times(pool, script, 1)[0]);
      (void)bench.loop.block_on(pool.stop());
    }
    std::sort(all.begin(), all.end());
    cold = middle(all);
  }
  sandbox::Pool pool(bench.loop, {});
  const auto warm = bench.times(pool, script, runs);
  script.code = "const all = []; for (let i = 0; i < 20; ++i) all.push(demo.echo({ i })); return (await Promise.all(all)).length";
  const auto twenty = bench.times(pool, script, std::max(10, runs / 10));
  script.limits.cpu = sandbox::Millis(200);
  script.code = "for (;;) {}";
  const double endless = bench.times(pool, script, 5).back();
  script.code = "for (;;) JSON.stringify(Array(300000).fill(1))";
  const double builtin = bench.times(pool, script, 5).back();
  (void)bench.loop.block_on(pool.stop());
  fmt::print(
      R"({{"bench":"code_mode","runs":{},"warm_p50_ms":{:.3f},"warm_p99_ms":{:.3f},"cold_p50_ms":{:.2f},"twenty_calls_p50_ms":{:.3f},)"
      R"("stopped_after_limit_ms":{:.1f},"stopped_in_builtin_after_limit_ms":{:.1f}}})"
      "\n",
      runs, middle(warm), warm[warm.size() * 99 / 100], cold, middle(twenty), endless - 200, builtin - 200);
  return 0;
}
