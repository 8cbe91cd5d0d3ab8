// Text that travels through a peer and must come back unchanged.
#pragma once

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "mcp/result.h"

namespace sdk {

// Seals with AES-256-GCM: nobody without the key can read, change or make a sealed text.
// Threads: any.
class Sealer {
 public:
  using WallTime = std::chrono::system_clock::time_point;
  using KeyMaterial = base::Secret<std::string>;

  // A random key, which ends with this Sealer.
  Sealer();
  // Keys derived for `purpose` (HKDF-SHA256) from secrets that others have, too: the first one seals, all of them open. A sealed text
  // names its key, so that opening is one try. Without secrets: a random key.
  Sealer(std::span<const KeyMaterial> secrets, std::string_view purpose);
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;
  ~Sealer();

  // `text`, bound to `context` and good until `expires`.
  std::string seal(std::string_view text, std::string_view context, WallTime expires) const;
  // Errors: invalid_argument (not sealed here, changed, of another context, or expired at `now`); it does not say which.
  mcp::Result<std::string> open(std::string_view sealed, std::string_view context, WallTime now) const;

 private:
  struct Key {
    std::array<unsigned char, 4> id;
    std::array<unsigned char, 32> bytes;
  };
  std::vector<Key> keys_;  // never empty
};

}  // namespace sdk
