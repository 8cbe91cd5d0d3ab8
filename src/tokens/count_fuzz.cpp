// Any bytes are counted: the pieces make up the text, and what is counted to a limit agrees with what is counted whole.
#include <cstdint>
#include <cstdlib>

#include "tokens/count.h"
#include "tokens/pieces.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string mended = tokens::mended_utf8(text);
  if (!tokens::is_utf8(mended) || (mended == text) != tokens::is_utf8(text)) std::abort();
  for (std::size_t at = 0; at < mended.size();) {
    const std::size_t end = tokens::piece_end(mended, at);
    if (end <= at || end > mended.size()) std::abort();
    at = end;
  }
  const std::size_t all = tokens::count(text);
  if (all > mended.size() || (all == 0) != text.empty()) std::abort();
  const std::size_t most = size % 7;
  const std::size_t counted = tokens::count_to(text, most);
  if ((counted > most) != (all > most)) std::abort();
  if (tokens::is_utf8(text)) {
    const std::size_t fits = tokens::prefix_of(text, most);
    if (fits > size || tokens::count(text.substr(0, fits)) > most + 1) std::abort();
  }
  return 0;
}
