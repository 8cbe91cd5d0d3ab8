// The part of the wiring that serves the console.
#include "access/identity.h"
#include "app/wiring.h"

namespace app {

void HttpSide::add_console(edge::RouteParts& parts) {
  parts.console.gate = console_;
  parts.console.role = [wiring = &wiring_](const base::Principal* who, const net::HttpRequest& request) -> std::string {
    const bool here = request.peer_address.empty() || authz::is_loopback(request.peer_address);
    base::Principal local;
    if (!who && !here && !wiring->door("/mcp/s/admin")) local.id = "anonymous";
    const auto role = find_role(wiring->config().admin, who ? *who : local);
    return role ? std::string(servers::admin::role_name(*role)) : std::string();
  };
  parts.console.cookie = [wiring = &wiring_] {
    const AppConfig& config = wiring->config();
    const bool secure = config.tls || config.public_url.starts_with("https://");
    return secure ? edge::ConsoleParts::Cookie::secure : edge::ConsoleParts::Cookie::plain;
  };
}

}  // namespace app
