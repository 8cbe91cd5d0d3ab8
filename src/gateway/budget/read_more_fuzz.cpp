// What clients ask for the rest with: any bytes give a place or an error.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.h"
#include "gateway/budget/read_more.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto place = gateway::rest_in_uri(std::string(gateway::kResultUri) + text);
  if (place && place->handle.size() > size) std::abort();
  if (base::validate_json(text)) (void)gateway::rest_in_arguments(text);
  return 0;
}
