// An upstream that is a process or an HTTP endpoint.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "gateway/config.h"
#include "gateway/trust/launch_gate.h"
#include "gateway/upstream/credentials.h"
#include "gateway/upstream/link.h"
#include "net/reaper.h"

namespace gateway {

struct LinkParts {
  base::Loop& loop;
  net::Reaper& reaper;
  std::string version;                            // of this program, as upstreams see it
  LaunchPins& launches;                           // asked before each start of a child
  std::shared_ptr<Credentials> credentials = {};  // of callers, where the server wants some
};

// What a legacy upstream spoke when it was last asked by the rules. For a while its next links begin with that: some of these servers keep
// silent when they are asked, which costs half of the time that a start may take.
struct EraMemory {
  const protocol::Revision* legacy = nullptr;
  base::Instant asked{};
};

// Starts the child, or connects, and settles the era by the specification's rules. To a legacy upstream it opens further sessions, one
// for each audience (make_sessioned_link).
// Errors: those of permit_launch; as Connection::request and Child::open_child; a child that ended tells the last it wrote to its standard
// error.
base::Task<std::unique_ptr<Link>> open_connection_link(LinkParts parts, ServerConfig config, LinkEvents events, std::stop_token stop,
                                                       std::shared_ptr<EraMemory> memory);

}  // namespace gateway
