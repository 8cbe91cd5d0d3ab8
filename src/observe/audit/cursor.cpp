#include "observe/audit/cursor.h"

#include <charconv>

namespace observe {

std::string cursor_text(const AuditCursor& cursor) { return cursor.log + "-" + std::to_string(cursor.seq); }

mcp::Result<AuditCursor> parse_cursor(std::string_view text) {
  const mcp::Error wrong(mcp::Code::invalid_argument, "this is no cursor of an audit trail; take the one of the last record that came");
  const std::size_t dash = text.find('-');
  if (dash != 16 || text.size() > 40) return wrong;
  AuditCursor out;
  out.log = text.substr(0, dash);
  if (out.log.find_first_not_of("0123456789abcdef") != std::string::npos) return wrong;
  const std::string_view digits = text.substr(dash + 1);
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), out.seq);
  if (digits.empty() || ec != std::errc() || end != digits.data() + digits.size() || out.seq < 0) return wrong;
  return out;
}

}  // namespace observe
