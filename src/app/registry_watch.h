// Watches whether servers that came from a registry are still good there.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "app/config.h"
#include "base/blocking.h"
#include "base/loop.h"
#include "base/task_group.h"
#include "trust/registry/added.h"
#include "trust/registry/record.h"

namespace app {

// Asks at the start and each day about every server of the config that `gatehouse registry add` put there. One that was deprecated or
// deleted since, or that is described otherwise than when it was added, is an event: a line of the log, at each change, and a number of the
// metrics. A registry that does not answer says nothing, and that is logged once. Threads: the loop's. end() before destroying it, unless
// the loop has stopped.
class RegistryWatch {
 public:
  static constexpr base::Millis kBetween{24 * 60 * 60 * 1000};

  // `config` gives the one in use. Starts at once.
  RegistryWatch(base::Loop& loop, base::BlockingPool& pool, std::function<const AppConfig&()> config);

  // By the server's id: `active`, `deprecated`, `deleted`, `changed` or `unknown`. Threads: the loop's.
  const std::map<std::string, std::string>& states() const { return states_; }
  base::Task<void> end();

 private:
  base::Task<void> run();
  base::Task<void> look();
  void learn(const std::string& id, const trust::AddedServer& added, const mcp::Result<trust::RegistryServer>& answer);

  base::Loop& loop_;
  base::BlockingPool& pool_;
  std::function<const AppConfig&()> config_;
  std::map<std::string, std::string> states_;
  base::TaskGroup work_;
};

// Those states as metrics, in the exposition format.
std::string registry_metrics(const std::map<std::string, std::string>& states);

}  // namespace app
