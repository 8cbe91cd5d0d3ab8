#include "app/stopping.h"

#include <unistd.h>

#include <csignal>

#include "base/log.h"

namespace app {

Stopping::Stopping(base::Loop& loop, std::function<void()> stop)
    : signals_(loop.executor(), SIGTERM, SIGINT, SIGHUP), stop_(std::move(stop)) {
  wait();
}

void Stopping::wait() {
  signals_.async_wait([this](base::ErrorCode ec, int signal) {
    if (ec) return;
    if (signal == SIGHUP) {
      base::log::warn("reading the config again is not built yet; restart to use a new one");
    } else if (++asked_ == 1) {
      base::log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      stop_();
    } else {
      ::_exit(1);
    }
    wait();
  });
}

}  // namespace app
