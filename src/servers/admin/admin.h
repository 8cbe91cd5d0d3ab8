// The server `admin`: Gatehouse's own verbs as tools, for people in a role, and for the console.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "mcp/server.h"
#include "servers/admin/admin_port.h"

namespace servers::admin {

// Each may do what those before it may.
enum class Role { viewer, approver, admin };
inline constexpr std::size_t kRoles = 3;
inline constexpr std::array<std::string_view, kRoles> kRoleNames{"viewer", "approver", "admin"};
inline std::string_view role_name(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

// Its resource: calls as they happen. With `?after=CURSOR` those that ended since.
inline constexpr std::string_view kCallsUri = "gatehouse://calls";

// Makes the server as somebody in `role` sees it: what they may not do is not there. Clients may listen to kCallsUri, of which whoever owns
// the server tells (mcp::Server::notify_resource_updated).
// Lifetime: the port outlives it.
mcp::Server make_server(Role role, AdminPort& port, std::string version);

}  // namespace servers::admin
