#include "gateway/tracing.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>

#include "base/json.h"
#include "net/http_message.h"
#include "protocol/params.h"
#include "protocol/splice.h"
#include "protocol/trace_context.h"
#include "tokens/count.h"
#include "tokens/estimate.h"

namespace gateway {
namespace {

using Bytes = std::span<std::uint8_t>;

// What takes longer to count than a call should wait for.
constexpr std::size_t kLargestCounted = 8 * 1024;

// Identifiers must not repeat; nobody has to be unable to guess them.
std::mt19937_64& random_bits() {
  thread_local std::mt19937_64 source = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return source;
}

template <std::size_t N>
void make_id(std::array<std::uint8_t, N>& id) {
  do {
    for (std::size_t at = 0; at < N; at += 8) {
      const std::uint64_t bits = random_bits()();
      std::memcpy(id.data() + at, &bits, 8);
    }
  } while (std::ranges::all_of(id, [](std::uint8_t byte) { return byte == 0; }));
}

template <std::size_t N>
bool present(const std::array<std::uint8_t, N>& id) {
  return std::ranges::any_of(id, [](std::uint8_t byte) { return byte != 0; });
}

int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

// `text` has two lower case digits for each byte.
void read_hex(std::string_view text, Bytes out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(digit(text[2 * i]) * 16 + digit(text[2 * i + 1]));
}

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

// The same traces are sampled wherever the share is the same: by the part of the identifier that is random in every format.
bool within(double share, const std::array<std::uint8_t, 16>& trace) {
  std::uint64_t bits = 0;
  for (std::size_t i = 8; i < 16; ++i) bits = bits << 8 | trace[i];
  return static_cast<double>(bits >> 11) * 0x1p-53 < share;
}

std::string plain(std::string_view json) {
  if (json.empty()) return {};
  auto text = base::json_string(json);
  return text ? *std::move(text) : std::string();
}

}  // namespace

bool read_traceparent(std::string_view text, base::TraceContext& trace) {
  if (!protocol::valid_traceparent(text)) return false;
  read_hex(text.substr(3, 32), trace.trace);
  read_hex(text.substr(36, 16), trace.parent);
  trace.sampled = (digit(text[54]) & 1) != 0;
  return true;
}

void begin_trace(base::TraceContext& trace, const sdk::Inbound& in, std::optional<double> share) {
  const protocol::Meta& meta = in.rpc.params.meta;
  bool parent = !meta.traceparent.empty() && read_traceparent(plain(meta.traceparent), trace);
  if (parent) trace.state = plain(meta.tracestate);
  trace.baggage = plain(meta.baggage);
  if (in.http) {
    base::TraceContext header;
    const auto line = in.http->find("traceparent");
    if (line && in.http->count("traceparent") == 1 && read_traceparent(*line, header)) {
      trace.linked_trace = header.trace;
      trace.linked_span = header.parent;
      if (!parent) {
        parent = true;
        trace.trace = header.trace;
        trace.parent = header.parent;
        trace.sampled = header.sampled;
        const std::string_view state = in.http->find("tracestate").value_or("");
        if (protocol::valid_tracestate(state)) trace.state = state;
      }
    }
  }
  if (!share) return;
  if (!parent) {
    make_id(trace.trace);
    trace.sampled = within(*share, trace.trace);
  }
  make_id(trace.span);
  make_id(trace.upstream);
}

void begin_trace_within(base::TraceContext& trace, const base::TraceContext& parent) {
  trace.trace = parent.trace;
  trace.parent = parent.span;
  trace.sampled = parent.sampled;
  trace.state = parent.state;
  trace.baggage = parent.baggage;
  if (!present(parent.span)) {
    trace.parent = parent.parent;
    return;
  }
  make_id(trace.span);
  make_id(trace.upstream);
}

std::string upstream_traceparent(const base::TraceContext& trace) {
  if (!present(trace.upstream)) return {};
  std::string out = "00-";
  out.reserve(55);
  append_hex(out, trace.trace);
  out += '-';
  append_hex(out, trace.upstream);
  out += trace.sampled ? "-01" : "-00";
  return out;
}

std::string traced_params(std::string_view params, const base::TraceContext& trace) {
  std::string parent = upstream_traceparent(trace);
  if (parent.empty()) return {};
  parent.insert(0, 1, '"').push_back('"');
  const std::string state = trace.state.empty() ? std::string() : base::quoted(trace.state);
  std::array<protocol::Member, 2> set{protocol::Member{protocol::meta_key::kTraceparent, parent},
                                      protocol::Member{protocol::meta_key::kTracestate, state}};
  // A state belongs to the parent that it came with.
  constexpr std::array<std::string_view, 1> kState{protocol::meta_key::kTracestate};
  const bool stateless = state.empty();
  return protocol::with_meta(params, std::span(set.data(), stateless ? 1 : 2),
                             stateless ? std::span<const std::string_view>(kState) : std::span<const std::string_view>());
}

void note_tokens(base::CallRecord& record, std::string_view arguments, std::string_view result) {
  const auto tokens = [&record](std::string_view text) {
    const bool exact = record.trace.sampled && text.size() <= kLargestCounted;
    return static_cast<std::uint32_t>(exact ? tokens::count(text) : tokens::estimated_by_size(text.size()));
  };
  record.tokens_in = tokens(arguments);
  record.tokens_out = tokens(result);
}

}  // namespace gateway
