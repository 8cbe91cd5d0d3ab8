// Any bytes as what a client carries back: only what was sealed opens, and it opens as it was sealed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "gateway/carried.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gateway::CarriedKind;
  static const std::vector<sdk::Sealer::KeyMaterial> keys{sdk::Sealer::KeyMaterial(std::string(32, 'k'))};
  static const gateway::Carrier carrier("fuzz", keys);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const gateway::Carrier::WallTime now{};
  (void)carrier.open(CarriedKind::session, text, "me", now);
  std::string sealed = carrier.seal(CarriedKind::session, text, "me", now + std::chrono::seconds(1));
  auto opened = carrier.open(CarriedKind::session, sealed, "me", now);
  if (!opened || opened->body != text || opened->instance != "fuzz") std::abort();
  if (carrier.open(CarriedKind::task, sealed, "me", now)) std::abort();
  if (!text.empty()) {
    sealed[data[0] % (sealed.size() - 4)] ^= 1;
    if (carrier.open(CarriedKind::session, sealed, "me", now)) std::abort();
  }
  return 0;
}
