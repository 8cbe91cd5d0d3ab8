// Trace context of a peer: what is read from it can be written again, and is another one only in the span.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/tracing.h"
#include "protocol/trace_context.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  base::TraceContext trace;
  if (!gateway::read_traceparent(text, trace)) return 0;
  trace.upstream = trace.parent;
  const std::string again = gateway::upstream_traceparent(trace);
  if (!protocol::valid_traceparent(again) || again.substr(2, 50) != text.substr(2, 50)) std::abort();
  return 0;
}
