#include "protocol/inbound_checks.h"

#include "base/json.h"

namespace protocol::checks {
namespace {

bool is_token(std::string_view value) { return value.empty() || valid_id(value); }

std::string plain(std::string_view value) {
  auto text = base::json_string(value);
  return text.ok() ? std::move(*text) : std::string();
}

RpcError wrong(std::string_view member, std::string_view what) {
  return invalid_params("Invalid params: " + std::string(member) + " " + std::string(what));
}

}  // namespace

std::optional<std::string> claimed_version(const Meta& meta) {
  auto text = base::json_string(meta.protocol_version);
  if (!text) return std::nullopt;
  return std::move(*text);
}

bool valid_modern_claim(const Meta& meta, const RevisionSet& spoken) {
  if (!base::is_object(meta.client_capabilities)) return false;
  auto name = claimed_version(meta);
  const Revision* revision = name ? spoken.find(*name) : nullptr;
  return revision && revision->era == Era::modern;
}

RpcCheck envelope(const Meta& meta) {
  if (!base::is_string(meta.protocol_version)) return invalid_envelope(meta_key::kProtocolVersion, "not a string");
  if (meta.client_capabilities.empty()) return invalid_envelope(meta_key::kClientCapabilities, "missing");
  if (!base::is_object(meta.client_capabilities)) return invalid_envelope(meta_key::kClientCapabilities, "not an object");
  if (!meta.client_info.empty() && !base::is_object(meta.client_info)) return invalid_envelope(meta_key::kClientInfo, "not an object");
  if (!meta.log_level.empty() && !find_log_level(plain(meta.log_level))) return invalid_envelope(meta_key::kLogLevel, "not a log level");
  if (!is_token(meta.progress_token)) return invalid_envelope(meta_key::kProgressToken, "neither a string nor an integer");
  return Fine{};
}

RpcCheck version(const RevisionSet& spoken, Inbound& in) {
  std::string name = claimed_version(in.params.meta).value_or("");
  const Revision* revision = spoken.find(name);
  if (!revision || revision->era != Era::modern) {
    // Who speaks no modern revision names the legacy ones, so that a client with both eras knows to fall back.
    return unsupported_version(name, spoken.speaks(Era::modern) ? spoken.names_json(Era::modern) : spoken.names_json());
  }
  in.revision = revision;
  return Fine{};
}

RpcCheck method(const MethodSet& served, const Inbound& in) {
  const MethodFacts& f = facts(in.message.known);
  bool exists = (in.modern() ? f.modern : f.legacy) && f.from_client && f.kind == MethodKind::request;
  // Methods of extensions that are not known here, where they are passed on.
  exists = exists || f.method == Method::unknown;
  if (exists && served.has(f.method)) return Fine{};
  RpcError error = method_not_found(in.message.method);
  error.http_status = http_status(error.code, in.era);
  return error;
}

RpcCheck extension(const Inbound& in) {
  std::string_view needed = facts(in.message.known).client_extension;
  if (!in.modern() || needed.empty() || declares_extension(in.params.meta.client_capabilities, needed)) return Fine{};
  return missing_capability("Missing required client capability: extension " + std::string(needed),
                            "{\"extensions\":{" + base::quoted(needed) + ":{}}}");
}

RpcCheck shape(Inbound& in) {
  const Params& params = in.params;
  const MethodFacts& f = facts(in.message.known);
  if (f.name_source != NameSource::none) {
    std::string_view value = f.name_source == NameSource::name  ? params.name
                             : f.name_source == NameSource::uri ? params.uri
                                                                : params.task_id;
    auto text = base::json_string(value);
    if (!text) return wrong(name_member(f.name_source), value.empty() ? "is missing" : "is not a string");
    in.name = std::move(*text);
    if (!params.arguments.empty() && !base::is_object(params.arguments)) return wrong("arguments", "is not an object");
  }
  if (!params.cursor.empty() && f.cacheable && !base::is_string(params.cursor)) return wrong("cursor", "is not a string");
  if (f.may_ask_input && in.modern()) {
    if (!params.input_responses.empty() && !base::is_object(params.input_responses)) return wrong("inputResponses", "is not an object");
    if (!params.request_state.empty() && !base::is_string(params.request_state)) return wrong("requestState", "is not a string");
  }
  if (!is_token(params.meta.progress_token)) return wrong("_meta.progressToken", "is neither a string nor an integer");
  return Fine{};
}

void note_envelope(Inbound& in) {
  const Meta& meta = in.params.meta;
  if (!meta.log_level.empty()) in.log_level = find_log_level(plain(meta.log_level));
  if (meta.client_info.empty()) return;
  base::Members members(meta.client_info);
  while (members.next()) {
    if (members.key() == "name") in.client_name = plain(members.value());
    if (members.key() == "version") in.client_version = plain(members.value());
  }
}

}  // namespace protocol::checks

namespace protocol {

bool declares_extension(std::string_view capabilities, std::string_view extension) {
  if (!base::is_object(capabilities)) return false;
  std::string_view extensions = base::find_member(capabilities, "extensions");
  return base::is_object(extensions) && base::is_object(base::find_member(extensions, extension));
}

bool declares_capability(std::string_view capabilities, std::string_view path) {
  std::string_view at = capabilities;
  std::string_view rest = path;
  while (!rest.empty()) {
    if (!base::is_object(at)) return false;
    std::size_t dot = rest.find('.');
    std::string_view key = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    at = base::find_member(at, key);
    // Elicitation, "Capabilities": an empty object is the form alone.
    if (key == "elicitation" && rest == "form" && base::is_object(at) && base::find_member(at, "url").empty()) return true;
  }
  return !at.empty() && at != "null" && at != "false";
}

Refusal refuse(RpcError error, std::string_view id) {
  Refusal out;
  out.http_status = error.http_status;
  out.body = encode_error(id, error);
  out.headers = {{"Content-Type", "application/json"}};
  out.error = std::move(error);
  return out;
}

}  // namespace protocol
