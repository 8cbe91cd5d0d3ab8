// What signals mean to a gateway.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <functional>

#include "base/loop.h"

namespace app {

// The first SIGTERM or SIGINT calls `stop` on the loop; a second one ends the process at once, with status 1. SIGHUP is answered with a
// warning, as a config cannot be read again yet.
// Threads: the loop's; destroy it on the loop's thread or after the loop.
class Stopping {
 public:
  Stopping(base::Loop& loop, std::function<void()> stop);

 private:
  void wait();

  boost::asio::basic_signal_set<base::Executor> signals_;
  std::function<void()> stop_;
  int asked_ = 0;
};

}  // namespace app
