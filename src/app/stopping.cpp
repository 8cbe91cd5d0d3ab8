#include "app/stopping.h"

#include <unistd.h>

#include <csignal>

#include "base/log.h"

namespace app {

Stopping::Stopping(base::Loop& loop, std::function<void()> stop, std::function<void()> reload)
    : signals_(loop.executor(), SIGTERM, SIGINT, SIGHUP), stop_(std::move(stop)), reload_(std::move(reload)) {
  wait();
}

void Stopping::wait() {
  signals_.async_wait([this](base::ErrorCode ec, int signal) {
    if (ec) return;
    if (signal == SIGHUP) {
      if (asked_ == 0) reload_();
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
