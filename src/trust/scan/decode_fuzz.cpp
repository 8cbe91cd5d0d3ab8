// Any bytes: what comes out of encodings keeps its bounds, and its places are those of the text.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "trust/scan/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto all = trust::scan::find_encoded(text);
  if (all.size() > 5 * trust::scan::kMostDecoded) std::abort();
  for (const trust::scan::Decoded& one : all)
    if (one.begin > one.end || one.end > size || one.text.size() > trust::scan::kLargestDecoded + 64) std::abort();
  return 0;
}
