// The part of Front for upstreams that keep state per session: whose session a call goes to.
#include "base/json.h"
#include "gateway/front_passage.h"
#include "protocol/results.h"
#include "protocol/splice.h"
#include "sdk/session.h"

namespace gateway {

using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

// However often it is used, a session has to be opened again some day.
constexpr std::chrono::hours kHandleLives{24};

std::string session_result(std::string_view id) {
  std::string structured = "{\"session\":" + base::quoted(id) + "}";
  return "{\"content\":[{\"type\":\"text\",\"text\":" + base::quoted(structured) + "}],\"structuredContent\":" + structured + "}";
}

}  // namespace

std::string handle_of(const sdk::Session& session) { return "client:" + session.id(); }

// The session that a sealed id names; empty: none that is open.
std::string Front::session_id(const Passage& passage, std::string_view sealed) const {
  auto opened = gateway_.carrier_.open(CarriedKind::handle, sealed, passage.caller(), std::chrono::system_clock::now());
  if (!opened || opened->instance != gateway_.carrier_.instance()) return {};
  return opened->body;
}

Task<std::optional<Reply>> Front::stateful(Passage* passage) {
  co_await look_at_upstream(passage);
  if (passage->upstream_modern) co_return std::nullopt;
  const sdk::Inbound& in = *passage->in;
  const std::string server(passage->target->subject.server);
  const bool tool = in.method() == Method::tools_call;
  const std::string& name = passage->target->entry->real();
  const std::string open_with = (scope_.empty() ? server + "__" : std::string()) + std::string(SessionTools::kOpen);
  std::string_view arguments = base::is_object(in.rpc.params.arguments) ? in.rpc.params.arguments : std::string_view("{}");
  std::string_view given = tool ? base::find_member(arguments, SessionTools::kArgument) : std::string_view();

  if (tool && name == SessionTools::kOpen) {
    std::string id = co_await gateway_.handles_.open(server, passage->audience, base::Timers::now());
    auto expires = std::chrono::system_clock::now() + kHandleLives;
    co_return Reply(session_result(gateway_.carrier_.seal(CarriedKind::handle, id, passage->caller(), expires)));
  }
  if (!given.empty()) {
    const std::string id = session_id(*passage, base::json_string(given).value_or(""));
    auto audience = gateway_.handles_.use(id, server, passage->caller(), base::Timers::now());
    if (!audience)
      co_return Reply(
          protocol::tool_error_result("this session is not open (any more): it was closed, was not used for half an hour, or is "
                                      "not yours. Open a new one with " +
                                      open_with + "."));
    if (name == SessionTools::kClose) {
      gateway_.handles_.close(id);
      passage->target->upstream->end_session(audience->handle);
      co_return Reply(std::string(R"({"content":[{"type":"text","text":"The session is closed."}]})"));
    }
    passage->audience = *std::move(audience);
    std::string rest = without_session(arguments);
    passage->set_params(protocol::with_members(passage->params, {{"arguments", rest}}));
    co_return std::nullopt;
  }
  if (tool && name == SessionTools::kClose)
    co_return Reply(protocol::tool_error_result("`session` is missing: say which session to close."));
  if (in.session) {
    passage->audience.handle = handle_of(*in.session);
  } else if (tool) {
    co_return Reply(
        protocol::tool_error_result("this server keeps state from call to call, so it has to be said whose: open a session with " +
                                    open_with + " and pass its id as `session`."));
  }
  co_return std::nullopt;
}

void Front::session_ended(sdk::Session& session) {
  watched_.erase(&session);
  for (const auto& [id, upstream] : gateway_.upstreams_)
    if (upstream->config().state == ServerConfig::State::session) upstream->end_session(handle_of(session));
}

}  // namespace gateway
