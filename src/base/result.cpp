#include "mcp/result.h"

namespace mcp {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::invalid_argument: return "invalid_argument";
    case Code::unauthenticated: return "unauthenticated";
    case Code::denied: return "denied";
    case Code::not_found: return "not_found";
    case Code::conflict: return "conflict";
    case Code::too_large: return "too_large";
    case Code::rate_limited: return "rate_limited";
    case Code::cancelled: return "cancelled";
    case Code::timeout: return "timeout";
    case Code::unavailable: return "unavailable";
    case Code::upstream_failed: return "upstream_failed";
    case Code::internal: return "internal";
  }
  return "internal";
}

}  // namespace mcp
