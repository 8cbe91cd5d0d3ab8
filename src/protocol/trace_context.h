// The formats of trace context in `_meta`: W3C Trace Context and W3C Baggage (Base Protocol, "_meta").
#pragma once

#include <string_view>

namespace protocol {

// `text` is the plain value, without JSON's quotes. What is longer than a peer has to carry (512 bytes of tracestate, 8192 of baggage)
// is malformed here too.
bool valid_traceparent(std::string_view text);
bool valid_tracestate(std::string_view text);
bool valid_baggage(std::string_view text);

// Whether `value`, the JSON text of the member `key` of a `_meta`, may be passed on: every value of other keys may.
bool may_carry_trace(std::string_view key, std::string_view value);

}  // namespace protocol
