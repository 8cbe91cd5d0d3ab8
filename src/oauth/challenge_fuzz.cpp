#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "oauth/challenge.h"

// Whatever the line is, reading it ends; what came out has a scheme and no parameter twice.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto challenges = oauth::parse_challenges({reinterpret_cast<const char*>(data), size});
  if (!challenges) return challenges.error().message.empty() ? std::abort(), 0 : 0;
  for (const auto& one : *challenges) {
    if (one.scheme.empty() || (!one.token68.empty() && !one.parameters.empty())) std::abort();
    for (const auto& [name, value] : one.parameters)
      if (*one.find(name) != value) std::abort();
  }
  return 0;
}
