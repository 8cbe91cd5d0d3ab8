#include "gateway/front.h"

#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/names.h"
#include "net/http_message.h"
#include "protocol/errors.h"
#include "protocol/params.h"
#include "protocol/results.h"
#include "protocol/splice.h"
#include "protocol/tasks.h"
#include "sdk/session.h"

namespace gateway {

using authz::Peer;
using authz::Subject;
using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

std::optional<DefinitionKind> listed_kind(Method method) {
  switch (method) {
    case Method::tools_list: return DefinitionKind::tool;
    case Method::prompts_list: return DefinitionKind::prompt;
    case Method::resources_list: return DefinitionKind::resource;
    case Method::resources_templates_list: return DefinitionKind::resource_template;
    default: return std::nullopt;
  }
}

struct CallKind {
  DefinitionKind kind;
  Subject::Verb verb;
};

std::optional<CallKind> call_kind(Method method) {
  switch (method) {
    case Method::tools_call: return CallKind{DefinitionKind::tool, Subject::Verb::call};
    case Method::prompts_get: return CallKind{DefinitionKind::prompt, Subject::Verb::get_prompt};
    case Method::resources_read: return CallKind{DefinitionKind::resource, Subject::Verb::read};
    default: return std::nullopt;
  }
}

std::string_view kind_word(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::tool: return "tool";
    case DefinitionKind::prompt: return "prompt";
    case DefinitionKind::resource:
    case DefinitionKind::resource_template: break;
  }
  return "resource";
}

// A name that does not exist is the client's mistake in every revision: -32602.
Error unknown(DefinitionKind kind, std::string_view name) {
  std::string data;
  if (kind == DefinitionKind::resource) data = "{\"uri\":" + base::quoted(name) + "}";
  return Error(Code::not_found, "unknown " + std::string(kind_word(kind)) + ": " + std::string(name)).with_data(std::move(data));
}

}  // namespace

Front::Front(Gateway& gateway, std::string scope) : gateway_(gateway), scope_(std::move(scope)) {
  info_ = "{\"name\":" + base::quoted(scope_.empty() ? "gatehouse" : "gatehouse/" + scope_) +
          ",\"version\":" + base::quoted(gateway_.parts_.version) + "}";
}

Result<std::shared_ptr<const base::Principal>> Front::identify(const sdk::Inbound& in) const {
  Peer peer;
  if (!in.http)
    peer.kind = Peer::Kind::stdio;
  else if (in.http->peer_address.empty())
    peer.kind = Peer::Kind::unix_socket;
  else
    peer.address = in.http->peer_address;
  return gateway_.identity_.identify(peer);
}

const Entry* Front::find(const Catalog& catalog, DefinitionKind kind, std::string_view name) const {
  return scope_.empty() ? catalog.find(kind, name) : catalog.find_in(scope_, kind, name);
}

// The public name to the real thing. A server that was never asked is asked now: its tools may be called before they were listed.
Task<Front::Target> Front::resolve(DefinitionKind kind, Subject::Verb verb, std::string name, std::stop_token stop) {
  Target target;
  target.catalog = gateway_.source_.current();
  target.entry = find(*target.catalog, kind, name);
  if (!target.entry) {
    std::string server(scope_.empty() ? server_of(name) : scope_);
    bool by_name = scope_.empty() && kind != DefinitionKind::resource;
    if (by_name && !gateway_.upstreams_.contains(server)) co_await mcp::fail(unknown(kind, name));
    if (scope_.empty() && kind == DefinitionKind::resource)
      co_await gateway_.source_.settle(stop, CatalogSource::Wait::fully);
    else
      co_await gateway_.source_.settle(server, stop);
    target.catalog = gateway_.source_.current();
    target.entry = find(*target.catalog, kind, name);
    if (!target.entry) co_await mcp::fail(unknown(kind, name));
  }
  const std::string& server = target.entry->server->id;
  auto upstream = gateway_.upstreams_.find(server);
  if (upstream == gateway_.upstreams_.end()) co_await mcp::fail(unknown(kind, name));
  target.upstream = upstream->second;
  target.subject.verb = verb;
  target.subject.server = server;
  // What a template produces is named by the URI that was asked for, not by the template.
  target.subject.name = target.entry->definition->kind == DefinitionKind::resource_template ? std::string_view() : target.entry->real();
  gateway_.source_.used(server);
  co_return target;
}

Result<CallerLimits::Seat> Front::admit(const sdk::Inbound& in) {
  auto who = identify(in);
  if (!who) return std::move(who).error();
  auto kind = in.method() == Method::subscriptions_listen ? CallerLimits::Kind::listen : CallerLimits::Kind::call;
  return gateway_.limits_.admit((*who)->id, kind, base::Timers::now());
}

Task<Reply> Front::handle(sdk::Inbound in, sdk::Outlet& out) {
  OpenCall call(gateway_.calls_, in, scope_);
  Result<CallerLimits::Seat> seat = admit(in);
  if (!seat) {
    call.ended(seat.error());
    // Refused before it is a call: HTTP says so by its status.
    co_return Reply(protocol::to_refusal(seat.error()));
  }
  Result<Reply> outcome = co_await answer(&call, &in, &out).result();
  call.ended(outcome);
  co_return std::move(outcome);
}

Task<Reply> Front::answer(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out) {
  if (gateway_.closing_.stop_requested()) co_await mcp::fail(Code::unavailable, "the gateway is stopping");
  if (auto kind = listed_kind(in->method())) co_return co_await list(call, in, out, *kind);
  switch (in->method()) {
    case Method::tools_call:
    case Method::prompts_get:
    case Method::resources_read: co_return co_await carry_out(call, in, out);
    case Method::subscriptions_listen: co_return co_await listen(call, in, out);
    case Method::resources_subscribe:
    case Method::resources_unsubscribe: co_return co_await subscribe(call, in, out);
    case Method::completion_complete: co_return co_await complete(call, in, out);
    default: co_return co_await pass(call, in, out);
  }
}

// The five lines. Resolve comes before decide: a rule judges the real tool, never an alias for it.
Task<Reply> Front::carry_out(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out) {
  CallKind kind = *call_kind(in->method());
  call->record.caller = co_await identify(*in);
  Target target = co_await resolve(kind.kind, kind.verb, in->rpc.name, out->stop_token());
  if (target.subject.name.empty()) target.subject.name = call->record.name;
  call->record.server = target.subject.server;
  call->record.name = target.subject.name;
  if (in->modern() && in->http && !target.entry->headers.empty()) {
    auto lookup = [http = in->http](std::string_view name) { return http->find(name); };
    auto mirrored = protocol::check_param_headers(target.entry->headers, in->rpc.params.arguments, lookup);
    if (!mirrored) co_return Reply(std::move(mirrored.error()));
  }
  co_await gateway_.policy_.decide(*call->record.caller, target.subject, in->rpc.params.arguments);
  Reply reply = co_await dispatch(call, &target, in, out);
  if (!reply.error()) co_await gateway_.policy_.review(*call->record.caller, target.subject, reply.result());
  co_return std::move(reply);
}

}  // namespace gateway
