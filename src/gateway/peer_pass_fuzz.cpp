// Any bytes as a pass, and as a text that may hold what instances sealed: what decodes is written again as it was.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/peer_pass.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const gateway::PeerKeys keys({});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (keys.read(text, {})) std::abort();
  if (auto decoded = gateway::decode_pass(text)) {
    auto again = gateway::decode_pass(gateway::encode_pass(decoded->first, decoded->second));
    if (!again || again->first.digest != decoded->first.digest || again->second != decoded->second) std::abort();
  }
  for (std::string_view one : gateway::find_carried(text, 8))
    if (one.size() != 32) std::abort();
  return 0;
}
