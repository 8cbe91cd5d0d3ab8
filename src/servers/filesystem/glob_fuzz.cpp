// A pattern and a path, split at the first line break: matching ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "servers/filesystem/edit.h"
#include "servers/filesystem/glob.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t line = std::min(text.find('\n'), text.size());
  std::string_view pattern = text.substr(0, line);
  std::string_view path = text.substr(std::min(line + 1, text.size()));
  if (auto glob = servers::Glob::parse(pattern)) (void)glob->matches(path);
  if (auto globs = servers::Globs::parse_excludes({std::string(pattern)})) (void)globs->matches(path);
  // The same bytes as an edit, whose difference must be told.
  auto edited = servers::apply_edits(std::string(path), {{std::string(pattern), "new"}});
  if (edited && servers::unified_diff("f", path, *edited).empty() != (*edited == path)) __builtin_trap();
  return 0;
}
