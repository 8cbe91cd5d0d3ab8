#include "observe/span.h"

#include <algorithm>
#include <utility>

#include "observe/semconv.h"

namespace observe {
namespace {

using base::CallRecord;
using base::Outcome;

// Of one attribute. A collector cuts or refuses what is longer.
constexpr std::size_t kMostText = 1024;
constexpr std::size_t kMostContent = 32 * 1024;

template <std::size_t N>
bool present(const std::array<std::uint8_t, N>& id) {
  return std::ranges::any_of(id, [](std::uint8_t byte) { return byte != 0; });
}

bool is_tool(const CallRecord& record) { return record.method == "tools/call"; }
bool is_prompt(const CallRecord& record) { return record.method == "prompts/get"; }

std::uint64_t nanos(std::chrono::system_clock::time_point time) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

// How many bytes the character at the begin of `text` has; 0 where that is no UTF-8 (RFC 3629).
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0; };
  const auto tail = [&](std::size_t at) { return (byte(at) & 0xC0) == 0x80; };
  const int first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0)) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90)) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

// With a mark for each byte that belongs to no character: collectors refuse a batch for one of them.
std::string readable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = character(text);
    if (size == 0)
      out += '?';
    else
      out += text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

class Attributes {
 public:
  explicit Attributes(std::vector<Attribute>& out) : out_(out) {}
  void text(std::string_view key, std::string_view value, std::size_t most = kMostText) {
    if (!value.empty()) out_.push_back({key, readable(bounded(value, most))});
  }
  void number(std::string_view key, std::int64_t value) { out_.push_back({key, value}); }

 private:
  std::vector<Attribute>& out_;
};

void add_content(Attributes& to, const CallRecord& record, const SpanRules& rules) {
  if (auto arguments = content_of(record.arguments, rules)) {
    to.text(semconv::kInput, *arguments, kMostContent);
    to.text(semconv::kInputType, "application/json");
    if (is_tool(record)) to.text(semconv::kToolArguments, *arguments, kMostContent);
  }
  if (auto result = content_of(record.result, rules)) {
    to.text(semconv::kOutput, *result, kMostContent);
    to.text(semconv::kOutputType, "application/json");
    if (is_tool(record)) to.text(semconv::kToolResult, *result, kMostContent);
  }
}

// What both spans say.
void add_call(Attributes& to, const CallRecord& record) {
  to.text(semconv::kMethod, record.method);
  if (is_tool(record)) {
    to.text(semconv::kOperation, semconv::kExecuteTool);
    to.text(semconv::kToolName, record.name);
  } else if (is_prompt(record)) {
    to.text(semconv::kPromptName, record.name);
  } else if (record.method.starts_with("resources/")) {
    to.text(semconv::kResourceUri, record.name);
  }
  to.text(semconv::kServer, record.server);
  to.text(semconv::kErrorType, error_type(record));
  if (record.rpc_code != 0) to.text(semconv::kStatusCode, std::to_string(record.rpc_code));
}

