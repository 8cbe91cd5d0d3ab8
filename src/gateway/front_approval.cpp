// The part of Front that holds a call until somebody else has approved it.
#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/front.h"
#include "protocol/results.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

// A call that was not made. A model reads why in the result; for the rest it is an error.
Result<Reply> Front::refused(OpenCall& call, const sdk::Inbound& in, const std::string& why) {
  std::string text = "The gateway did not let this happen, and nothing was done: " + why + ".";
  call.denied = why;
  if (in.method() == Method::tools_call) return Reply(protocol::tool_error_result(text));
  return Error(Code::denied, std::move(text));
}

std::string_view Front::word_for(Method method) {
  return method == Method::tools_call ? "tool" : method == Method::prompts_get ? "prompt" : "resource";
}

// A call that was approved may still go in rounds with its upstream: they carry a consent that was given, and are not asked about again.
Task<bool> Front::was_approved(OpenCall* call, const sdk::Inbound* in, Asked* asked) {
  const protocol::Params& params = in->rpc.params;
  if (params.request_state.empty()) co_return false;
  const std::string state = base::json_string(params.request_state).value_or("");
  std::optional<Consents::Opened> opened =
      co_await gateway_.consents_.redeem(state, call->record.caller->id, asked->digest, std::chrono::system_clock::now());
  if (!opened || opened->stage != Consents::Stage::given)
    co_await mcp::fail(Code::invalid_argument,
                       "this requestState is not known here, and the call needs an approval; call again without requestState");
  asked->given = true;
  call->record.approval = "given before";
  asked->take(*in, false, opened->state);
  co_return true;
}

// What ends the call is given; nothing: it goes on.
Task<std::optional<Reply>> Front::approval(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out,
                                           std::shared_ptr<const authz::Rule> rule, Asked* asked) {
  asked->digest =
      consent_digest(protocol::method_name(in->method()), target->subject.server, target->subject.name, in->rpc.params.arguments);
  const bool before = co_await was_approved(call, in, asked);
  if (before) co_return std::nullopt;
  ApprovalWanted wanted;
  wanted.caller = call->record.caller;
  wanted.session = payer(*call->record.caller, *in).session;
  wanted.kind = word_for(in->method());
  wanted.server = target->subject.server;
  wanted.name = target->subject.name;
  wanted.definition = target->entry->definition->raw;
  wanted.arguments = in->rpc.params.arguments;
  wanted.rule = std::move(rule);
  // Code has little time; it is told, and can be run again.
  if (target->subject.disclosure == authz::Disclosure::code) wanted.hold = ApprovalWanted::Hold::no;
  base::AnyStop stop(out->stop_token(), gateway_.ending_.get_token());
  Result<Approvals::Outcome> outcome = co_await gateway_.approvals_.seek(std::move(wanted), stop.token()).result();
  if (!outcome && outcome.error().code == Code::cancelled)
    co_await mcp::fail(Code::cancelled, "the call was cancelled while it waited for an approval");
  if (!outcome) {
    const std::string why = "a rule wants an approval, and it could not be asked for: " + outcome.error().leaving();
    co_return co_await refused(*call, *in, why);
  }
  call->record.approval = outcome->id;
  if (outcome->way != Approvals::Way::go) co_return co_await refused(*call, *in, outcome->why);
  asked->given = true;
  co_return std::nullopt;
}

}  // namespace gateway
