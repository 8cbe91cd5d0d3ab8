// The part of Front that says what there is: lists, and how the server presents itself.
#include "base/json.h"
#include "gateway/front.h"
#include "gateway/presentation.h"
#include "protocol/errors.h"
#include "protocol/results.h"

namespace gateway {

using authz::Subject;
using base::Code;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

// How long a modern client may keep a list of ours: changes are announced, so only clients that do not listen wait for it.
constexpr protocol::CacheHints kListHints{std::chrono::seconds(5), protocol::CacheScope::priv};

}  // namespace

Task<Reply> Front::list(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out, DefinitionKind kind) {
  call->record.caller = co_await identify(*in);
  if (!in->rpc.params.cursor.empty()) co_return Reply(protocol::invalid_params("unknown cursor: this list has one page"));
  if (scope_.empty())
    co_await gateway_.source_.settle(out->stop_token());
  else
    co_await gateway_.source_.settle(scope_, out->stop_token());
  co_await gateway_.policy_.decide(*call->record.caller, {Subject::Verb::see, scope_, {}}, {});
  auto catalog = gateway_.source_.current();
  Reply reply(scope_.empty() ? catalog->list(kind) : catalog->list_of(scope_, kind));
  reply.hints = kListHints;
  co_return std::move(reply);
}

Task<protocol::ServerIdentity> Front::identity(sdk::Inbound in) {
  co_await identify(in);
  protocol::ServerIdentity identity;
  identity.info = info_;
  if (!scope_.empty()) {
    // One server alone presents itself as it is, as far as it can be asked.
    (void)co_await gateway_.source_.settle(scope_, {}).result();
    auto catalog = gateway_.source_.current();
    const ServerCatalog* offer = catalog->offer(scope_);
    if (!offer) co_await mcp::fail(Code::unavailable, "server '" + scope_ + "' cannot be reached");
    if (!offer->info.empty()) identity.info = offer->info;
    identity.capabilities = passed_capabilities(offer->capabilities);
    identity.instructions = offer->instructions;
    co_return identity;
  }
  co_await gateway_.source_.settle(std::stop_token());
  auto catalog = gateway_.source_.current();
  std::vector<Presented> all;
  for (const auto& offer : catalog->offers()) all.push_back({offer->id, offer->capabilities, offer->instructions});
  identity.capabilities = merged_capabilities(all);
  identity.instructions = merged_instructions(all);
  co_return identity;
}

}  // namespace gateway
