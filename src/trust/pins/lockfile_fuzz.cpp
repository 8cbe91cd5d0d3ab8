// Any bytes as a lock file and as a file of definitions: nothing crashes, and a lock that is read is written so that it is read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "trust/pins/difference_text.h"
#include "trust/pins/lockfile.h"
#include "trust/pins/offer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto lock = trust::read_lock(text)) {
    auto again = trust::read_lock(trust::write_lock(*lock));
    if (!again || trust::write_lock(*again) != trust::write_lock(*lock)) std::abort();
  }
  auto offer = trust::read_offer(text);
  if (!offer) return 0;
  if (!trust::differences(*offer, *offer).empty()) std::abort();
  for (const trust::Difference& one : trust::differences({}, *offer)) (void)trust::side_by_side(one, 80);
  return 0;
}
