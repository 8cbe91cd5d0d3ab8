// What the gateway's side, the launcher and the keepers say to each other. See reaper.h for who they are.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "net/reaper.h"

namespace net {

// From the keeper to this side, over the control socket.
struct KeeperReport {
  enum Kind : std::int32_t {
    started = 1,  // value: the child's process id; text: layers of its confinement that do not hold
    not_started,  // value: errno; detail: a Step; text: what failed, of a confinement
    exited,       // value: exit code; all descendants are gone
    killed,       // value: signal; all descendants are gone
  };
  enum Step : std::int32_t { in_fork = 1, in_directory, in_exec, in_confinement };
  std::int32_t kind = 0;
  std::int32_t value = 0;
  std::int32_t detail = 0;
  std::array<char, 500> text{};  // ends with a zero
};

// What the launcher is sent for a keeper: the child's ends of input, output, errors, control and outlet.
inline constexpr int kKeeperFds = 5;

// From this side to the keeper: first the request, then single letters. Closing the socket means kill.
inline constexpr char kTerminate = 'T';  // SIGTERM to the whole tree
inline constexpr char kKill = 'K';       // SIGKILL to the whole tree

// The command as bytes: what is to be written to the control socket first.
std::string request_bytes(const ChildCommand& command);

// The launcher's life: forks a keeper for each request on `requests` until that closes. Never returns.
[[noreturn]] void run_launcher(int requests, const Confiner& confiner);

}  // namespace net
