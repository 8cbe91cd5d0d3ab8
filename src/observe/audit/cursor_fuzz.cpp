// Whatever a cursor is: it is refused, or it comes back as it was written.
#include <cstdlib>

#include "observe/audit/checkpoint.h"
#include "observe/audit/cursor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto cursor = observe::parse_cursor(text)) {
    auto again = observe::parse_cursor(observe::cursor_text(*cursor));
    if (!again || again->seq != cursor->seq || again->log != cursor->log) std::abort();
  }
  (void)observe::parse_checkpoint(text);
  return 0;
}
