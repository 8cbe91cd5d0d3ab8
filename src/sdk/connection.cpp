#include "sdk/connection.h"

#include "base/json.h"
#include "protocol/params.h"

namespace sdk {

void Connection::settle(const protocol::Revision& revision, std::string_view result) {
  revision_ = &revision;
  if (result.empty()) return;
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

protocol::ClientIdentity identity_for(const protocol::ClientIdentity& connection, const CallOptions& call) {
  protocol::ClientIdentity identity = connection;
  if (!call.client_capabilities.empty()) identity.capabilities = call.client_capabilities;
  return identity;
}

}  // namespace sdk
