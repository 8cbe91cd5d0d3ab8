// The part of the wiring that leads browsers to the sign-ins of servers.
#include "access/identity.h"
#include "app/wiring.h"
#include "sdk/session.h"

namespace app {

// How a browser reaches this gateway; empty where it does not listen.
std::string HttpSide::browser_origin() const {
  if (!wiring_.config().public_url.empty()) return wiring_.config().public_url;
  if (address_.port == 0 || !authz::is_loopback(address_.host)) return {};
  return (wiring_.config().tls ? "https://" : "http://") + address_.text();
}

void HttpSide::add_sign_ins(edge::RouteParts& parts) {
  gateway::SignIns* all = &wiring_.gateway().sign_ins();
  parts.sign_ins.read = [this, all](std::string_view server, std::string_view link) -> mcp::Result<edge::SignInVisitor> {
    const bool alone = wiring_.config().gateway.door == authz::Door::local && authz::is_loopback(address_.host);
    if (!all->find(server))
      return mcp::Error(mcp::Code::not_found, "there is no server '" + std::string(server) + "' that people sign in to");
    // Where nobody signs in here, there is one caller.
    if (link.empty() && alone) return edge::SignInVisitor{std::string(server), "local"};
    auto ticket = all->read_link(server, link);
    if (!ticket) return std::move(ticket).error();
    return edge::SignInVisitor{ticket->server, ticket->caller};
  };
  parts.sign_ins.begin = [all](edge::SignInVisitor visitor, std::string browser) -> mcp::Task<std::string> {
    auto go = [](std::shared_ptr<gateway::ServerSignIn> door, std::string caller, std::string secret) -> mcp::Task<std::string> {
      if (!door) co_return mcp::Error(mcp::Code::not_found, "there is no such server any more");
      std::stop_token none;
      co_return co_await door->begin(std::move(caller), std::move(secret), none);
    };
    return go(all->find(visitor.server), std::move(visitor.caller), std::move(browser));
  };
  parts.sign_ins.returned = [all](std::string target, std::string browser) {
    return all->returned(std::move(target), std::move(browser), {});
  };
  parts.sign_ins.document = [all] { return all->client_document(); };
  parts.sign_ins.secret = [] { return sdk::random_id(); };
}

}  // namespace app
