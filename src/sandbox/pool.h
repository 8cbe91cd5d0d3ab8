// Workers: processes of this program that run untrusted code, each shut in, and the pool that keeps some ready.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "sandbox/script.h"

namespace sandbox {

struct PoolOptions {
  std::size_t ready = 1;         // workers kept started, once the pool was used or warmed
  std::size_t running = 8;       // runs at once
  std::size_t waiting = 64;      // runs that wait for a place; more are refused
  std::size_t of_one_owner = 6;  // runs of one owner, with those that wait; more are refused
  Millis patience{10'000};       // of a run that waits for its place
  Millis start_time{10'000};
  std::size_t reuse = 200;    // runs of one owner in one worker; after them it is replaced
  Millis reuse_time{30'000};  // a worker that served somebody is kept for them so long
  // The program to start, with kWorkerCommand as its one argument. It must call run_worker() of sandbox/worker.h at once.
  std::string program = "/proc/self/exe";
};

// Which of the walls around a worker hold on this machine.
struct Layers {
  bool limits = false;               // rlimits
  bool seccomp = false;              // no system call but those that the engine needs
  bool landlock = false;             // no file, no port
  bool namespaces = false;           // no network, no other process, no mount
  std::vector<std::string> missing;  // "landlock: this kernel has none", for the log
};

// Owns: the workers and the runs in them.
// Threads: one loop only. Lifetime: stop() before destroying it, unless its loop has stopped.
class Pool {
 public:
  Pool(base::Loop& loop, PoolOptions options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Starts workers until `ready` of them are, behind.
  void warm();

  // Runs `script`. Whatever the code does is an Outcome; it ends within limits.wall, plus what the calls under way take to stop.
  // A run is stopped by `stop`: its worker is killed and its calls are told to stop.
  // Errors: invalid_argument (over limits.code, or stubs that are no identifiers or come twice), rate_limited (no place within `patience`,
  // or its owner has its share), denied (a wall that the script needs does not hold on this machine),
  // unavailable (no worker can be started), cancelled.
  Task<Outcome> run(Script script, HostCall host, std::stop_token stop);

  // Which walls hold; starts a worker if none was ever started. Errors: unavailable.
  Task<Layers> layers();

  // No new runs; those that run end as stopped. Returns when all workers are gone. Errors: none.
  Task<void> stop();

  std::size_t workers() const;
  std::size_t runs() const;

  class Core;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace sandbox
