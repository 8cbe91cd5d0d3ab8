// The command line.
#pragma once

namespace net {
class Reaper;
}

namespace app {

// Reads the command line and does what it says. Returns the exit status.
int run_cli(int argc, char** argv, net::Reaper& reaper);

}  // namespace app
