// Any bytes as a JWK Set: what is read has a key, a type and a thumbprint.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "oauth/jwk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  auto set = oauth::parse_jwk_set(text);
  if (set) {
    for (const oauth::Jwk& key : set->keys) {
      bool serves = false;
      for (oauth::Alg alg : oauth::kAllAlgs) serves = serves || key.serves(alg);
      if (!serves || !key.key() || key.thumbprint().size() != 43) std::abort();
    }
  }
  (void)oauth::jwk_thumbprint(text);
  return 0;
}
