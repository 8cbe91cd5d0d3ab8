#include "app/cli.h"
#include "app/commands.h"
#include "app/terminal.h"
#include "net/reaper.h"

int main(int argc, char** argv) {
  // Before anything else: the process that watches over children is forked while there are no threads and nothing is open.
  auto reaper = net::Reaper::start();
  if (!reaper) {
    app::complain(reaper.error().message);
    return app::kFailed;
  }
  return app::run_cli(argc, argv, *reaper);
}
