// Runs of code that wait for a person: what was called so far, kept here while the client goes away to ask.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "sandbox/script.h"

namespace gateway {

struct PausedRun {
  std::string caller;
  std::string code_digest;
  std::uint64_t seed = 0;
  std::int64_t now_ms = 0;
  std::vector<sandbox::Entry> record;
  std::size_t rounds = 0;             // how often it has paused before
  std::vector<sandbox::Entry> asked;  // `answer.json` is the InputRequiredResult that each call came to

  // Of the record and of what was asked: a state is good for exactly this.
  std::string digest() const;
};

// Bounded in number and bytes, for each caller and in all: of who has too much the oldest goes first. Each is taken once.
// Threads: one loop only.
class PausedRuns {
 public:
  static constexpr std::size_t kMost = 1'000;
  static constexpr std::size_t kMostBytes = 64 * 1024 * 1024;
  static constexpr std::size_t kMostOfCaller = 100;
  static constexpr std::size_t kMostBytesOfCaller = 16 * 1024 * 1024;
  static constexpr base::Millis kLives{600'000};

  // Gives the id to ask for it with; nothing when it is too large to keep.
  std::optional<std::string> keep(PausedRun run, base::Instant now);
  // What was taken and could not go on: it may be tried again under the same id.
  void put_back(std::string id, PausedRun run, base::Instant now);
  // Nothing when there is none of this caller's, or no longer, or it was made for other code.
  std::optional<PausedRun> take(std::string_view id, std::string_view caller, std::string_view code_digest, base::Instant now);

  std::size_t size() const { return runs_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    std::string id;
    PausedRun run;
    std::size_t bytes = 0;
    base::Instant until;
  };
  using At = std::list<Kept>::iterator;
  void drop(At at);
  void drop_oldest() { drop(runs_.begin()); }
  bool make_room(const std::string& caller, std::size_t bytes, base::Instant now);
  void insert(Kept kept);

  std::list<Kept> runs_;  // the oldest first
  std::map<std::string, std::list<Kept>::iterator, std::less<>> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace gateway
