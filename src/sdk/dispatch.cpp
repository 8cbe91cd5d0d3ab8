#include "sdk/dispatch.h"

#include <charconv>

#include "base/json.h"
#include "sdk/deprecations.h"
#include "sdk/once.h"
#include "sdk/session.h"

namespace sdk {

using protocol::Method;

namespace {

// What an error that may pass says of it: `"data":{"retryAfter":seconds}`.
unsigned seconds_to_wait(std::string_view data) {
  if (!base::is_object(data)) return 0;
  std::string_view text = base::find_member(data, "retryAfter");
  unsigned seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && end == text.data() + text.size() ? seconds : 0;
}

}  // namespace

bool is_own(Method method) { return method == Method::server_discover || method == Method::ping || method == Method::logging_set_level; }

Task<Reply> answer_own(Handler& handler, const protocol::RevisionSet& spoken, Inbound in) {
  switch (in.method()) {
    case Method::server_discover: {
      protocol::CacheHints hints;
      protocol::ServerIdentity identity = co_await handler.identity(std::move(in));
      Reply reply(protocol::encode_discover_result(spoken, identity, hints));
      co_return reply;
    }
    case Method::logging_set_level:
      report_deprecated(peer_name(in.client_info), protocol::Deprecated::logging);
      if (in.session) {
        auto set = in.session->set_level(in.rpc.params);
        if (!set) co_return Reply(std::move(set.error()));
      }
      co_return Reply(std::string("{}"));
    default: co_return Reply(std::string("{}"));
  }
}

std::string batch_name(const protocol::Inbound& in) {
  std::string_view raw;
  switch (protocol::facts(in.message.known).name_source) {
    case protocol::NameSource::none: return {};
    case protocol::NameSource::name: raw = in.params.name; break;
    case protocol::NameSource::uri: raw = in.params.uri; break;
    case protocol::NameSource::task_id: raw = in.params.task_id; break;
  }
  return base::json_string(raw).value_or("");
}

Answer encode_answer(const Question& question, Result<Reply> reply, std::string_view server_info) {
  Answer answer;
  protocol::RpcError* error = nullptr;
  protocol::RpcError made;
  if (!reply) {
    made = protocol::to_rpc(reply.error());
    error = &made;
  } else {
    error = reply->error();
  }
  const protocol::Revision& to = *question.revision;
  if (error) {
    // What this server refuses itself keeps its meaning; what came from elsewhere may mean another thing here.
    const bool own = !reply || !reply->from;
    const int turned_away = error->http_status == 429 || error->http_status == 503 ? error->http_status : 0;
    const bool exact = error->code == protocol::kHeaderMismatch || error->code == protocol::kMissingCapability;
    protocol::RpcError leaving =
        own && exact ? std::move(*error) : protocol::error_for(to, own ? to : *reply->from, question.method, std::move(*error));
    leaving.id.clear();
    answer.status = own && turned_away ? turned_away : leaving.http_status;
    if (answer.status == 429 || answer.status == 503) answer.retry_after = seconds_to_wait(leaving.data);
    answer.message = protocol::encode_error(question.id, leaving);
  } else if (reply->bare()) {
    answer.message =
        protocol::encode_result(question.id, reply->result(), protocol::result_tail(to, question.method, reply->hints, server_info));
  } else {
    answer.message =
        protocol::encode_result(question.id, protocol::result_for(to, question.method, reply->result(), reply->hints, server_info));
  }
  return answer;
}

}  // namespace sdk
