#include "protocol/legacy_session.h"

#include <array>
#include <vector>

#include "base/json.h"
#include "protocol/splice.h"

namespace protocol {
namespace {

RpcError wrong(std::string_view member, std::string_view what) {
  return invalid_params("Invalid params: " + std::string(member) + " is not " + std::string(what));
}

// An Implementation without what older peers do not know.
std::string implementation_for(const Revision& revision, std::string_view info) {
  std::vector<std::string_view> drop;
  if (!revision.features.titles) drop.emplace_back("title");
  if (!revision.features.icons) drop.insert(drop.end(), {"icons", "description", "websiteUrl"});
  return drop.empty() ? std::string(info) : edited(info, {}, drop);
}

}  // namespace

RpcResult<std::string> LegacySession::initialize(const Inbound& in, const ServerIdentity& server) {
  if (revision_) {
    RpcError error = invalid_request("Invalid request: initialized before");
    error.http_status = 400;
    return error;
  }
  std::string_view params = in.message.params;
  std::string_view asked, capabilities, info;
  if (!params.empty()) {
    base::Members members(params);
    while (members.next()) {
      if (members.key() == "protocolVersion") asked = members.value();
      if (members.key() == "capabilities") capabilities = members.value();
      if (members.key() == "clientInfo") info = members.value();
    }
  }
  auto name = base::json_string(asked);
  if (!name) return wrong("protocolVersion", "a string");
  if (!base::is_object(capabilities)) return wrong("capabilities", "an object");
  if (!base::is_object(info)) return wrong("clientInfo", "an object");

  const Revision* revision = spoken_.find(*name);
  if (!revision || revision->era != Era::legacy) revision = spoken_.newest(Era::legacy);
  if (!revision) return unsupported_version(*name, spoken_.names_json());
  revision_ = revision;
  client_info_ = info;
  client_capabilities_ = capabilities;
  return encode_initialize_result(*revision, server);
}

RpcCheck LegacySession::set_level(const Params& params) {
  auto name = base::json_string(params.level);
  auto level = name.ok() ? find_log_level(*name) : std::nullopt;
  if (!level) return wrong("level", "a log level");
  log_level_ = level;
  return Fine{};
}

RpcCheck LegacySession::admit(Method method) const {
  if (revision_ ? method != Method::initialize : method == Method::initialize || method == Method::ping) return Fine{};
  return invalid_request(revision_ ? "Invalid request: initialized before" : "Invalid request: initialize comes first");
}

std::string encode_initialize_result(const Revision& revision, const ServerIdentity& server) {
  std::string out = "{\"protocolVersion\":";
  base::append_json_string(out, revision.name);
  out += ",\"capabilities\":";
  out += capabilities_for(revision, server.capabilities);
  out += ",\"serverInfo\":";
  out += implementation_for(revision, server.info);
  if (!server.instructions.empty()) {
    out += ",\"instructions\":";
    base::append_json_string(out, server.instructions);
  }
  return out += '}';
}

std::string capabilities_for(const Revision& revision, std::string_view capabilities) {
  if (!base::is_object(capabilities)) return "{}";
  std::vector<std::string_view> drop;
  if (!revision.features.tasks_core) drop.emplace_back("tasks");
  if (!revision.features.completions) drop.emplace_back("completions");
  std::string out = edited(capabilities, {}, drop);
  if (revision.features.extensions) return out;
  // Extensions may be told to older peers too (the map is open), but for tasks: there they are another protocol.
  std::string_view extensions = base::find_member(out, "extensions");
  if (!base::is_object(extensions)) return out;
  std::string rest = without_members(extensions, {kTasksExtension});
  return rest == "{}" ? without_members(out, {"extensions"}) : with_members(out, {{"extensions", rest}});
}

}  // namespace protocol
