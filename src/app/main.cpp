#include "app/boxed.h"
#include "app/cli.h"
#include "app/commands.h"
#include "app/terminal.h"
#include "net/reaper.h"
#include "sandbox/worker.h"

int main(int argc, char** argv) {
  // The process of a pool that runs untrusted code: it is this program, and becomes nothing else.
  if (sandbox::is_worker(argc, argv)) return sandbox::run_worker();
  // Before anything else: the process that watches over children is forked while there are no threads and nothing is open.
  auto reaper = net::Reaper::start(app::boxes());
  if (!reaper) {
    app::complain(reaper.error().message);
    return app::kFailed;
  }
  return app::run_cli(argc, argv, *reaper);
}
