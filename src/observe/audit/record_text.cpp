#include "observe/audit/record_text.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>
#include <cstring>
#include <ctime>
#include <iterator>
#include <span>

#include "base/json.h"

namespace observe {
namespace {

using base::CallRecord;

enum class Form : std::uint8_t { text, number, json, bytes };

// The fields, by their numbers in the spool. Only added to: an older spool may be taken in by a newer program.
enum class Field : std::uint8_t {
  at,
  kind,
  outcome,
  caller,
  server,
  name,
  method,
  user,
  groups,
  client,
  key,
  issuer,
  owner,
  agent,
  transport,
  address,
  session,
  revision,
  server_revision,
  trace,
  parent_span,
  span,
  boot,
  call,
  within,
  decision,
  rule,
  approval,
  pin,
  arguments_digest,
  arguments_bytes,
  arguments,
  result_digest,
  result_bytes,
  result,
  bytes_in,
  bytes_out,
  tokens_in,
  tokens_out,
  duration,
  upstream,
  error,
  message,
  sampled,
  last
};

struct Shape {
  std::string_view name;
  Form form;
};

constexpr std::array<Shape, static_cast<std::size_t>(Field::last)> kShapes = {{
    {"at", Form::number},
    {"kind", Form::text},
    {"outcome", Form::text},
    {"caller", Form::text},
    {"server", Form::text},
    {"name", Form::text},
    {"method", Form::text},
    {"user", Form::text},
    {"groups", Form::json},
    {"client", Form::text},
    {"key", Form::text},
    {"issuer", Form::text},
    {"owner", Form::text},
    {"agent", Form::text},
    {"transport", Form::text},
    {"address", Form::text},
    {"session", Form::text},
    {"revision", Form::text},
    {"server_revision", Form::text},
    {"trace", Form::bytes},
    {"parent_span", Form::bytes},
    {"span", Form::bytes},
    {"boot", Form::text},
    {"call", Form::number},
    {"within", Form::number},
    {"decision", Form::text},
    {"rule", Form::text},
    {"approval", Form::text},
    {"pin", Form::text},
    {"arguments_sha256", Form::bytes},
    {"arguments_bytes", Form::number},
    {"arguments", Form::json},
    {"result_sha256", Form::bytes},
    {"result_bytes", Form::number},
    {"result", Form::json},
    {"bytes_in", Form::number},
    {"bytes_out", Form::number},
    {"tokens_in", Form::number},
    {"tokens_out", Form::number},
    {"duration_us", Form::number},
    {"upstream_us", Form::number},
    {"error", Form::text},
    {"message", Form::text},
    {"sampled", Form::number},
}};

// A field is its number, the size of its value, and the value. Empty values and zeros are not written.
void put(std::string& out, Field field, std::string_view value) {
  if (value.empty()) return;
  const auto size = static_cast<std::uint32_t>(value.size());
  std::array<char, 5> head{static_cast<char>(field)};
  std::memcpy(head.data() + 1, &size, sizeof size);
  out.append(head.data(), head.size()).append(value);
}

void put(std::string& out, Field field, std::int64_t number) {
  if (number == 0) return;
  std::array<char, sizeof number> bytes{};
  std::memcpy(bytes.data(), &number, sizeof number);
  put(out, field, std::string_view(bytes.data(), bytes.size()));
}

void put(std::string& out, Field field, std::span<const std::uint8_t> bytes) {
  for (std::uint8_t byte : bytes)
    if (byte != 0) return put(out, field, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string list_of(const std::vector<std::string>& all) {
  std::string out;
  for (const std::string& one : all) {
    out += out.empty() ? '[' : ',';
    base::append_json_string(out, one);
  }
  return out.empty() ? out : out + "]";
}

void put_contents(std::string& out, Field digest, const std::string& text, const AuditWriting& writing) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> sum{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), sum.data());
  put(out, digest, std::span<const std::uint8_t>(sum));
  put(out, static_cast<Field>(static_cast<int>(digest) + 1), static_cast<std::int64_t>(text.size()));
  if (writing.contents == AuditContents::digests || text.empty() || text.size() > kMostContents) return;
  const auto field = static_cast<Field>(static_cast<int>(digest) + 2);
  put(out, field, writing.contents == AuditContents::whole ? text : writing.redactor->json(text));
}

std::int64_t micros(std::chrono::nanoseconds time) { return std::chrono::duration_cast<std::chrono::microseconds>(time).count(); }

std::string_view ending_of(const CallRecord& record) {
  if (record.outcome == base::Outcome::failed && record.error) return mcp::code_name(*record.error);
  return base::outcome_name(record.outcome);
}

std::int64_t number_in(std::string_view value) {
  std::int64_t out = 0;
  if (value.size() == sizeof out) std::memcpy(&out, value.data(), sizeof out);
  return out;
}

void append_value(std::string& body, const Shape& shape, std::string_view value) {
  body.append(",\"").append(shape.name).append("\":");
  switch (shape.form) {
    case Form::text: base::append_json_string(body, value); break;
    case Form::number: fmt::format_to(std::back_inserter(body), "{}", number_in(value)); break;
    case Form::bytes: body.append("\"").append(hex_of(value)).append("\""); break;
    // Contents may be of a client: what is no JSON is a text.
    case Form::json:
      if (base::validate_json(value))
        body += base::minified(value);
      else
        base::append_json_string(body, value);
      break;
  }
}

}  // namespace

void write_call(const CallRecord& record, Phase phase, const AuditWriting& writing, std::string& out) {
  put(out, Field::at, micros(record.began.time_since_epoch()));
  put(out, Field::kind, "call");
  if (phase == Phase::ended) put(out, Field::outcome, ending_of(record));
  if (record.caller) {
    const base::Principal& who = *record.caller;
    put(out, Field::caller, who.id);
    put(out, Field::user, who.user);
    if (!who.groups.empty()) put(out, Field::groups, list_of(who.groups));
    put(out, Field::client, who.client);
    put(out, Field::key, who.key);
    put(out, Field::issuer, who.issuer);
    put(out, Field::owner, who.owner);
  }
  put(out, Field::server, record.server);
  // What a client calls is its own text until it was found, and the URI of a resource may hold anything.
  put(out, Field::name, record.name.empty() ? record.name : writing.redactor->text(record.name));
  put(out, Field::method, record.method);
  put(out, Field::agent, record.client.empty() ? record.client : writing.redactor->text(record.client));
  put(out, Field::transport, record.transport);
  put(out, Field::address, record.address);
  put(out, Field::session, record.session);
  put(out, Field::revision, record.revision);
  put(out, Field::server_revision, record.server_revision);
  put(out, Field::trace, record.trace.trace);
  put(out, Field::parent_span, record.trace.parent);
  put(out, Field::span, record.trace.span);
  put(out, Field::call, static_cast<std::int64_t>(record.number));
  put(out, Field::within, static_cast<std::int64_t>(record.parent));
  put(out, Field::bytes_in, static_cast<std::int64_t>(record.bytes_in));
  if (phase == Phase::began) return;
  put(out, Field::decision, record.decision);
  put(out, Field::rule, record.rule);
  put(out, Field::approval, record.approval);
  put(out, Field::pin, record.pin);
  if (record.arguments) put_contents(out, Field::arguments_digest, *record.arguments, writing);
  if (record.result) put_contents(out, Field::result_digest, *record.result, writing);
  put(out, Field::bytes_out, static_cast<std::int64_t>(record.bytes_out));
  put(out, Field::tokens_in, static_cast<std::int64_t>(record.tokens_in));
  put(out, Field::tokens_out, static_cast<std::int64_t>(record.tokens_out));
  put(out, Field::duration, micros(record.duration));
  put(out, Field::upstream, micros(record.upstream));
  if (record.error) put(out, Field::error, mcp::code_name(*record.error));
  if (!record.message.empty()) put(out, Field::message, writing.redactor->text(record.message));
}

void write_event(const base::Event& event, std::int64_t at_micros, const AuditWriting& writing, std::string& out) {
  put(out, Field::at, at_micros);
  put(out, Field::kind, event.kind);
  put(out, Field::outcome, event.outcome);
  put(out, Field::caller, event.actor);
  put(out, Field::server, event.server);
  put(out, Field::name, writing.redactor->text(event.subject));
  put(out, Field::message, writing.redactor->text(event.detail));
}

store::StoredAudit read_spooled_record(std::string_view payload, Ending ending) {
  store::StoredAudit out;
  std::int64_t at = 0;
  std::string rest;
  rest.reserve(payload.size() + 512);
  while (payload.size() >= 5) {
    const auto number = static_cast<std::uint8_t>(payload[0]);
    std::uint32_t size = 0;
    std::memcpy(&size, payload.data() + 1, sizeof size);
    payload.remove_prefix(5);
    if (size > payload.size()) break;
    const std::string_view value = payload.substr(0, size);
    payload.remove_prefix(size);
    if (number >= kShapes.size()) continue;
    switch (static_cast<Field>(number)) {
      case Field::at: at = number_in(value); continue;
      case Field::kind: out.kind = value; break;
      case Field::outcome: out.outcome = value; break;
      case Field::caller: out.caller = value; break;
      case Field::server: out.server = value; break;
      case Field::name: out.name = value; break;
      default: break;
    }
    append_value(rest, kShapes[number], value);
  }
  if (ending == Ending::lost) {
    out.outcome = "lost";
    append_value(rest, kShapes[static_cast<std::size_t>(Field::outcome)], out.outcome);
  }
  out.at = at / 1'000;
  out.body = fmt::format(",\"at\":\"{}\"{}}}", time_text(at), rest);
  return out;
}

void number_record(store::StoredAudit& record, std::int64_t seq) {
  record.seq = seq;
  record.body.insert(0, fmt::format("{{\"seq\":{}", seq));
}

std::string hash_record(std::string_view before, const store::StoredAudit& record) {
  std::string text;
  text.reserve(record.body.size() + 256);
  text += before;
  auto add_number = [&text](std::int64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>((static_cast<std::uint64_t>(number) >> shift) & 0xff);
  };
  add_number(record.seq);
  add_number(record.at);
  for (const std::string* part : {&record.kind, &record.caller, &record.server, &record.name, &record.outcome, &record.body}) {
    add_number(static_cast<std::int64_t>(part->size()));
    text += *part;
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> sum{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), sum.data());
  return {reinterpret_cast<const char*>(sum.data()), sum.size()};
}

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char byte : bytes) {
    out += kHex[static_cast<unsigned char>(byte) >> 4];
    out += kHex[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

std::string time_text(std::int64_t micros) {
  std::time_t seconds = micros / 1'000'000;
  std::int64_t rest = micros % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  std::tm parts{};
  if (!::gmtime_r(&seconds, &parts)) return "1970-01-01T00:00:00.000000Z";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                     parts.tm_min, parts.tm_sec, rest);
}

}  // namespace observe
