// The part of Front that hands a call to its upstream.
#include "base/any_stop.h"
#include "gateway/forwarded_headers.h"
#include "gateway/front.h"
#include "protocol/splice.h"
#include "protocol/tasks.h"

namespace gateway {

using base::Code;
using base::Task;
using protocol::Method;
using sdk::Reply;

// The only place from which a call goes to an upstream.
Task<Reply> Front::dispatch(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out) {
  LinkRequest request;
  request.method = in->method();
  request.audience = {call->record.caller->id, carried_capabilities(in->client_capabilities), {}};
  // Nobody could ask the gateway for a task, so nobody behind it is to make one.
  const std::string without_task = in->rpc.params.task.empty() ? std::string() : protocol::without_members(in->rpc.params.raw, {"task"});
  const std::string capabilities = protocol::capabilities_without_tasks(in->client_capabilities);
  request.params = without_task.empty() ? in->rpc.params.raw : std::string_view(without_task);
  const bool named = in->method() == Method::tools_call || in->method() == Method::prompts_get;
  if (named && in->rpc.name != target->entry->real()) request.name = target->entry->real();
  request.client_capabilities = capabilities;
  if (in->log_level) request.log_level = protocol::log_level_name(*in->log_level);
  // A call ends with its client, with its deadline, or with the gateway.
  base::AnyStop stop(out->stop_token(), gateway_.ending_.get_token());
  request.stop = stop.token();
  request.deadline = base::Timers::now() + target->upstream->config().deadline;
  if (!target->entry->headers.empty()) request.tool = &target->entry->headers;
  request.headers = forwarded_headers(target->upstream->config().forward_headers, in->http);
  // Progress and messages go out as they come, under the client's own token. What the client did not ask for stays here.
  std::string_view token = in->rpc.params.meta.progress_token;
  bool logs = in->log_level.has_value();
  if (!token.empty() || logs)
    request.on_notification = [out, token, logs](Method method, std::string_view params) {
      if (method == Method::progress && !token.empty())
        (void)out->notify(method, protocol::with_members(params, {{"progressToken", token}}));
      else if (method == Method::message && logs)
        (void)out->notify(method, params);
    };

  auto clock = call->upstream_clock();
  co_return co_await target->upstream->request(std::move(request));
}

}  // namespace gateway
