// From a connection to a caller.
#pragma once

#include <memory>
#include <string_view>

#include "base/record.h"
#include "mcp/result.h"

namespace authz {

using base::Principal;

// What the transport knows of the other side.
struct Peer {
  enum class Kind { tcp, unix_socket, stdio };
  Kind kind = Kind::tcp;
  std::string_view address;  // of a tcp peer, numeric
};

// Says who is calling. Without sign-in that is `local` for whoever is on this machine, and nobody else.
// Threads: any.
class Identity {
 public:
  Identity();
  // Errors: unauthenticated (a peer that is not on this machine).
  mcp::Result<std::shared_ptr<const Principal>> identify(const Peer& peer) const;

 private:
  std::shared_ptr<const Principal> local_;
};

// True for a numeric address of this machine: 127.0.0.0/8, ::1, and the mapped form of the first.
bool is_loopback(std::string_view address);

// Whether the gateway may listen on `host` (a numeric address or `localhost`) as long as nobody has to sign in.
// Error: denied, with what to do.
mcp::Result<> may_listen(std::string_view host);

}  // namespace authz
