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
  std::vector<sandbox::Entry> asked;  // `answer.json` is the InputRequiredResult that each call came to

  // Of the record and of what was asked: a state is good for exactly this.
  std::string digest() const;
};

// Bounded in number and bytes: the oldest goes first. Each is taken once.
// Threads: one loop only.
class PausedRuns {
 public:
  static constexpr std::size_t kMost = 1'000;
  static constexpr std::size_t kMostBytes = 64 * 1024 * 1024;
  static constexpr base::Millis kLives{600'000};

  // Gives the id to ask for it with.
  std::string keep(PausedRun run, base::Instant now);
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
  void drop_oldest();

  std::list<Kept> runs_;  // the oldest first
  std::map<std::string, std::list<Kept>::iterator, std::less<>> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace gateway
