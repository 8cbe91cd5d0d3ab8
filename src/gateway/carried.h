// What clients carry back to us: states of parked calls, ids of tasks, cursors, handles. Sealed, so that nobody else can read, change or
// make one, and with the instance that made it inside.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "mcp/result.h"
#include "sdk/seal.h"

namespace gateway {

// What a sealed text is for; one of another kind does not open.
enum class CarriedKind { call_state, upstream_state, task, cursor, handle, session, consent, sign_in };
inline constexpr std::size_t kCarriedKinds = 8;

// What is in one.
struct Carried {
  std::string instance;  // the instance that made it, and may hold what it names
  std::string body;
};

// The instance that such a text names, without looking whether it opens; empty when there is none.
std::string_view carried_by(std::string_view sealed);

// Threads: any.
class Carrier {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  // `instance` names this process among its peers, who have the same `state_keys`: what one seals, all open, until the key is taken out
  // of the list. Without keys nobody else opens it, and nobody at all after a restart.
  explicit Carrier(std::string instance, std::span<const sdk::Sealer::KeyMaterial> state_keys = {});

  const std::string& instance() const { return instance_; }

  // `body`, for `caller` (Principal::id) alone and until `expires`. The text begins with the instance, for all to read, and a dot; what
  // follows is base64. open() sees to it that the instance was not changed either.
  std::string seal(CarriedKind kind, std::string_view body, std::string_view caller, WallTime expires) const;
  // Errors: invalid_argument (not sealed by us, changed, for another caller or purpose, or expired at `now`); it does not say which.
  mcp::Result<Carried> open(CarriedKind kind, std::string_view sealed, std::string_view caller, WallTime now) const;

 private:
  std::string instance_;
  const sdk::Sealer& sealer(CarriedKind kind) const { return *sealers_[static_cast<std::size_t>(kind)]; }

  // One for each kind, under keys of its own.
  std::array<std::unique_ptr<const sdk::Sealer>, kCarriedKinds> sealers_;
};

}  // namespace gateway
