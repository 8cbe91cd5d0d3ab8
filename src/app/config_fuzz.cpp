#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/config.h"

// Whatever the text is, reading it ends, gives either a config or an error, and every finding has a text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto nothing = [](const std::string&) -> std::optional<std::string> { return {}; };
  app::ReadConfig read = app::parse_config({reinterpret_cast<const char*>(data), size}, "fuzz.yaml", "/nonexistent", nothing);
  bool refused = false;
  for (const app::Finding& finding : read.findings) {
    refused = refused || finding.level == app::Finding::Level::error;
    if (finding.text.empty()) std::abort();
  }
  if (refused == read.config.has_value()) std::abort();
  return 0;
}
