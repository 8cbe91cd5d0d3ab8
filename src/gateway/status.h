// How the gateway is, for /readyz, /metrics and `gatehouse tools --status`.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// idle: not used yet. up: its last requests worked; degraded: some of them failed. open: so many failed that it is left alone until its
// next try; half-open: it is being tried. down: it cannot be started, or died. stopped: nobody used it for a while; its next use starts it.
// needs sign-in: nothing can be had of it before somebody has signed in there.
inline constexpr std::string_view kNeedsSignIn = "needs sign-in";
inline constexpr std::array<std::string_view, 10> kUpstreamStates{"disabled", "idle",      "starting", "up",      "degraded",
                                                                  "open",     "half-open", "down",     "stopped", kNeedsSignIn};

// A required upstream is ready in these.
constexpr bool can_serve(std::string_view state) {
  return state == "up" || state == "degraded" || state == "half-open" || state == "stopped";
}

struct UpstreamStatus {
  std::string id;
  std::string kind;    // builtin, command, url
  std::string state;   // one of kUpstreamStates
  std::string reason;  // why it is down, open or degraded, in words
  std::size_t tools = 0;
  bool required = false;
  bool enabled = true;
  std::uint64_t starts = 0;                           // that succeeded
  std::size_t in_flight = 0;                          // requests that are with it
  std::size_t queued = 0;                             // requests that wait for these to end
  std::uint64_t failures = 0;                         // starts, deaths and requests that failed by its fault, ever
  std::string last_error;                             // the last of them
  std::optional<std::chrono::milliseconds> next_try;  // where it is down or open: from now
  std::string sandbox;                                // of a command: "on", "off", or the layers that do not hold on this machine
};

struct Status {
  std::vector<UpstreamStatus> upstreams;  // in the config's order
  std::size_t streams = 0;                // clients that listen for changes
  std::size_t calls = 0;                  // running now
};

}  // namespace gateway
