#include "gateway/disclosure/inner_call.h"

#include "base/json.h"
#include "gateway/front.h"
#include "gateway/tracing.h"

namespace gateway {

using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

std::string params_of(const InnerCall& inner, const sdk::Inbound& outer) {
  std::string out = "{\"name\":" + base::quoted(inner.name);
  auto add = [&out](std::string_view key, std::string_view value) {
    if (!value.empty()) out.append(",\"").append(key).append("\":").append(value);
  };
  add("arguments", inner.arguments);
  add("inputResponses", inner.input_responses);
  add("requestState", inner.request_state);
  add("_meta", outer.rpc.params.meta.raw);
  return out + "}";
}

}  // namespace

InnerRequest::InnerRequest(const InnerCall& inner, const sdk::Inbound& outer) : params_(params_of(inner, outer)), in_(outer) {
  in_.rpc.message.known = Method::tools_call;
  in_.rpc.message.method = protocol::method_name(Method::tools_call);
  in_.rpc.message.params = params_;
  // Both parts were read before.
  auto read = protocol::read_params(params_);
  in_.rpc.params = read ? *std::move(read) : protocol::Params();
  in_.rpc.name = inner.name;
}

Task<Reply> Front::call_within(const OpenCall* outer, const sdk::Inbound* in, sdk::Outlet* out, InnerCall inner) {
  InnerRequest request(inner, *in);
  OpenCall call(gateway_.calls_, request.inbound(), scope_, &outer->record);
  Result<Reply> outcome = base::Error(base::Code::unavailable, "the gateway is stopping");
  Result<> counted = std::move(call.begun);
  if (counted && inner.toll == InnerCall::Toll::due) {
    auto seat = gateway_.limits_.admit(outer->record.caller->id, CallerLimits::Kind::within, base::Timers::now());
    if (!seat) counted = std::move(seat).error();
  }
  if (!counted)
    outcome = std::move(counted).error();
  else if (!gateway_.closing_.stop_requested())
    outcome = co_await carry_out(&call, &request.inbound(), out, inner.origin).result();
  if (inner.refused) *inner.refused = !call.denied.empty();
  if (outcome && !outcome->error()) note_tokens(call.record, inner.arguments, outcome->result());
  call.ended(outcome);
  co_return std::move(outcome);
}

}  // namespace gateway
