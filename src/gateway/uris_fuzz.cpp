// Any URI and template: a prefix comes off as it went on, and nothing runs over an end.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/uris.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::size_t line = input.find('\n');
  std::string_view one = input.substr(0, line), other = line == std::string_view::npos ? std::string_view() : input.substr(line + 1);
  (void)gateway::template_matches(one, other);
  if (auto plain = gateway::unprefixed_uri(one))
    if (gateway::prefixed_uri(plain->server, plain->uri) != one) std::abort();
  return 0;
}