Span server_span(const CallRecord& record, const SpanRules& rules) {
  Span out;
  out.trace = record.trace.trace;
  out.span = record.trace.span;
  out.parent = record.trace.parent;
  out.remote_parent = record.parent == 0 && present(out.parent);
  out.state = record.trace.state;
  out.name = record.method;
  if ((is_tool(record) || is_prompt(record)) && !record.name.empty()) (out.name += ' ') += readable(bounded(record.name, 128));
  // A call within a call came from no client: it is the gateway's own work.
  out.kind = record.parent == 0 ? SpanKind::server : SpanKind::internal;
  out.begin = nanos(record.began);
  out.end = out.begin + static_cast<std::uint64_t>(record.duration.count());
  if (present(record.trace.linked_span)) out.links.push_back({record.trace.linked_trace, record.trace.linked_span});

  Attributes to(out.attributes);
  add_call(to, record);
  to.text(semconv::kRequestId, record.request_id);
  to.text(semconv::kRevision, record.revision);
  to.text(semconv::kSession, record.session);
  if (record.parent == 0) {
    const bool http = record.transport == "http";
    to.text(semconv::kTransport, http ? "tcp" : record.transport == "socket" ? "unix" : "pipe");
    if (http) to.text(semconv::kProtocol, "http");
    to.text(semconv::kClientAddress, record.address);
  }
  if (record.caller) {
    to.text(semconv::kUser, record.caller->user.empty() ? record.caller->id : record.caller->user);
    to.text(semconv::kCaller, record.caller->id);
  }
  to.text(semconv::kSessionId, record.session);
  to.text(semconv::kClient, record.client);
  to.number(semconv::kCall, static_cast<std::int64_t>(record.number));
  to.text(semconv::kDecision, record.decision);
  to.text(semconv::kRule, record.rule);
  to.text(semconv::kApproval, record.approval);
  to.text(semconv::kPin, record.pin);
  if (record.error) to.text(semconv::kCode, mcp::code_name(*record.error));
  if (record.tokens_in > 0) to.number(semconv::kTokensIn, record.tokens_in);
  if (record.tokens_out > 0) to.number(semconv::kTokensOut, record.tokens_out);
  if (is_tool(record)) {
    to.text(semconv::kSpanKind, "TOOL");
    to.text(semconv::kOpenInferenceTool, record.name);
    to.text(semconv::kObservation, "tool");
  }
  add_content(to, record, rules);

  const bool fault = record.outcome == Outcome::tool_error || server_fault(record.rpc_code);
  if (fault) {
    out.status = SpanStatus::error;
    out.status_text = readable(bounded(record.message, kMostText));
  }
  if (record.outcome != Outcome::ok) {
    to.text(semconv::kLevel, fault ? "ERROR" : "WARNING");
    to.text(semconv::kStatusMessage, record.message);
  }
  return out;
}

Span client_span(const CallRecord& record, const SpanRules& rules, const Span& above) {
  Span out;
  out.trace = above.trace;
  out.span = record.trace.upstream;
  out.parent = above.span;
  out.state = above.state;
  out.name = above.name;
  out.kind = SpanKind::client;
  out.begin = above.begin + static_cast<std::uint64_t>(record.upstream_at.count());
  out.end = std::min(above.end, out.begin + static_cast<std::uint64_t>(record.upstream.count()));

  Attributes to(out.attributes);
  add_call(to, record);
  to.text(semconv::kRevision, record.server_revision);
  if (auto place = rules.upstreams.find(record.server); place != rules.upstreams.end()) {
    to.text(semconv::kTransport, place->second.pipe ? "pipe" : "tcp");
    if (!place->second.pipe) to.text(semconv::kProtocol, "http");
    to.text(semconv::kServerAddress, place->second.address);
    if (place->second.port != 0) to.number(semconv::kServerPort, place->second.port);
  }
  if (is_tool(record)) {
    // The tool is the span above; shown as one too it would have been called twice.
    to.text(semconv::kSpanKind, "CHAIN");
    to.text(semconv::kObservation, "span");
  }
  if (record.outcome == Outcome::tool_error || record.rpc_code != 0) {
    out.status = SpanStatus::error;
    out.status_text = readable(bounded(record.message, kMostText));
  }
  return out;
}

}  // namespace

std::string_view bounded(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::optional<std::string> content_of(const std::shared_ptr<const std::string>& text, const SpanRules& rules) {
  if (!text || rules.content == Content::none) return std::nullopt;
  if (rules.content == Content::full) return std::string(bounded(*text, kMostContent));
  if (!rules.redact) return std::nullopt;
  // Redacted first: what is cut through would not be known as a secret any more.
  return std::string(bounded(rules.redact(*text), kMostContent));
}

bool server_fault(int rpc_code) { return rpc_code == -32603 || (rpc_code <= -32000 && rpc_code >= -32099); }

std::string error_type(const CallRecord& record) {
  if (record.outcome == Outcome::tool_error) return std::string(semconv::kToolError);
  if (record.rpc_code != 0) return std::to_string(record.rpc_code);
  return record.error ? std::string(mcp::code_name(*record.error)) : std::string();
}

bool keeps_spans(const CallRecord& record, std::chrono::nanoseconds slow) {
  if (!present(record.trace.span)) return false;
  return record.trace.sampled || record.outcome != Outcome::ok || record.decision == "deny" ||
         (slow.count() > 0 && record.duration >= slow);
}

std::vector<Span> spans_of(const CallRecord& record, const SpanRules& rules) {
  std::vector<Span> out;
  if (!present(record.trace.span)) return out;
  out.push_back(server_span(record, rules));
  if (record.upstream.count() > 0) out.push_back(client_span(record, rules, out.front()));
  return out;
}

}  // namespace observe
