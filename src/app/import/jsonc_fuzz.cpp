// Settings of editors, changed in one place: what comes out says what went in, and the change.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "app/import/jsonc.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto plain = app::jsonc::parse_plain(text);
  if (!plain) return 0;
  if (*plain != "{}" && plain->size() != text.size()) std::abort();
  const std::vector<std::string> path{"mcpServers"};
  auto with = app::jsonc::with_member(text, path, "gatehouse", R"({"command":"gatehouse","args":["stdio"]})");
  if (!with) return 0;
  auto without = app::jsonc::without_member(*with, path, "gatehouse");
  // What was put in can be taken out again.
  if (!without && without.error().code != mcp::Code::internal) std::abort();
  return 0;
}
