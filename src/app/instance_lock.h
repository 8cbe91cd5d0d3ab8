// One gateway per store: the lock beside it, which also says where that gateway is.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "mcp/result.h"
#include "net/reaper.h"

namespace app {

// The gateway that holds a lock, as it wrote of itself.
struct RunningGateway {
  pid_t pid = 0;        // 0: it did not say
  std::string address;  // "127.0.0.1:8811", or empty while it starts
};

// Held from take() until destroyed, or until the process ends in any way: a lock left behind by a dead process is no lock.
class InstanceLock {
 public:
  // Errors: conflict (a gateway runs on this store; names its pid), unavailable (the file cannot be written).
  static mcp::Result<InstanceLock> take(const std::string& path);

  InstanceLock(InstanceLock&&) noexcept = default;
  InstanceLock& operator=(InstanceLock&&) noexcept = default;
  ~InstanceLock();

  // Writes where this gateway listens.
  void note(const std::string& address);

 private:
  explicit InstanceLock(net::Fd file) : file_(std::move(file)) {}
  net::Fd file_;
};

// The gateway that holds the lock at `path`, or nothing when none does.
std::optional<RunningGateway> find_running(const std::string& path);

// The process that listens on this TCP port, as /proc shows it to this user, or nothing.
std::optional<pid_t> find_listener(std::uint16_t port);

}  // namespace app
