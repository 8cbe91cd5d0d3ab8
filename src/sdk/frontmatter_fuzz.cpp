// Any bytes as a SKILL.md: what is accepted is JSON that equals itself.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sdk/frontmatter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto json = sdk::frontmatter_json(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!json) return 0;
  auto tree = mcp::Json::parse(*json);
  if (!tree || !sdk::same_json(tree->root(), tree->root())) std::abort();
  return 0;
}
