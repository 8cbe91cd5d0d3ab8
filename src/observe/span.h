// Spans of OpenTelemetry, and the ones that a call leaves behind.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/record.h"

namespace observe {

// `key` is a constant of semconv.h, or of who made the attribute.
struct Attribute {
  std::string_view key;
  std::variant<std::string, std::int64_t, double, bool> value;
};

// The numbers are those of OTLP.
enum class SpanKind : std::uint8_t { internal = 1, server = 2, client = 3 };
enum class SpanStatus : std::uint8_t { unset = 0, error = 2 };

struct SpanLink {
  std::array<std::uint8_t, 16> trace{};
  std::array<std::uint8_t, 8> span{};
};

// Times are nanoseconds since 1970. A parent of zeros: none.
struct Span {
  std::array<std::uint8_t, 16> trace{};
  std::array<std::uint8_t, 8> span{};
  std::array<std::uint8_t, 8> parent{};
  std::string state;
  std::string name;
  SpanKind kind = SpanKind::internal;
  bool remote_parent = false;  // the parent is of another process
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::vector<Attribute> attributes;
  std::vector<SpanLink> links;
  SpanStatus status = SpanStatus::unset;
  std::string status_text;
};

// What of arguments and results leaves.
enum class Content : std::uint8_t { none, redacted, full };

// How an upstream is reached.
struct UpstreamPlace {
  std::string address;  // of its host; empty: it is on this machine
  std::uint16_t port = 0;
  bool pipe = true;
};

struct SpanRules {
  Content content = Content::none;
  // Takes what is secret out of arguments and results; null: with Content::redacted nothing of them leaves.
  std::function<std::string(std::string_view)> redact;
  std::map<std::string, UpstreamPlace, std::less<>> upstreams;  // by server id
};

// What of `text` may leave by the rules, bounded; nothing where nothing may, or there is none.
std::optional<std::string> content_of(const std::shared_ptr<const std::string>& text, const SpanRules& rules);

// The SERVER span of the client's request, and, where an upstream was asked, the CLIENT span below it. None for a call without a trace.
std::vector<Span> spans_of(const base::CallRecord& record, const SpanRules& rules);

// Whether the call's spans leave: it is sampled, or failed, or was denied, or took `slow` or longer (zero: that does not count).
bool keeps_spans(const base::CallRecord& record, std::chrono::nanoseconds slow);

// Whether an answer with this code is an error of the server, by the convention for SERVER spans: -32603, and -32000 to -32099, which has
// the codes that MCP itself defines in that range in it.
bool server_fault(int rpc_code);

// What `error.type` says of the call; empty where it went well.
std::string error_type(const base::CallRecord& record);

// `text` cut to `most` bytes where a character ends.
std::string_view bounded(std::string_view text, std::size_t most);

}  // namespace observe
