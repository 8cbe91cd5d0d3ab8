// Memory-mapped files in which calls stand from their beginning until the trail has them: what was written survives the process.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mcp/result.h"

namespace observe {

// What a frame says. `kept`: a beginning again, because the file with the first one is over.
enum class FrameKind : std::uint8_t { begin = 1, end = 2, event = 3, kept = 4 };

struct Frame {
  FrameKind kind = FrameKind::event;
  std::uint64_t seq = 0;     // counts the frames of a spool, over restarts
  std::uint64_t number = 0;  // of the call
  std::string_view payload;
};

// One file of a spool as its bytes: the frames up to the first that is not whole. Linear.
// Errors: invalid_argument (no file of a spool).
struct SpooledFile {
  std::uint64_t boot = 0;     // the run that wrote it
  std::vector<Frame> frames;  // views into the bytes
};
mcp::Result<SpooledFile> read_spooled(std::string_view bytes);

// Owns: its files, which are 0600, in a folder of its own, 0700. A write is a copy into memory; files are made ahead by make_ready().
// Nothing is flushed to the disk: it outlives the process, not a cut of power.
// Threads: any for begin(), end() and event(); one other for next(), release() and make_ready().
class Spool {
 public:
  struct Options {
    std::string folder;
    std::size_t file_bytes = 4 * 1024 * 1024;
    std::size_t most_files = 16;
  };
  // What an earlier run left. Blocks.
  struct Left {
    std::vector<std::string> paths;
    std::vector<std::string> bytes;  // of each file
    std::vector<SpooledFile> files;  // views into `bytes`, in order
  };
  // Errors: internal (a file that cannot be read).
  static mcp::Result<Left> left(const std::string& folder);
  static void remove(const Left& left);

  // `boot` names this run; frames count on from `after`. Errors: internal, unavailable (no room on the disk).
  static mcp::Result<std::unique_ptr<Spool>> open(Options options, std::uint64_t boot, std::uint64_t after);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Errors: unavailable (the files are full and not taken, or the disk is), too_large. begin() leaves the room of one file to ends.
  mcp::Result<> begin(std::uint64_t number, std::string_view payload);
  mcp::Result<> end(std::uint64_t number, std::string_view payload);
  mcp::Result<> event(std::string_view payload);

  // Frames that were not given yet, at most `most`, in order. Views that hold until they are released.
  std::vector<Frame> next(std::size_t most);
  // All frames up to this one are in the trail.
  void release(std::uint64_t seq);
  // Makes the file that is needed next.
  void make_ready();
  std::size_t open_calls() const;

 private:
  struct File;
  struct Place {
    const File* file;
    std::string_view payload;
  };
  Spool(Options options, std::uint64_t boot, std::uint64_t after);
  mcp::Result<std::unique_ptr<File>> make(std::uint64_t of);
  // With the mutex held.
  mcp::Result<std::string_view> append(FrameKind kind, std::uint64_t number, std::string_view payload, std::size_t leave);

  const Options options_;
  const std::uint64_t boot_;
  mutable std::mutex mutex_;
  std::uint64_t seq_;
  std::uint64_t made_ = 0;
  std::deque<std::unique_ptr<File>> files_;  // the last one is written to
  std::unique_ptr<File> spare_;
  std::unordered_map<std::uint64_t, Place> open_;  // calls that run
  // Of the reader alone.
  const File* reading_ = nullptr;
  std::size_t read_to_ = 0;
};

}  // namespace observe
