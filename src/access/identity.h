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

// How callers come in.
enum class Door {
  local,  // whoever is on this machine, and nobody else
  keys,   // with an API key, and by the socket beside the store
  open,   // anybody
};

// Says who is calling, where no credential said it. That is `local` for whoever is on this machine, and nobody else; through an open door,
// anybody else is `anonymous`.
// Threads: any.
class Identity {
 public:
  Identity();
  // Errors: unauthenticated (a peer that is not on this machine).
  mcp::Result<std::shared_ptr<const Principal>> identify(const Peer& peer) const;
  void use(Door door) { door_ = door; }

 private:
  std::shared_ptr<const Principal> local_, anonymous_;
  Door door_ = Door::local;
};

// True for a numeric address of this machine: 127.0.0.0/8, ::1, and the mapped form of the first.
bool is_loopback(std::string_view address);

// Whether the gateway may listen on `host` (a numeric address or `localhost`) with this door. Error: denied, with what to do.
mcp::Result<> may_listen(std::string_view host, Door door = Door::local);

}  // namespace authz
