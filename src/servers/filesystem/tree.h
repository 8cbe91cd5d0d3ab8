// Tree: the files below a few roots, and nothing else of the machine.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "servers/filesystem/beneath.h"

namespace servers {

using mcp::Code;
using mcp::Error;
using mcp::Result;

// What may be done below a root. Each includes the ones before it.
enum class RootMode {
  read,    // look, never change
  append,  // add: new files, new folders, more at the end of a file; nothing that is there is lost
  write,   // everything
};

// "read", "append", "write".
std::string_view mode_name(RootMode mode);
// Error: invalid_argument, naming the three.
Result<RootMode> parse_root_mode(std::string_view name);

struct RootOptions {
  std::string path;
  RootMode mode = RootMode::read;
};

// Whether a file that has several names may be read and written: one of them may lie outside the roots.
enum class HardLinks { refuse, allow };

struct TreeLimits {
  std::size_t read = 10 << 20;    // most bytes of one file that are read or written
  std::size_t result = 1 << 20;   // most bytes of text in one answer
  std::size_t entries = 10'000;   // most entries in one answer
  std::size_t visited = 500'000;  // most entries that one walk looks at
  int depth = 64;                 // deepest folder that a walk enters
  HardLinks hard_links = HardLinks::refuse;
  Resolver resolver = Resolver::kernel;
};

// One root, as it was opened.
struct Root {
  std::vector<std::string> names;  // absolute and normal: as given, and with its links resolved
  RootMode mode = RootMode::read;
  Fd fd;
  dev_t device = 0;
  ino_t inode = 0;

  const std::string& path() const { return names.front(); }
};

// A path that has been assigned to a root by its letters. Whether it exists and stays inside shows when it is opened.
struct Place {
  const Root* root = nullptr;
  std::string rest;   // below the root, normal, "." for the root itself
  std::string given;  // as the caller wrote it, for messages

  // The absolute path that names it in answers.
  std::string full() const;
};

enum class Kind { file, folder, link, other };

// One name in a folder.
struct Entry {
  std::string name;
  Kind kind = Kind::other;
  std::uint64_t size = 0;        // files only, and only when asked for
  std::int64_t modified_ns = 0;  // since the epoch, likewise
  std::uint64_t inode = 0;       // likewise
};

// What is known about a file or folder.
struct Info {
  Kind kind = Kind::other;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t accessed_ns = 0;
  std::int64_t created_ns = 0;  // 0 where the file system does not say
  unsigned permissions = 0;
  std::uint64_t links = 1;
  std::uint64_t inode = 0;
};

// An entry that a walk meets. `path` is below the folder where the walk began.
struct Visit {
  const std::string& path;
  const Entry& entry;
};
enum class Onward { enter, pass, stop };

// The files below a few roots.
// Every path is resolved beneath the descriptor of its root, so links and `..` cannot leave it, also while others change the tree.
// Devices, pipes and sockets are refused, and files with several names unless the limits allow them.
// Owns: its roots' descriptors. Threads: any, at the same time; all calls block.
// Errors, everywhere: not_found, denied (outside the roots, or not in this mode), invalid_argument (not a file, not a folder, a
// malformed path), conflict (exists already), too_large, cancelled; internal for what the disk reports. Messages name the path as
// the caller wrote it and say what to do; they never name a host path outside the roots.
class Tree {
 public:
  // Errors: invalid_argument when a root is missing, is no folder, or comes twice.
  static Result<Tree> open(const std::vector<RootOptions>& roots, TreeLimits limits = {});

  const std::vector<std::unique_ptr<Root>>& roots() const { return roots_; }
  const TreeLimits& limits() const { return limits_; }
  // The most that any root allows.
  RootMode mode() const;

  // Assigns `path` to a root. Absolute paths by the longest root; relative ones to the first root where they exist, else the first
  // where their folder does, else the first.
  Result<Place> place(std::string_view path) const;

  // A descriptor of the regular file at `path`, for reading, and what it is.
  Result<std::pair<Fd, Info>> open_file(std::string_view path) const;
  // The whole file. Error: too_large above limits().read.
  Result<std::string> read(std::string_view path) const;
  // The first or last `lines` lines; a file of any size, and at most limits().result bytes of it. `first` is the line to begin at,
  // counted from 1. Errors: too_large; invalid_argument when the file ends before line `first`.
  Result<std::string> head(std::string_view path, std::size_t lines, std::size_t first = 1) const;
  Result<std::string> tail(std::string_view path, std::size_t lines) const;

  // What is at `path`, with links followed.
  Result<Info> info(std::string_view path) const;
  // The names in a folder, sorted by their bytes. Sizes and times only when `with` says so.
  enum class With { names, sizes };
  Result<std::vector<Entry>> list(std::string_view path, With with = With::names) const;
  // Visits what is below `path`, folder by folder, sorted, without following links. `visit` decides whether a folder is entered.
  // Folders that cannot be read are left out. Error: too_large past limits().visited; cancelled when `stop` is requested.
  Result<> walk(std::string_view path, With with, std::stop_token stop, const std::function<Onward(const Visit&)>& visit) const;

  // Replaces or creates the file: readers see the old or the new content, never a part. Keeps the permissions of a file that was
  // there. In append mode only new files.
  Result<> write(std::string_view path, std::string_view content) const;
  // Makes the file, in append mode too. Error: conflict when something has that name, also when it came to be meanwhile.
  Result<> create(std::string_view path, std::string_view content) const;
  // Adds to the end of the file, or creates it.
  Result<> append(std::string_view path, std::string_view content) const;
  // Makes the folder and those above it. True when it is new.
  Result<bool> make_folder(std::string_view path) const;
  // Renames a file or folder. Error: conflict when `to` exists.
  Result<> move(std::string_view from, std::string_view to) const;

 private:
  // A name in an open folder: where something is to be made, replaced or moved.
  struct Spot {
    Fd folder;
    std::string name;
    RootMode mode = RootMode::read;
  };
  enum class Last { follow, keep };

  explicit Tree(TreeLimits limits) : limits_(limits) {}
  Opened open_at(const Root& root, std::string_view rest, int flags) const;
  Result<Spot> locate(const Place& place, Last last) const;
  RootMode governing_mode(const Root& root, int folder) const;
  bool holds_root(int folder) const;
  Result<> check_regular(const struct stat& st, std::string_view path) const;
  Result<> replace(const Spot& spot, std::string_view path, std::string_view content, const struct stat* old) const;

  TreeLimits limits_;
  std::vector<std::unique_ptr<Root>> roots_;
};

}  // namespace servers
