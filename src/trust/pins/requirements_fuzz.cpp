#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "trust/pins/requirements.h"

// Whatever the bytes are: they are read or refused, and what was read is written so that it reads the same again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = trust::parse_requirements({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  const auto again = trust::parse_requirements(trust::requirements_text(*read));
  if (!again || again->size() != read->size()) std::abort();
  return 0;
}
