// What run_code keeps between calls: the workers, the runs that wait for a person, and answers too long for a model.
#pragma once

#include "base/loop.h"
#include "gateway/budget/kept_results.h"
#include "gateway/disclosure/paused_runs.h"
#include "sandbox/pool.h"

namespace gateway {

// Threads: one loop only. Its workers start with the first run. stop() before destroying it, unless its loop has stopped.
class CodeDesk {
 public:
  explicit CodeDesk(base::Loop& loop) : pool_(loop, sandbox::PoolOptions{}) {}

  sandbox::Pool& pool() { return pool_; }
  PausedRuns& paused() { return paused_; }
  KeptResults& long_answers() { return long_answers_; }
  base::Task<void> stop() { return pool_.stop(); }

 private:
  sandbox::Pool pool_;
  PausedRuns paused_;
  KeptResults long_answers_;
};

}  // namespace gateway
