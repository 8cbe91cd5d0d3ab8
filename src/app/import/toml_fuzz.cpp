// Settings of Codex, read and changed: what comes out can be read, and says the change.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "app/import/toml_text.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto json = app::toml_text::parse_to_json(text);
  if (!json) return 0;
  if (!base::validate_json(*json)) std::abort();
  const std::vector<std::string> lines{"command = \"gatehouse\"", "args = [\"stdio\"]"};
  auto with = app::toml_text::with_table(text, "mcp_servers", "gatehouse", lines);
  if (!with) return 0;
  auto off = app::toml_text::switched_off(*with, "mcp_servers", "gatehouse");
  if (off && !app::toml_text::parse_to_json(*off)) std::abort();
  return 0;
}
