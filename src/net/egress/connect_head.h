// The head of a CONNECT request (RFC 9110 section 9.3.6), as a confined program sends it to its proxy.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "mcp/result.h"
#include "net/egress/allow_list.h"

namespace net {

struct ConnectHead {
  EgressTarget target;
  std::size_t size = 0;  // bytes of the head; what follows is the tunnel's
};

// Reads `bytes`. Nothing: more must come first. Errors: invalid_argument (no head, or over 8 KiB), denied (another method).
mcp::Result<std::optional<ConnectHead>> read_connect_head(std::string_view bytes);

}  // namespace net
