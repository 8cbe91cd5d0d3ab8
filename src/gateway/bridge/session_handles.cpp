#include "gateway/bridge/session_handles.h"

#include "base/json.h"
#include "protocol/splice.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;

namespace {

constexpr std::string_view kArgumentSchema =
    R"({"type":"string","description":"Required, unless your client keeps a session of its own: the id that open_session gave. Calls with the same id share their state."})";

constexpr std::string_view kSessionTools =
    R"({"tools":[{"name":"open_session","title":"Open a session","description":"Opens a session with this server, which keeps state from call to call. )"
    R"(Call it once, and pass the id that it gives as `session` to the other tools. Two sessions share nothing. It ends when it is closed, or was )"
    R"(not used for half an hour.","inputSchema":{"type":"object","properties":{},"additionalProperties":false},)"
    R"("outputSchema":{"type":"object","properties":{"session":{"type":"string"}},"required":["session"]}},)"
    R"({"name":"close_session","title":"Close a session","description":"Ends a session that open_session opened, and what the server keeps for it.",)"
    R"("inputSchema":{"type":"object","properties":{"session":{"type":"string","description":"The id that open_session gave."}},"required":["session"]}}]})";

// The tool, with an argument more.
std::string with_argument(const Definition& tool) {
  std::string_view schema =
      base::is_object(tool.input_schema) ? std::string_view(tool.input_schema) : std::string_view(R"({"type":"object"})");
  std::string_view properties = base::find_member(schema, "properties");
  std::string more = protocol::with_members(base::is_object(properties) ? properties : "{}", {{SessionTools::kArgument, kArgumentSchema}});
  std::string changed = protocol::with_members(schema, {{"properties", more}});
  return protocol::with_members(tool.raw, {{"inputSchema", changed}});
}

}  // namespace

std::vector<std::string> add_session_tools(std::vector<Definition>& tools) {
  std::vector<std::string> left_out;
  std::string list = R"({"tools":[)";
  for (const Definition& tool : tools) {
    if (tool.key == SessionTools::kOpen || tool.key == SessionTools::kClose) {
      left_out.push_back(tool.key + ": the gateway's tool of this name takes its place");
      continue;
    }
    if (list.back() != '[') list += ',';
    list += with_argument(tool);
  }
  std::vector<Definition> all;
  if (auto changed = protocol::read_definitions(DefinitionKind::tool, list + "]}")) all = std::move(changed->items);
  if (auto own = protocol::read_definitions(DefinitionKind::tool, kSessionTools))
    for (Definition& tool : own->items) all.push_back(std::move(tool));
  tools = std::move(all);
  return left_out;
}

std::string without_session(std::string_view arguments) {
  return base::is_object(arguments) ? protocol::without_members(arguments, {SessionTools::kArgument}) : std::string(arguments);
}

mcp::Result<std::string> SessionHandles::open(std::string server, Audience audience, base::Instant now) {
  if (open_.size() >= limits_.most) std::erase_if(open_, [&](const auto& one) { return now - one.second.last_used > limits_.idle; });
  if (open_.size() >= limits_.most) return Error(Code::rate_limited, "too many sessions are open; close one with close_session");
  std::string id = sdk::random_id();
  audience.handle = "handle:" + id;
  open_.emplace(id, One{std::move(server), std::move(audience), now});
  return id;
}

std::optional<Audience> SessionHandles::use(std::string_view id, std::string_view server, std::string_view caller, base::Instant now) {
  auto found = open_.find(id);
  if (found == open_.end() || found->second.server != server || found->second.audience.caller != caller) return std::nullopt;
  if (now - found->second.last_used > limits_.idle) {
    open_.erase(found);
    return std::nullopt;
  }
  found->second.last_used = now;
  return found->second.audience;
}

void SessionHandles::close(std::string_view id) {
  auto found = open_.find(id);
  if (found != open_.end()) open_.erase(found);
}

}  // namespace gateway
