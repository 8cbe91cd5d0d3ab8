// The part of Front for what is neither a call, a list nor a subscription: completion, and extensions of one server alone.
#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/forwarded_headers.h"
#include "gateway/front.h"
#include "gateway/tracing.h"
#include "protocol/errors.h"
#include "protocol/splice.h"

namespace gateway {

using authz::Subject;
using base::Code;
using base::Error;
using base::Task;
using protocol::Method;
using sdk::Reply;

void add_extensions(protocol::MethodSet& methods) {
  methods.add(Method::unknown);
  for (Method method : {Method::skills_list, Method::skills_get, Method::resources_directory_read}) methods.add(method);
}

// Whoever may use a prompt or read a resource may be helped with its arguments.
Task<Reply> Front::complete(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out) {
  call->record.caller = co_await identify(*in);
  std::string_view ref = base::find_member(in->rpc.params.raw, "ref");
  const std::string type = base::is_object(ref) ? base::json_string(base::find_member(ref, "type")).value_or("") : std::string();
  const bool prompt = type == "ref/prompt";
  if (!prompt && type != "ref/resource") co_return Reply(protocol::invalid_params("params.ref.type must be ref/prompt or ref/resource"));
  auto name = base::json_string(base::find_member(ref, prompt ? "name" : "uri"));
  if (!name) co_return Reply(protocol::invalid_params(prompt ? "params.ref.name must be a string" : "params.ref.uri must be a string"));
  const Viewer who = viewer(*call, *in);
  Target target = co_await resolve(call, prompt ? DefinitionKind::prompt : DefinitionKind::resource,
                                   prompt ? Subject::Verb::get_prompt : Subject::Verb::read, *name, who, out->stop_token());
  // What is in no list has nothing to complete, as far as the aggregate can tell.
  if (scope_.empty() && target.unlisted)
    co_return Reply(protocol::invalid_params((prompt ? "unknown prompt: " : "unknown resource: ") + *name));
  if (target.subject.name.empty()) target.subject.name = *name;
  call->record.server = target.subject.server;
  call->record.name = target.subject.name;
  // To suggest values is not to use it: that asks nobody.
  const DefinitionKind asked = prompt ? DefinitionKind::prompt : DefinitionKind::resource;
  const authz::Decision decision = co_await decide(*call, target, asked, *name, {});
  // A server without completion has nothing to suggest; the aggregate cannot refuse for it what it offers for others.
  if (base::find_member(target.entry->server->capabilities, "completions").empty() && scope_.empty())
    co_return Reply(std::string(R"({"completion":{"values":[],"total":0,"hasMore":false}})"));
  Reply reply = co_await dispatch(call, &target, in, out);
  if (!reply.error()) co_await gateway_.policy_.review(*call->record.caller, target.subject, reply.result());
  co_return std::move(reply);
}

// A method of an extension: only one server alone can be asked, by the method's name and with the params as they came.
Task<Reply> Front::pass(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out) {
  const bool known = in->method() != Method::unknown && protocol::facts(in->method()).server_extension.empty();
  if (scope_.empty() || known) co_return Reply(protocol::method_not_found(in->rpc.message.method));
  call->record.caller = co_await identify(*in);
  call->record.server = scope_;
  auto found = gateway_.upstreams_.find(scope_);
  if (found == gateway_.upstreams_.end()) co_await mcp::fail(Code::unavailable, "server '" + scope_ + "' is not there any more");
  std::shared_ptr<Upstream> upstream = found->second;
  const Subject subject{Subject::Verb::call, scope_, in->rpc.message.method};
  // Nobody knows what an extension shows: where rules hide something it is not there, and it has no words to ask for consent.
  if (may_hide(*call->record.caller, scope_)) {
    call->denied = "rules hide some of what this server has, and an extension may show it";
    co_return Reply(protocol::method_not_found(in->rpc.message.method));
  }
  const authz::Decision decision = gateway_.policy_.decide(*call->record.caller, subject, in->rpc.params.raw);
  if (!decision.allowed()) {
    call->denied = decision.text();
    co_await mcp::fail(Code::denied, "a rule of the gateway does not let this happen without consent, for which it cannot ask here");
  }
  base::AnyStop stop(out->stop_token(), gateway_.ending_.get_token());
  LinkRequest request;
  request.method = in->method();
  request.method_name = in->rpc.message.method;
  request.audience.caller = call->record.caller->id;
  request.audience.capabilities = seen_capabilities(*in);
  const std::string traced = traced_params(in->rpc.params.raw, call->record.trace);
  request.params = traced.empty() ? in->rpc.params.raw : std::string_view(traced);
  request.client_capabilities = in->client_capabilities;
  request.stop = stop.token();
  request.deadline = base::Timers::now() + upstream->config().deadline;
  request.headers = forwarded_headers(upstream->config().forward_headers, in->http);
  if (std::string_view token = in->rpc.params.meta.progress_token; !token.empty())
    request.on_notification = [out, token](Method method, std::string_view said) {
      if (method == Method::progress) (void)out->notify(method, protocol::with_members(said, {{"progressToken", token}}));
    };
  auto clock = call->upstream_clock();
  Reply reply = co_await upstream->request(std::move(request));
  if (!reply.error()) co_await gateway_.policy_.review(*call->record.caller, subject, reply.result());
  co_return std::move(reply);
}

// A notification of an extension. Those of the protocol itself are not for an upstream: the gateway is its client.
void Front::notified(const sdk::Inbound& in) {
  if (scope_.empty() || in.method() != Method::unknown || gateway_.closing_.stop_requested()) return;
  auto caller = identify(in);
  auto found = gateway_.upstreams_.find(scope_);
  if (!caller || found == gateway_.upstreams_.end() || may_hide(**caller, scope_)) return;
  Audience audience;
  audience.caller = (*caller)->id;
  audience.capabilities = seen_capabilities(in);
  found->second->notify(audience, in.rpc.message.method, in.rpc.params.raw);
}

}  // namespace gateway
