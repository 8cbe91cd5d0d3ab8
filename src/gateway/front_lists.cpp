// The part of Front that says what there is: lists, and how the server presents itself.
#include "base/json.h"
#include "gateway/front.h"
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
    std::string capabilities = "{";
    for (std::string_view key : {"tools", "prompts", "resources"}) {
      if (base::find_member(offer->capabilities, key).empty()) continue;
      capabilities.append(capabilities.size() > 1 ? ",\"" : "\"").append(key);
      capabilities += key == "resources" ? "\":{\"listChanged\":true,\"subscribe\":true}" : "\":{\"listChanged\":true}";
    }
    identity.capabilities = capabilities + "}";
    identity.instructions = offer->instructions;
    co_return identity;
  }
  // The aggregate offers all kinds: an upstream may bring any of them later.
  identity.capabilities =
      R"({"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true}})";
  auto catalog = gateway_.source_.current();
  for (const auto& offer : catalog->offers()) {
    if (offer->instructions.empty()) continue;
    if (!identity.instructions.empty()) identity.instructions += "\n\n";
    identity.instructions += "## " + offer->id + " (tools named " + offer->id + "__…)\n" + offer->instructions;
  }
  co_return identity;
}

}  // namespace gateway
