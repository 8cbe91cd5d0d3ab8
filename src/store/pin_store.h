// What was approved of each server, what was seen first, and what is held back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace store {

// One pin. Its words are those of the room trust (pin_kind_name, pin_state_name); here they are only kept.
struct StoredPin {
  std::string server;
  std::string kind;
  std::string name;
  std::string digest;
  std::string caller;
  std::string state;
  std::string reason;
  std::string text;
  bool operator==(const StoredPin&) const = default;
};

// A pin is found by its server, kind, name, digest and caller.
// Threads: any. Calls may wait for a disk or a network: not for a loop, but for load() at the start.
class PinStore {
 public:
  virtual ~PinStore() = default;
  // All of them, by server, kind, name, digest and caller. Errors: internal.
  virtual mcp::Result<std::vector<StoredPin>> load() = 0;
  // Forgets the ones and then writes the others, in place of what was under the same key, all or nothing; durable when it returns.
  // Errors: internal.
  virtual mcp::Result<> change(const std::vector<StoredPin>& forgotten, const std::vector<StoredPin>& written) = 0;
  // A number that is another one after each change(). Errors: internal.
  virtual mcp::Result<std::int64_t> version() = 0;
};

}  // namespace store
