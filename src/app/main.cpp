#include <malloc.h>

#include "app/boxed.h"
#include "app/cli.h"
#include "app/commands.h"
#include "app/terminal.h"
#include "net/reaper.h"
#include "sandbox/worker.h"

namespace {

// One heap for all threads, and large blocks outside of it: results of some hundred kilobytes go from thread to thread, and each
// thread's own heap would keep the most that it ever held.
void bound_heap() {
#ifdef __GLIBC__
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  // The process of a pool that runs untrusted code: it is this program, and becomes nothing else.
  if (sandbox::is_worker(argc, argv)) return sandbox::run_worker();
  bound_heap();
  // Before anything else: the process that watches over children is forked while there are no threads and nothing is open.
  auto reaper = net::Reaper::start(app::boxes());
  if (!reaper) {
    app::complain(reaper.error().message);
    return app::kFailed;
  }
  return app::run_cli(argc, argv, *reaper);
}
