// A server's command, and the box that it runs in.
#pragma once

#include <string>
#include <vector>

#include "gateway/box/machine.h"
#include "gateway/config.h"
#include "net/egress/outlet.h"
#include "net/reaper.h"
#include "sandbox/child/exposure.h"

namespace gateway {

struct BoxedCommand {
  net::ChildCommand command;
  // Where the box's listeners lead, in their order; the first one is the proxy, and stands for none.
  std::vector<net::EgressTarget> targets;
  std::vector<std::string> notes;  // for the log: what was asked for and not opened
};

// The box of a server with `argv` in place of its command. Looks at files; starts nothing.
// Errors: invalid_argument, not_found (a path that the config opens).
base::Result<BoxedCommand> box_command(const ServerConfig& config, const std::vector<std::string>& argv, const Machine& machine);

// Without a box: `sandbox: off`.
net::ChildCommand plain_command(const ServerConfig& config, const Machine& machine);

// What addresses are, for egress. The metadata services of clouds are `never`.
net::Ground ground_of(const boost::asio::ip::address& address);

// As whom a box runs when this process is root: always the same for one name, and nobody's who has an account.
std::uint32_t box_user(std::string_view name);

// What leads out of a box with these places: its listeners and its hosts file, and the variables that name its proxy.
struct Ways {
  std::vector<sandbox::child::Listener> listeners;
  std::vector<net::EgressTarget> targets;
  std::string hosts;
  std::vector<std::string> environment;
};
Ways ways_out(const net::AllowList& network);

}  // namespace gateway
