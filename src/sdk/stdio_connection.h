// A connection to a child process.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/task_group.h"
#include "protocol/era_probe.h"
#include "protocol/message.h"
#include "sdk/connection.h"

namespace sdk {

// Threads: one loop only.
class StdioConnection final : public Connection {
 public:
  StdioConnection(Loop& loop, net::Reaper& reaper, net::ChildCommand command, net::ChildOptions child, ConnectionOptions options);
  ~StdioConnection() override;

  // Starts the child and settles the era.
  Task<void> open();

  Task<Reply> request(protocol::Method method, std::string params, CallOptions options) override;
  void notify(protocol::Method method, std::string params, std::string_view name = {}) override;
  Task<void> close(Millis grace) override;
  bool alive() const override;
  bool correlates() const override { return false; }
  std::string why() const override;

  struct Core;

 private:
  Task<void> start();
  Task<void> settle_era();
  Task<void> probe();
  Task<void> initialize(const protocol::Revision& revision);
  Task<Reply> send(const protocol::Revision& revision, protocol::Method method, std::string params, CallOptions options);
  Task<void> watch();

  Loop& loop_;
  net::Reaper& reaper_;
  net::ChildCommand command_;
  net::ChildOptions child_options_;
  std::shared_ptr<const ConnectionOptions> options_;
  std::shared_ptr<Core> core_;
  std::stop_source closing_;
  base::TaskGroup tasks_;
};

}  // namespace sdk
