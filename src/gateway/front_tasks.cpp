// The part of Front that answers requests about tasks.
#include "base/any_stop.h"
#include "gateway/front.h"
#include "protocol/errors.h"

namespace gateway {

using authz::Subject;
using base::Task;
using protocol::Method;
using sdk::Reply;

Task<Reply> Front::tasks(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out) {
  // Legacy: part of one revision, and of no other (Tasks).
  if (!in->modern() && !in->revision().features.tasks_core) co_return Reply(protocol::method_not_found(in->rpc.message.method));
  // An id that nobody knows is not for the log.
  call->record.name.clear();
  call->record.caller = co_await identify(*in);
  const auto narrow = profile();
  base::AnyStop stop(out->stop_token(), gateway_.ending_.get_token());
  if (in->method() == Method::tasks_list) {
    TaskBridge::Find look = [this, in, narrow, who = call->record.caller](std::string_view server, std::string_view tool) {
      const bool here = (!narrow || narrow->has_server(server)) && may_follow(*who, server, tool);
      return here ? task_host(server, *in) : TaskHost();
    };
    co_return co_await gateway_.tasks_.list(in, call->record.caller->id, scope_, std::move(look), stop.token());
  }
  auto id = protocol::read_task_id(in->rpc.params);
  if (!id) co_return Reply(std::move(id.error()));
  auto task = gateway_.tasks_.open(*id, call->record.caller->id);
  const bool here = task && (scope_.empty() || task->server == scope_) && (!narrow || narrow->has_server(task->server));
  TaskAsk ask;
  if (here) ask.host = task_host(task->server, *in);
  if (!ask.host.upstream) co_return Reply(no_such_task());
  call->record.server = task->server;
  call->record.name = task->tool;
  // Whoever may not call the tool does not get its results either.
  Subject subject{Subject::Verb::call, task->server, task->tool};
  if (!may_follow(*call->record.caller, task->server, task->tool)) {
    call->denied = "rules hide the tool of this task";
    co_return Reply(no_such_task());
  }
  ask.task = &*task;
  ask.id = *id;
  ask.in = in;
  ask.out = out;
  ask.stop = stop.token();
  auto clock = call->upstream_clock();
  Reply reply = co_await gateway_.tasks_.answer(std::move(ask));
  if (!reply.error()) co_await gateway_.policy_.review(*call->record.caller, subject, reply.result());
  co_return std::move(reply);
}

}  // namespace gateway
