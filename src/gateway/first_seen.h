// Clients that come: each legacy session, and a modern client's first request, as events.
#pragma once

#include <string>

#include "base/record.h"
#include "gateway/recent.h"
#include "sdk/handler.h"

namespace gateway {

// Threads: one loop only.
class FirstSeen {
 public:
  // A legacy client's handshake.
  static void connected(const base::Principal& who, const sdk::Inbound& in);
  // A modern client has no handshake: it is told of once for each caller, client, version and revision, as far as they are remembered.
  void called(const base::CallRecord& call, const sdk::Inbound& in);

 private:
  static constexpr std::size_t kMost = 4'096;
  static constexpr std::size_t kLongest = 256;  // bytes of what a client says of itself
  Recent<std::string, bool> known_{kMost};
};

}  // namespace gateway
