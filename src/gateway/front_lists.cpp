// The part of Front that says what there is: lists, and how the server presents itself.
#include <algorithm>

#include "base/json.h"
#include "gateway/front.h"
#include "gateway/presentation.h"
#include "protocol/errors.h"
#include "protocol/results.h"

namespace gateway {

using base::Code;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

Task<Reply> Front::list(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out, DefinitionKind kind) {
  call->record.caller = co_await identify(*in);
  Viewer who = viewer(*call, *in);
  if (kind == DefinitionKind::tool) {
    std::optional<Reply> less = co_await list_surface(call, in, out);
    if (less) co_return *std::move(less);
  }
  const std::string route = profile_.empty() ? scope_ : "/" + profile_;
  ListPages::Walk walk{call->record.caller->id, route, kind};
  if (!in->rpc.params.cursor.empty()) {
    auto cursor = base::json_string(in->rpc.params.cursor);
    if (!cursor) co_return Reply(protocol::invalid_params("params.cursor must be a string"));
    Result<Reply> page = gateway_.pages_.next(walk, *cursor, listed(who, seen(who, *call->record.caller)));
    if (!page) co_return Reply(protocol::invalid_params(page.error().message));
    page->hints = gateway_.source_.hints(scope_, who, kind);
    narrow(page->hints);
    co_return *std::move(page);
  }
  CatalogSource::Kinds kinds(1, kind);
  if (scope_.empty())
    co_await gateway_.source_.settle(who, std::move(kinds), out->stop_token());
  else
    co_await gateway_.source_.settle_one(scope_, who, std::move(kinds), out->stop_token());
  std::shared_ptr<const Catalog> now = seen(who, *call->record.caller);
  if (!now) co_await mcp::fail(Code::unavailable, "server '" + scope_ + "' cannot be reached");
  Reply reply = gateway_.pages_.first(walk, listed(who, now));
  reply.hints = gateway_.source_.hints(scope_, who, kind);
  narrow(reply.hints);
  co_return std::move(reply);
}

Task<protocol::ServerIdentity> Front::identity(sdk::Inbound in) {
  auto caller = co_await identify(in);
  if (!in.modern()) FirstSeen::connected(*caller, in);
  Viewer who = viewer(*caller, in);
  protocol::ServerIdentity identity;
  identity.info = info_;
  if (!scope_.empty()) {
    // One server alone presents itself as it is, as far as it can be asked.
    (void)co_await gateway_.source_.meet_one(scope_, who, std::stop_token()).result();
    std::shared_ptr<const Catalog> now = seen(who, *caller);
    const ServerCatalog* offer = now ? now->offer(scope_) : nullptr;
    if (!offer) co_await mcp::fail(Code::unavailable, "server '" + scope_ + "' cannot be reached");
    if (!offer->info.empty()) identity.info = offer->info;
    identity.capabilities = passed_capabilities(offer->capabilities);
    if (offers_tasks(offer->capabilities)) identity.capabilities = with_task_capabilities(identity.capabilities);
    std::vector<Presented> alone{{offer->id, offer->capabilities, offer->instructions}};
    identity.instructions = co_await instructions(&in, caller.get(), &alone);
    co_return identity;
  }
  co_await gateway_.source_.meet(who, std::stop_token());
  std::shared_ptr<const Catalog> now = seen(who, *caller);
  std::vector<Presented> all;
  for (const auto& offer : now->offers()) all.push_back({offer->id, offer->capabilities, offer->instructions});
  identity.capabilities = merged_capabilities(all);
  identity.instructions = co_await instructions(&in, caller.get(), &all);
  auto has_tasks = [](const auto& offer) { return offers_tasks(offer->capabilities); };
  if (std::ranges::any_of(now->offers(), has_tasks)) identity.capabilities = with_task_capabilities(identity.capabilities);
  co_return identity;
}

}  // namespace gateway
