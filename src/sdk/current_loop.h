// The event loop of this thread, for public calls that cannot name one.
#pragma once

#include "base/blocking.h"
#include "base/loop.h"
#include "net/reaper.h"

namespace sdk {

// What a thread needs to run clients: its loop, and how children are started.
struct Runtime {
  base::Loop* loop = nullptr;
  net::Reaper* reaper = nullptr;
};

// The thread's runtime: inside mcp::run and mcp::block_on, or inside of a Scope. Null members elsewhere.
Runtime current_runtime();

// Makes `runtime` the thread's until the end of the scope.
class RuntimeScope {
 public:
  explicit RuntimeScope(Runtime runtime);
  ~RuntimeScope();
  RuntimeScope(const RuntimeScope&) = delete;
  RuntimeScope& operator=(const RuntimeScope&) = delete;

 private:
  Runtime before_;
};

// The process's reaper, started at the first call. Error: unavailable.
base::Result<net::Reaper*> process_reaper();

}  // namespace sdk
