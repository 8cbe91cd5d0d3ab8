// Text that travels through a peer and must come back unchanged.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace sdk {

// Seals with AES-256-GCM under a key of its own: nobody else can read, change or make a sealed text.
// Threads: any.
class Sealer {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  Sealer();
  ~Sealer();

  // `text`, bound to `context` and good until `expires`.
  std::string seal(std::string_view text, std::string_view context, WallTime expires) const;
  // Errors: invalid_argument (not sealed here, changed, of another context, or expired at `now`); it does not say which.
  mcp::Result<std::string> open(std::string_view sealed, std::string_view context, WallTime now) const;

 private:
  std::array<unsigned char, 32> key_;
};

}  // namespace sdk
