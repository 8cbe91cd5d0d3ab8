// Trace context of a peer: what is accepted has only characters that may stand in a header.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/trace_context.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  bool accepted = protocol::valid_traceparent(text);
  accepted = protocol::valid_tracestate(text) || accepted;
  accepted = protocol::valid_baggage(text) || accepted;
  if (!accepted) return 0;
  for (char c : text)
    if ((c < 0x20 && c != '\t') || c == 0x7f) std::abort();
  return 0;
}
