#include "protocol/inbound.h"

#include "base/json.h"
#include "protocol/header_value.h"
#include "protocol/inbound_checks.h"

namespace protocol {
namespace {

std::string_view trimmed(std::string_view value) {
  auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  return value;
}

bool same_word(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// application/json, with any parameters. Nothing else: other types are what a foreign page can send without asking the browser.
bool is_json_type(const std::optional<std::string_view>& content_type) {
  if (!content_type) return false;
  if (*content_type == "application/json") return true;
  return same_word(trimmed(content_type->substr(0, content_type->find(';'))), "application/json");
}

// Which of the two reply types Accept allows. Clients that send none, or only one, are served with what they take.
struct Accepted {
  bool json = true;
  bool stream = true;
  bool stream_first = false;
  bool complete() const { return json && stream; }
};
Accepted read_accept(const std::optional<std::string_view>& accept) {
  if (!accept || *accept == "application/json, text/event-stream") return {};
  Accepted out{false, false};
  std::string_view rest = *accept;
  while (!rest.empty()) {
    std::size_t comma = rest.find(',');
    std::string_view type = trimmed(rest.substr(0, std::min(comma, rest.find(';'))));
    bool any = type == "*/*";
    bool stream = same_word(type, "text/event-stream");
    out.stream_first = out.stream_first || (stream && !out.json);
    out.json = out.json || any || same_word(type, "application/json") || same_word(type, "application/*");
    out.stream = out.stream || any || stream || same_word(type, "text/*");
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return out;
}

Refusal refuse_with(int status, const char* message) {
  RpcError error = invalid_request(message);
  error.http_status = status;
  return refuse(std::move(error), {});
}

Refusal refuse_message(RpcError error, const Message& message) {
  return refuse(std::move(error), message.kind == MessageKind::request ? message.id : std::string_view());
}

// What the version header says of the era. It is only a cross-check: the body decides.
struct VersionHeader {
  bool present = false;
  std::string_view name;
  const Revision* revision = nullptr;  // null: unknown, or not spoken here

  bool modern() const { return revision && revision->era == Era::modern; }
  bool legacy() const { return revision && revision->era == Era::legacy; }
};
VersionHeader read_version_header(const HttpFacts& http, const RevisionSet& spoken) {
  if (!http.protocol_version) return {};
  std::string_view name = trimmed(*http.protocol_version);
  return {true, name, spoken.find(name)};
}

// The half of "x, x", or nothing.
std::string_view said_twice(std::string_view value) {
  value = trimmed(value);
  if (value.size() % 2 != 0 || value.size() < 4) return {};
  std::string_view first = value.substr(0, value.size() / 2 - 1);
  return value.substr(first.size(), 2) == ", " && value.substr(first.size() + 2) == first ? first : std::string_view();
}

// Mcp-Method and Mcp-Name repeat the body (HTTP, "Request Metadata").
RpcCheck mirrored_headers(const HttpFacts& http, Strictness strictness, Inbound& in) {
  const Message& message = in.message;
  if (!http.protocol_version) return header_mismatch("MCP-Protocol-Version", "header is absent");
  if (!http.mcp_method) return header_mismatch("Mcp-Method", "header is absent, the body names " + message.method);
  if (trimmed(*http.mcp_method) != message.method)
    return header_mismatch("Mcp-Method", "header value does not match the body's " + message.method);

  NameSource source = facts(message.known).name_source;
  if (source == NameSource::none) return Fine{};
  const Params& params = in.params;
  std::string_view raw = source == NameSource::name ? params.name : source == NameSource::uri ? params.uri : params.task_id;
  auto in_body = base::json_string(raw);
  if (!in_body) {
    // Without a name in the body there is nothing to repeat: what is wrong then is the params, and they say so later.
    if (!http.mcp_name) return Fine{};
    return header_mismatch("Mcp-Name", "header is there, but the body has no params." + std::string(name_member(source)));
  }
  if (!http.mcp_name) return header_mismatch("Mcp-Name", "header is absent, the body names " + *in_body);
  auto in_header = decode_header_value(*http.mcp_name);
  if (std::string_view one = said_twice(*http.mcp_name); !one.empty() && (!in_header || *in_header != *in_body)) {
    in_header = decode_header_value(one);
    in.quirks.add(Quirk::name_header_twice);
    if (auto r = judge_quirks(in.quirks, strictness); !r) return r;
  }
  if (!in_header) return header_mismatch("Mcp-Name", "header value is malformed");
  if (*in_header != *in_body)
    return header_mismatch("Mcp-Name", "header value '" + *in_header + "' does not match body value '" + *in_body + "'");
  return Fine{};
}

bool claims_modern(const Message& message) {
  if (message.params.empty()) return false;
  auto params = read_params(message.params);
  return params.ok() && params->meta.claims_modern();
}

}  // namespace

Received HttpFront::receive(const HttpFacts& http, const std::string& body) const {
  if (http.method == "POST") return receive_post(http, body);

  // GET and DELETE are operations on a legacy session; the modern era has none (HTTP, "Endpoint").
  VersionHeader version = read_version_header(http, options_.revisions);
  bool session_operation = (http.method == "GET" || http.method == "DELETE") && http.session_id && !version.modern();
  if (!session_operation || !options_.revisions.speaks(Era::legacy)) {
    Refusal refusal = refuse_with(405, "Method not allowed");
    refusal.headers.emplace_back("Allow", "POST");
    if (http.method == "GET" && !version.modern() && options_.revisions.speaks(Era::legacy)) refusal.quirks.add(Quirk::get_without_session);
    return refusal;
  }
  if (version.present && !version.revision) return refuse(unsupported_version(version.name, options_.revisions.names_json()), {});
  Accepted accepted = read_accept(http.accept);
  if (http.method == "GET" && !accepted.stream) return refuse_with(406, "Not acceptable: the stream is text/event-stream");
  Inbound in;
  in.kind = http.method == "GET" ? InboundKind::open_stream : InboundKind::end_session;
  in.era = Era::legacy;
  in.revision = version.revision ? version.revision : &headerless_legacy();
  in.session_id = std::string(*http.session_id);
  return in;
}

Received HttpFront::receive_post(const HttpFacts& http, const std::string& body) const {
  if (!is_json_type(http.content_type)) return refuse_with(415, "Unsupported media type: Content-Type must be application/json");
  Accepted accepted = read_accept(http.accept);
  if (!accepted.json && !accepted.stream) return refuse_with(406, "Not acceptable: replies are application/json or text/event-stream");

  Inbound in;
  in.accepts_json = accepted.json;
  in.accepts_stream = accepted.stream;
  in.prefers_stream = accepted.stream_first && accepted.json;
  if (http.session_id) in.session_id = std::string(*http.session_id);
  if (!http.accept || !accepted.complete()) in.quirks.add(Quirk::accept_incomplete);
  if (is_batch(body)) return receive_batch(http, body, std::move(in));

  auto message = parse_message(body);
  if (!message) return refuse(message.error(), {});
  in.message = std::move(*message);
  auto params = read_params(in.message.params);
  if (!params) {
    params.error().http_status = 400;
    return refuse_message(std::move(params.error()), in.message);
  }
  in.params = *params;
  in.quirks.add(in.message.quirks);
  in.quirks.add(in.params.quirks);
  if (auto r = judge_quirks(in.quirks, options_.strictness); !r) {
    Refusal refusal = refuse_message(std::move(r.error()), in.message);
    refusal.quirks = in.quirks;
    return refusal;
  }

  const RevisionSet& spoken = options_.revisions;
  VersionHeader version = read_version_header(http, spoken);
  bool legacy_spoken = spoken.speaks(Era::legacy);

  switch (in.message.kind) {
    case MessageKind::response:
    case MessageKind::error:
      // Only a legacy server asks, and only within a session (Message patterns: clients send no responses).
      if (!legacy_spoken || version.modern() || !http.session_id) return refuse_with(400, "Invalid request: nothing was asked");
      in.kind = InboundKind::response;
      return receive_legacy(http, std::move(in));
    case MessageKind::notification:
      in.kind = InboundKind::notification;
      if (in.params.meta.claims_modern() || version.modern() || !legacy_spoken) return receive_modern(http, std::move(in));
      return receive_legacy(http, std::move(in));
    case MessageKind::request: break;
  }

  if (in.message.known == Method::initialize && !checks::valid_modern_claim(in.params.meta, spoken)) {
    if (version.modern())
      return refuse_message(header_mismatch("MCP-Protocol-Version", "header names a revision without initialize"), in.message);
    // A client that only knows initialize has no other way to learn what is spoken (Versioning).
    if (!legacy_spoken) {
      auto asked = base::json_string(base::find_member(in.message.params, "protocolVersion"));
      return refuse_message(unsupported_version(asked.ok() ? *asked : "", spoken.names_json(Era::modern)), in.message);
    }
    return receive_legacy(http, std::move(in));
  }
  if (in.params.meta.claims_modern() || version.modern() || !legacy_spoken) return receive_modern(http, std::move(in));
  return receive_legacy(http, std::move(in));
}

Received HttpFront::receive_modern(const HttpFacts& http, Inbound in) const {
  in.era = Era::modern;
  VersionHeader version = read_version_header(http, options_.revisions);
  const Meta& meta = in.params.meta;
  auto claimed = checks::claimed_version(meta);
  auto judge = [&]() -> RpcCheck {
    if (in.kind == InboundKind::notification && !meta.claims_modern()) {
      in.revision = version.revision ? version.revision : options_.revisions.newest(Era::modern);
      return Fine{};
    }
    if (meta.raw.empty()) return invalid_envelope("_meta", "missing");
    if (!meta.claims_modern()) return invalid_envelope(meta_key::kProtocolVersion, "missing");
    if (claimed && version.present && *claimed != version.name)
      return header_mismatch("MCP-Protocol-Version",
                             "header value '" + std::string(version.name) + "' does not match body value '" + *claimed + "'");
    if (in.kind == InboundKind::notification) return checks::version(options_.revisions, in);
    if (auto r = checks::envelope(meta); !r) return r;
    if (auto r = checks::version(options_.revisions, in); !r) return r;
    if (auto r = mirrored_headers(http, options_.strictness, in); !r) return r;
    if (auto r = checks::method(options_.methods, in); !r) return r;
    if (auto r = checks::extension(in); !r) return r;
    return checks::shape(in);
  };
  if (RpcCheck verdict = judge(); !verdict) {
    Refusal refusal = refuse_message(std::move(verdict.error()), in.message);
    refusal.quirks = in.quirks;
    return refusal;
  }
  checks::note_envelope(in);
  return in;
}

Received HttpFront::receive_legacy(const HttpFacts& http, Inbound in) const {
  in.era = Era::legacy;
  VersionHeader version = read_version_header(http, options_.revisions);
  // A version header that means nothing here is refused, but on the handshake, whose body says what is asked for.
  if (version.present && !version.revision && in.message.known != Method::initialize)
    return refuse_message(unsupported_version(version.name, options_.revisions.names_json()), in.message);
  in.revision = version.legacy() ? version.revision : &headerless_legacy();
  if (in.kind != InboundKind::request) return in;
  auto judge = [&]() -> RpcCheck {
    if (auto r = checks::method(options_.methods, in); !r) return r;
    return checks::shape(in);
  };
  if (RpcCheck verdict = judge(); !verdict) return refuse_message(std::move(verdict.error()), in.message);
  return in;
}

Received HttpFront::receive_batch(const HttpFacts& http, const std::string& body, Inbound in) const {
  auto batch = parse_batch(body);
  if (!batch) return refuse(batch.error(), {});
  VersionHeader version = read_version_header(http, options_.revisions);
  if (version.present && !version.revision) return refuse(unsupported_version(version.name, options_.revisions.names_json()), {});
  bool modern = version.modern();
  for (const auto& element : *batch) {
    modern = modern || (element.ok() && claims_modern(*element));
    if (element.ok()) in.quirks.add(element->quirks);
  }
  if (auto r = judge_quirks(in.quirks, options_.strictness); !r) {
    Refusal refusal = refuse(std::move(r.error()), {});
    refusal.quirks = in.quirks;
    return refusal;
  }
  const Revision* revision = version.revision ? version.revision : &headerless_legacy();
  if (modern || !revision->features.batching || !options_.revisions.find(revision->name))
    return refuse_with(400, "Invalid request: batches are not part of this revision");
  in.kind = InboundKind::batch;
  in.era = Era::legacy;
  in.revision = revision;
  in.batch = std::move(*batch);
  return in;
}

}  // namespace protocol
