// Where a call stands in a trace: read from what came with it, and told to the upstream.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/record.h"
#include "sdk/handler.h"

namespace gateway {

// Fills `trace` from `_meta` of a request (W3C Trace Context; Base Protocol, "_meta") and the headers of the HTTP request that brought it:
// those are a link, and the parent where `_meta` names none. `share`: nothing is traced without it, and what came is only noted. With it
// the call gets spans of its own; whether they are sampled is the parent's decision, else that share of all traces is. What is malformed is
// not there.
void begin_trace(base::TraceContext& trace, const sdk::Inbound& in, std::optional<double> share);

// The same for a call that `parent` makes for its caller.
void begin_trace_within(base::TraceContext& trace, const base::TraceContext& parent);

// Reads the plain text of a `traceparent` into trace id, span id and flag. False, and nothing read: it is none.
bool read_traceparent(std::string_view text, base::TraceContext& trace);

// What the upstream is told: the request to it is the parent of whatever it does. Empty: the call has no spans.
std::string upstream_traceparent(const base::TraceContext& trace);

// `params` with the trace context of the call in their `_meta`. Empty: they stay as they came, since the call has no spans.
std::string traced_params(std::string_view params, const base::TraceContext& trace);

// Counts the tokens of what was asked and what was answered: exactly for a call that is sampled, by size for others and for what is large.
void note_tokens(base::CallRecord& record, std::string_view arguments, std::string_view result);

}  // namespace gateway
