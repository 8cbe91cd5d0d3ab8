// What signals mean to a gateway.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <functional>

#include "base/loop.h"

namespace app {

// The first SIGTERM or SIGINT calls `stop` on the loop; a second one ends the process at once, with status 1. SIGHUP calls `reload`.
// Threads: the loop's; destroy it on the loop's thread or after the loop.
class Stopping {
 public:
  Stopping(base::Loop& loop, std::function<void()> stop, std::function<void()> reload);

 private:
  void wait();

  boost::asio::basic_signal_set<base::Executor> signals_;
  std::function<void()> stop_, reload_;
  int asked_ = 0;
};

}  // namespace app
