// A place in an audit trail, as exports and pages name it: `<trail>-<number of a record>`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace observe {

struct AuditCursor {
  std::string log;
  std::int64_t seq = 0;
};
std::string cursor_text(const AuditCursor& cursor);
// Errors: invalid_argument.
mcp::Result<AuditCursor> parse_cursor(std::string_view text);

}  // namespace observe
