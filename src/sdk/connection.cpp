#include "sdk/connection.h"

#include "base/json.h"
#include "protocol/params.h"

namespace sdk {

void Connection::settle(const protocol::Revision& revision, std::string_view result) {
  revision_ = &revision;
  if (result.empty()) return;
  if (revision.era == protocol::Era::modern) discovered_ = result;
  if (auto text = base::find_member(result, "capabilities"); base::is_object(text)) capabilities_ = text;
  if (auto text = base::json_string(base::find_member(result, "instructions"))) instructions_ = *std::move(text);
  // Legacy servers, and some modern ones, name themselves in the body; the others in `_meta`.
  auto info = base::find_member(result, "serverInfo");
  if (auto meta = base::find_member(result, "_meta"); info.empty() && base::is_object(meta))
    info = base::find_member(meta, protocol::meta_key::kServerInfo);
  if (base::is_object(info)) server_info_ = info;
}

std::string listen_params(std::string_view capabilities) {
  auto says = [&](std::string_view what, std::string_view member) {
    auto one = base::find_member(capabilities, what);
    return base::is_object(one) && base::find_member(one, member) == "true";
  };
  std::string filter;
  auto want = [&](std::string_view key) { filter.append(filter.empty() ? "" : ",").append(base::quoted(key)).append(":true"); };
  if (says("tools", "listChanged")) want("toolsListChanged");
  if (says("prompts", "listChanged")) want("promptsListChanged");
  if (says("resources", "listChanged")) want("resourcesListChanged");
  return filter.empty() ? filter : "{\"notifications\":{" + filter + "}}";
}

const protocol::Revision* after_refusal(const protocol::RevisionSet& spoken, const protocol::RpcError& error) {
  if (error.code != protocol::kUnsupportedVersion || !base::is_object(error.data)) return nullptr;
  auto supported = base::find_member(error.data, "supported");
  if (!base::is_array(supported)) return nullptr;
  for (const protocol::Revision* revision : spoken.all()) {
    if (revision->era != protocol::Era::modern) continue;
    base::Elements names(supported);
    while (names.next())
      if (auto name = base::json_string(names.value()); name && *name == revision->name) return revision;
  }
  return nullptr;
}

bool looks_legacy(const protocol::RpcError& error) {
  const bool reserved = error.code <= -32000 && error.code > -32020 && error.code != protocol::kLegacyResourceNotFound;
  return (reserved || error.code == protocol::kInvalidRequest) && error.http_status >= 400;
}

protocol::ClientIdentity identity_for(const protocol::ClientIdentity& connection, const CallOptions& call) {
  protocol::ClientIdentity identity = connection;
  if (!call.client_capabilities.empty()) identity.capabilities = call.client_capabilities;
  return identity;
}

}  // namespace sdk
