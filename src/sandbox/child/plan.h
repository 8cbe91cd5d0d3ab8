// What the box of a child process is to be: the tree it sees, its limits, its ways out. Values, and their form as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"

namespace sandbox::child {

using base::Code;
using base::Error;
using base::Result;

// A file or folder of this machine, as the child sees it. `to` is where; a mount below another comes after it.
struct Mount {
  enum class Access : std::uint8_t { read, write, device };
  std::string from, to;
  Access access = Access::read;
  bool operator==(const Mount&) const = default;
};

// A symbolic link, or a small file, made for the child.
struct Link {
  std::string path, target;
  bool operator==(const Link&) const = default;
};
struct File {
  std::string path, content;
  bool operator==(const File&) const = default;
};

// A memory file system of the child's own.
struct Scratch {
  enum class Programs : std::uint8_t { refused, allowed };
  std::string path;
  std::uint64_t bytes = 0;
  Programs programs = Programs::refused;  // whether files in it may be run
  bool operator==(const Scratch&) const = default;
};

// A TCP address of the box's own network on which somebody outside accepts.
struct Listener {
  std::string address;  // IPv4, in 127.0.0.0/8
  std::uint16_t port = 0;
  bool operator==(const Listener&) const = default;
};

struct Ceilings {
  std::uint64_t memory = 2ULL << 30;  // bytes: of each process's data, and where there is a cgroup of all together
  std::uint64_t processes = 512;      // threads count too
  std::uint64_t descriptors = 4'096;  // of each process
  std::uint64_t file = 1ULL << 30;    // bytes of one file that it writes
  std::uint64_t cpu_percent = 100;    // where there is a cgroup; 100 is one core
  bool operator==(const Ceilings&) const = default;
};

struct Plan {
  // What happens where this machine refuses a layer.
  enum class Degraded : std::uint8_t { refused, allowed };

  std::vector<Mount> mounts;
  std::vector<Link> links;
  std::vector<File> files;
  std::vector<std::string> folders;  // that are there, and empty
  std::vector<std::string> hidden;   // what is there in the tree, and must not be seen
  std::vector<Scratch> scratch;
  std::vector<Listener> listeners;
  Ceilings ceilings;
  Degraded degraded = Degraded::refused;
  // The user outside as whom the child runs when this process is root; 0: as whom this process runs.
  std::uint32_t outer_id = 0;
  // A cgroup v2 folder that is ours, in which one is made for the child; empty: none.
  std::string cgroup;
  bool operator==(const Plan&) const = default;
};

// Who the child is in its box.
inline constexpr std::uint32_t kInnerId = 1000;

std::string plan_bytes(const Plan& plan);
// Errors: invalid_argument (not what plan_bytes makes).
Result<Plan> read_plan(std::string_view bytes);

}  // namespace sandbox::child
