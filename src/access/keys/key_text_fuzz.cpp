// API keys of strangers.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "access/keys/key_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto id = authz::parse_key_text(text);
  if (!id) return 0;
  if (id->size() != authz::kKeyIdSize) std::abort();
  // One slip anywhere is found.
  std::string other = text;
  other.back() = other.back() == 'a' ? 'b' : 'a';
  if (authz::parse_key_text(other)) std::abort();
  return 0;
}
