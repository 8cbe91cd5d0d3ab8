// The part of Front that tells clients of changes.
#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/front.h"
#include "protocol/errors.h"
#include "protocol/params.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Task;
using protocol::Method;
using sdk::Reply;

Task<Reply> Front::listen(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out) {
  call->record.caller = co_await identify(*in);
  ChangeFilter filter = co_await parse_change_filter(in->rpc.params.notifications);
  filter.server = scope_;
  filter.subscription_id = in->rpc.message.id;
  std::string meta = "\"_meta\":{\"" + std::string(protocol::meta_key::kSubscriptionId) + "\":" + filter.subscription_id + "}";
  std::string acknowledged = "{" + meta + ",\"notifications\":" + encode_change_filter(filter) + "}";
  co_await out->notify(Method::subscriptions_acknowledged, acknowledged);
  {
    Listeners::Seat seat(gateway_.listeners_, std::move(filter), *out);
    base::AnyStop stop(out->stop_token(), gateway_.closing_.get_token());
    co_await sdk::until_stopped(stop.token());
  }
  co_return Reply("{" + meta + "}");
}

Task<void> Front::stream(sdk::Inbound in, sdk::Outlet& out) {
  co_await identify(in);
  ChangeFilter filter;
  filter.server = scope_;
  filter.tools = filter.prompts = filter.resources = filter.every_update = true;
  filter.session = in.session;
  Listeners::Seat seat(gateway_.listeners_, std::move(filter), out);
  base::AnyStop stop(out.stop_token(), gateway_.closing_.get_token());
  co_await sdk::until_stopped(stop.token());
}

// A legacy client's wish to hear of one resource: its session keeps it, its stream tells it.
Task<Reply> Front::subscribe(OpenCall* call, const sdk::Inbound* in) {
  call->record.caller = co_await identify(*in);
  auto uri = base::json_string(in->rpc.params.uri);
  if (!uri || !in->session) co_return Reply(protocol::invalid_params("params.uri must be a string"));
  if (in->method() == Method::resources_subscribe)
    in->session->subscribe(*uri);
  else
    in->session->unsubscribe(*uri);
  co_return Reply(std::string("{}"));
}

}  // namespace gateway
