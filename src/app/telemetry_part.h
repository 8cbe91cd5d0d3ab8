// Telemetry as the config wants it: the exporter, and the numbers that it is given from time to time.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "app/config.h"
#include "base/blocking.h"
#include "base/task_group.h"
#include "observe/families.h"
#include "observe/telemetry.h"

namespace app {

// Owns: the exporter and its thread.
// Threads: the gateway's loop.
class TelemetryPart {
 public:
  // Null where the config wants none.
  static std::unique_ptr<TelemetryPart> open(const AppConfig& config, base::Loop& loop, base::BlockingPool& pool);
  TelemetryPart(const AppConfig& config, base::Loop& loop, base::BlockingPool& pool);

  observe::Telemetry& exporter() { return exporter_; }
  // Where the numbers come from; called on the loop.
  void gather(std::function<std::vector<observe::Family>()> from) { gather_ = std::move(from); }
  void start();
  // Sends what waits, for a moment.
  base::Task<void> stop();

 private:
  base::Task<void> push();
  void push_once();

  base::Loop& loop_;
  base::BlockingPool& pool_;
  base::Millis every_;
  std::uint64_t since_;
  observe::Telemetry exporter_;
  std::function<std::vector<observe::Family>()> gather_;
  base::TaskGroup work_;
};

}  // namespace app
