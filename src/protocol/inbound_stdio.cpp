#include "base/json.h"
#include "protocol/inbound.h"
#include "protocol/inbound_checks.h"

namespace protocol {
namespace {

// What goes back on stdio: an answer to a request, nothing to anything else. A line that cannot be read may have been a request.
Refusal answer(RpcError error, const Message* message) {
  if (message && message->kind != MessageKind::request) {
    Refusal silent;
    silent.error = std::move(error);
    return silent;
  }
  return refuse(std::move(error), message ? message->id : std::string_view());
}

RpcCheck judge_modern(const FrontOptions& options, Inbound& in) {
  if (in.params.meta.raw.empty()) return invalid_envelope("_meta", "missing");
  if (!in.params.meta.claims_modern()) return invalid_envelope(meta_key::kProtocolVersion, "missing");
  if (in.kind == InboundKind::notification) return checks::version(options.revisions, in);
  if (auto r = checks::envelope(in.params.meta); !r) return r;
  if (auto r = checks::version(options.revisions, in); !r) return r;
  if (auto r = checks::method(options.methods, in); !r) return r;
  if (auto r = checks::extension(in); !r) return r;
  return checks::shape(in);
}

RpcCheck judge_legacy(const FrontOptions& options, Inbound& in) {
  if (in.kind != InboundKind::request) return Fine{};
  if (auto r = checks::method(options.methods, in); !r) return r;
  return checks::shape(in);
}

}  // namespace

Received StdioFront::receive(const std::string& line) {
  if (line.find_first_not_of(" \t\r\n") == std::string::npos) return Refusal{};
  const RevisionSet& spoken = options_.revisions;
  Inbound in;
  if (is_batch(line)) {
    auto batch = parse_batch(line);
    if (!batch) return answer(std::move(batch.error()), nullptr);
    if (!legacy_ || !legacy_->features.batching)
      return answer(invalid_request("Invalid request: batches are not part of this revision"), nullptr);
    in.kind = InboundKind::batch;
    in.era = Era::legacy;
    in.revision = legacy_;
    in.batch = std::move(*batch);
    return in;
  }

  auto message = parse_message(line);
  if (!message) return answer(std::move(message.error()), nullptr);
  in.message = std::move(*message);
  auto params = read_params(in.message.params);
  if (!params) return answer(std::move(params.error()), &in.message);
  in.params = *params;
  in.quirks.add(in.message.quirks);
  in.quirks.add(in.params.quirks);
  if (auto r = judge_quirks(in.quirks, options_.strictness); !r) {
    Refusal refusal = answer(std::move(r.error()), &in.message);
    refusal.quirks = in.quirks;
    return refusal;
  }
  if (in.message.kind == MessageKind::notification) in.kind = InboundKind::notification;
  if (in.message.kind == MessageKind::response || in.message.kind == MessageKind::error) {
    if (!legacy_) return answer(invalid_request("nothing was asked"), &in.message);
    in.kind = InboundKind::response;
    in.era = Era::legacy;
    in.revision = legacy_;
    return in;
  }

  bool handshake = in.message.known == Method::initialize && !checks::valid_modern_claim(in.params.meta, spoken);
  bool legacy_spoken = spoken.speaks(Era::legacy);
  if (handshake && !legacy_spoken) {
    auto asked = base::json_string(base::find_member(in.message.params, "protocolVersion"));
    return answer(unsupported_version(asked.ok() ? *asked : "", spoken.names_json(Era::modern)), &in.message);
  }
  bool modern = !handshake && (in.params.meta.claims_modern() || !legacy_spoken);
  in.era = modern ? Era::modern : Era::legacy;
  if (!modern) in.revision = legacy_;
  RpcCheck verdict = modern ? judge_modern(options_, in) : judge_legacy(options_, in);
  if (!verdict) return answer(std::move(verdict.error()), &in.message);
  if (modern) checks::note_envelope(in);
  return in;
}

}  // namespace protocol
