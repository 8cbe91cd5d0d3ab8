// The address that an old server names: whatever it says, messages stay at its own origin.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sdk/sse_connection.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const net::Url stream = *net::parse_url("https://h.example/a/sse?x=1");
  auto url = sdk::endpoint_url(stream, std::string_view(reinterpret_cast<const char*>(data), size));
  if (url && url->origin != stream.origin) std::abort();
  return 0;
}
