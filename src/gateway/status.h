// How the gateway is, for /readyz, /metrics and `gatehouse tools --status`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gateway {

struct UpstreamStatus {
  std::string id;
  std::string kind;    // builtin, command, url
  std::string state;   // disabled, idle, starting, up, down
  std::string reason;  // why it is down, in words
  std::size_t tools = 0;
  bool required = false;
  bool enabled = true;
  std::uint64_t starts = 0;  // that succeeded
};

struct Status {
  std::vector<UpstreamStatus> upstreams;  // in the config's order
  std::size_t streams = 0;                // clients that listen for changes
  std::size_t calls = 0;                  // running now
};

}  // namespace gateway
