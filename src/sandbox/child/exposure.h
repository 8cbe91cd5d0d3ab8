// What of this machine a confined child gets to see: the runtime, the program with what belongs to it, and what was opened by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/child/plan.h"

namespace sandbox::child {

// The folders of a child's own, in memory.
inline constexpr const char* kHome = "/home/box";
inline constexpr const char* kTemporary = "/tmp";

// Collects the mounts of a plan. It looks at the machine's files as it is asked; what is not there is left out.
// Threads: one at a time.
class Exposure {
 public:
  // `home` is the folder of the user of this process; neither it nor a folder of the system is opened as a whole unless it was named.
  // `search` is the PATH on which programs named by scripts are looked for.
  Exposure(std::string home, std::string search);

  // The system's libraries and programs, certificates, a few devices, an own home and /tmp; users, hosts and names of no meaning outside.
  void add_runtime();

  // A program by its absolute path, and with it the folder that it was installed to: `<prefix>/bin/x` brings `<prefix>`, a script its
  // interpreter, a version manager's shim the manager.
  void add_program(const std::string& path);

  // A script, and the package it is part of: the nearest folder above with a package.json, node_modules, pyproject.toml or the like, and
  // the node_modules folders above that.
  void add_package(const std::string& file);

  // Arguments of a command that name files or folders that are there (also behind `--option=`): scripts with their package, the rest alone.
  // Only for reading. Gives those that are too wide to be opened without being named in the config.
  std::vector<std::string> add_arguments(const std::vector<std::string>& argv, const std::string& directory);

  // One file or folder with everything in it, at its own place; symbolic links on the way to it are made again.
  // Errors: invalid_argument (what is never opened: /, /proc, /sys, /dev), not_found.
  Result<> open(const std::string& path, Mount::Access access);

  // The same path, or nothing: where a program of this name is on the search path.
  std::string find_program(std::string_view name) const;

  // Whether the child sees it.
  bool sees(std::string_view path) const;

  // Sorted, without what is in another mount already.
  Plan take();

 private:
  void open_quietly(const std::string& path);
  std::string follow(const std::string& path);
  void add_prefix(const std::string& program);
  void add_interpreter(const std::string& script, int depth);
  void add_program_of(const std::string& path, int depth);
  bool too_wide(std::string_view path) const;

  std::string home_, search_;
  Plan plan_;
};

}  // namespace sandbox::child
