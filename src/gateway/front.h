// What answers at one MCP path of the gateway: the five lines that every call takes.
#pragma once

#include <memory>
#include <string>

#include "gateway/gateway.h"

namespace gateway {

// The aggregate (an empty scope), or one server alone under its own names.
// Threads: the gateway's loop.
class Front final : public sdk::Handler {
 public:
  Front(Gateway& gateway, std::string scope);

  base::Task<protocol::ServerIdentity> identity(sdk::Inbound in) override;
  // One server alone signs its results itself.
  std::string_view server_info() const override { return scope_.empty() ? std::string_view(info_) : std::string_view(); }
  base::Task<sdk::Reply> handle(sdk::Inbound in, sdk::Outlet& out) override;
  base::Task<void> stream(sdk::Inbound in, sdk::Outlet& out) override;

 private:
  // One target of a call, and the snapshot that it stands in.
  struct Target {
    std::shared_ptr<const Catalog> catalog;
    const Entry* entry = nullptr;
    std::shared_ptr<Upstream> upstream;
    authz::Subject subject;
  };

  // `call`, `in` and `out` live in handle(), which awaits these. front.cpp has the five lines; front_dispatch.cpp, front_lists.cpp and
  // front_listen.cpp what they lead to.
  base::Task<sdk::Reply> answer(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out);
  base::Task<sdk::Reply> carry_out(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out);
  base::Task<sdk::Reply> list(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out, DefinitionKind kind);
  base::Task<sdk::Reply> listen(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out);
  base::Task<sdk::Reply> subscribe(OpenCall* call, const sdk::Inbound* in);

  base::Result<std::shared_ptr<const base::Principal>> identify(const sdk::Inbound& in) const;
  base::Task<Target> resolve(DefinitionKind kind, authz::Subject::Verb verb, std::string name, std::stop_token stop);
  base::Task<sdk::Reply> dispatch(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out);
  const Entry* find(const Catalog& catalog, DefinitionKind kind, std::string_view name) const;

  Gateway& gateway_;
  std::string scope_;
  std::string info_;
};

}  // namespace gateway
