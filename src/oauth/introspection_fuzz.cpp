// Whatever an issuer answers about a token, and wherever groups are looked for in it, nothing breaks and nothing without bounds comes out.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "oauth/introspection.h"
#include "oauth/issuer_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto claims = oauth::claims_of_introspection(text, "https://as.example", oauth::WallTime(std::chrono::seconds(1'800'000'000)));
  if (!claims) return 0;
  for (std::string_view path : {"groups", "realm_access.roles", "a.b.c"})
    if (oauth::texts_at(*claims, path).size() > 200) std::abort();
  (void)oauth::client_of(*claims);
  (void)oauth::parse_claims(*claims);
  return 0;
}
