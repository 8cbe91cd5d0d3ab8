#include "gateway/front.h"

#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/names.h"
#include "gateway/tracing.h"
#include "net/http_message.h"
#include "oauth/principal.h"
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

bool turned_away(const Error& error) {
  if (error.code == Code::rate_limited) return true;
  return error.code == Code::unavailable && base::is_object(error.data) && !base::find_member(error.data, "retryAfter").empty();
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

Task<Reply> stopping() { co_return Error(Code::unavailable, "the gateway is stopping"); }

}  // namespace

Front::Front(Gateway& gateway, std::string scope, std::string profile)
    : gateway_(gateway), scope_(std::move(scope)), profile_(std::move(profile)) {
  info_ = "{\"name\":" + base::quoted(scope_.empty() ? "gatehouse" : "gatehouse/" + scope_) +
          ",\"version\":" + base::quoted(gateway_.parts_.version) + "}";
}

Result<std::shared_ptr<const base::Principal>> Front::identify(const sdk::Inbound& in) const {
  if (in.caller && in.caller->who) return in.caller->who;
  Peer peer;
  if (!in.http)
    peer.kind = Peer::Kind::stdio;
  else if (in.http->peer_address.empty())
    peer.kind = Peer::Kind::unix_socket;
  else
    peer.address = in.http->peer_address;
  return gateway_.identity_.identify(peer);
}

Result<CallerLimits::Seat> Front::admit(const sdk::Inbound& in) {
  auto who = identify(in);
  if (!who) return std::move(who).error();
  auto kind = in.method() == Method::subscriptions_listen ? CallerLimits::Kind::listen : CallerLimits::Kind::call;
  return gateway_.limits_.admit((*who)->id, kind, base::Timers::now());
}

Task<Reply> Front::handle(sdk::Inbound in, sdk::Outlet& out) {
  OpenCall call(gateway_.calls_, in, scope_);
  if (!call.begun) {
    call.ended(call.begun.error());
    co_return Reply(protocol::to_refusal(call.begun.error()));
  }
  Result<CallerLimits::Seat> seat = admit(in);
  if (!seat) {
    call.ended(seat.error());
    // Refused before it is a call: HTTP says so by its status.
    co_return Reply(protocol::to_refusal(seat.error()));
  }
  if (Result<> allowed = within_hard_budget(in); !allowed) {
    call.ended(allowed.error());
    co_return std::move(allowed).error();
  }
  Result<Reply> outcome = co_await answer(&call, &in, &out).result();
  if (outcome && gateway_.budget_.watches(in.method())) outcome = co_await within_budget(&call, &in, *std::move(outcome)).result();
  if (outcome && gateway_.budget_.watches(in.method()) && !outcome->error())
    note_tokens(call.record, in.rpc.params.arguments, outcome->result());
  call.ended(outcome);
  if (gateway_.calls_.keeps_contents()) gateway_.first_seen_.called(call.record, in);
  // So does an upstream's refusal before anything was sent, and one that wants to be left alone for a while.
  if (!outcome && turned_away(outcome.error())) co_return Reply(protocol::to_refusal(outcome.error()));
  co_return std::move(outcome);
}

Task<Reply> Front::answer(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out) {
  if (gateway_.closing_.stop_requested()) return stopping();
  if (reads_rest(*in)) return read_rest(call, in);
  if (auto kind = listed_kind(in->method())) return list(call, in, out, *kind);
  switch (in->method()) {
    case Method::tools_call:
      if (auto meta = meta_tool(*in)) return answer_meta(call, in, out, *meta);
      return carry_out(call, in, out, authz::Disclosure::all);
    case Method::prompts_get:
    case Method::resources_read: return carry_out(call, in, out, authz::Disclosure::all);
    case Method::subscriptions_listen: return listen(call, in, out);
    case Method::resources_subscribe:
    case Method::resources_unsubscribe: return subscribe(call, in, out);
    case Method::completion_complete: return complete(call, in, out);
    case Method::tasks_get:
    case Method::tasks_update:
    case Method::tasks_cancel:
    case Method::tasks_list:
    case Method::tasks_result: return tasks(call, in, out);
    default: return pass(call, in, out);
  }
}

// The five lines. Resolve comes before decide: a rule judges the real tool, never an alias for it.
Task<Reply> Front::carry_out(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out, authz::Disclosure origin) {
  CallKind kind = *call_kind(in->method());
  call->record.caller = co_await identify(*in);
  const Viewer who = viewer(*call, *in);
  gateway_.sign_ins_.met(*in, call->record.caller->id);
  Target target;
  const bool known = resolve_known(target, kind.kind, kind.verb, in->rpc.name, who);
  Asked entered;  // a sign-in before anything is known of the server
  if (gateway_.sign_ins_.any() && (!known || !in->rpc.params.request_state.empty())) {
    std::string server(known ? target.subject.server : scope_.empty() ? server_of(in->rpc.name) : std::string_view(scope_));
    const bool ask = !known && who.has(server) && !sees_nothing(*call->record.caller, server, kind.kind);
    const SignInStage stage = ask ? SignInStage::ask : SignInStage::only_back;
    std::optional<Reply> ended = co_await sign_in(call, std::move(server), in, out, stage, &entered);
    if (ended) co_return *std::move(ended);
    if (entered.changed) in = &*entered.changed;
  }
  if (!known) target = co_await resolve(call, kind.kind, kind.verb, in->rpc.name, who, out->stop_token());
  if (!target.uri.empty()) target.subject.name = target.uri;
  if (target.subject.name.empty()) target.subject.name = call->record.name;
  call->record.server = target.subject.server;
  call->record.name = target.subject.name;
  target.subject.hints = hints_of(*target.entry->definition);
  target.subject.disclosure = origin;
  if (kind.kind == DefinitionKind::tool) co_await within_scopes(call, *in, target.subject);
  const authz::Decision decision = co_await decide(*call, target, kind.kind, in->rpc.name, in->rpc.params.arguments);
  if (gateway_.calls_.keeps_contents() && !target.unlisted && target.upstream->config().kind != ServerConfig::Kind::builtin)
    call->record.pin = gateway_.pin_digests_.of(target.catalog, *target.entry->definition);
  if (origin == authz::Disclosure::all && in->modern() && in->http && !target.entry->headers.empty()) {
    auto lookup = [http = in->http](std::string_view name) { return http->find(name); };
    auto mirrored = protocol::check_param_headers(target.entry->headers, in->rpc.params.arguments, lookup);
    if (!mirrored) co_return Reply(std::move(mirrored.error()));
  }
  Asked asked;
  asked.needed = !decision.allowed();
  if (asked.needed || !in->rpc.params.request_state.empty()) {
    std::optional<Reply> ended;
    if (asked.needed && decision.rule && decision.rule->approvers)
      ended = co_await approval(call, &target, in, out, decision.rule, &asked);
    else
      ended = co_await consent(call, &target, in, out, &asked);
    if (ended) co_return *std::move(ended);
  }
  if (decision.rule) co_await gateway_.rule_limits_.admit(*decision.rule, call->record.caller->id, base::Timers::now());
  const sdk::Inbound* request = asked.changed ? &*asked.changed : in;
  Asked admitted;
  std::optional<Reply> unsigned_yet;
  if (gateway_.sign_ins_.any())
    unsigned_yet = co_await sign_in(call, std::string(target.subject.server), request, out, SignInStage::ask, &admitted);
  if (admitted.changed) request = &*admitted.changed;
  Reply reply;
  if (unsigned_yet)
    reply = *std::move(unsigned_yet);
  else
    reply = co_await answer_or_dispatch(call, &target, request, out);
  if (asked.given && in->modern()) reply = with_consent(*call, asked, std::move(reply));
  if (!reply.error()) {
    co_await gateway_.policy_.review(*call->record.caller, target.subject, reply.result());
    std::string server(target.subject.server), name(target.subject.name);
    reply = co_await gateway_.results_.review(gateway_.config_->scan.results, in->method(), std::move(server), std::move(name),
                                              target.catalog, std::move(reply));
    if (kind.kind == DefinitionKind::tool)
      gateway_.budget_.called(target.subject.server, target.subject.name, in->rpc.params.arguments, reply.result());
  }
  co_return as_public(target, in->rpc.name, std::move(reply));
}

}  // namespace gateway
