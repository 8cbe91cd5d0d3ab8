// The record of a run's calls: what a retry of the run is answered from, and the proof that it goes the same way.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "sandbox/script.h"

namespace sandbox {

// Decides, call by call, what is answered from the record and what is carried out. The engine runs one job after the other, and reads the
// next answer only when no job is left. So the order in which calls are issued follows from the code and from the order of the answers, and
// Promise.all may stand over a pause: the record keeps the order in which calls ended, and gives their answers again in that order, before
// any new one. Pure: no I/O.
class Replay {
 public:
  // `record` in the order of the calls' ends. `asked`: the calls that paused the earlier run.
  Replay(std::vector<Entry> record, const std::vector<Entry>& asked);

  enum class Step { recorded, live };
  // The code issues a call. Error: conflict, when the earlier run had another call in this place.
  Result<Step> issued(std::uint32_t seq, const std::string& name, const std::string& arguments);

  // The next answer of the record, if its call has been issued again; null otherwise. Good until completed() is called.
  const Entry* next();
  // Every recorded answer was given by next(): live ones may be delivered now.
  bool caught_up() const { return given_ == old_; }
  // The code waits, and next() has given all it could. Error: conflict, when the record has more: the code does not go the way it went.
  Result<> waiting() const;

  // A live call has ended; takes its place behind the others.
  void completed(Entry entry) { record_.push_back(std::move(entry)); }

  // How many came from the earlier run.
  std::size_t replayed() const { return given_; }
  std::vector<Entry> take() && { return std::move(record_); }

 private:
  struct Was {
    std::string name, arguments;
  };
  std::vector<Entry> record_;
  std::map<std::uint32_t, Was> was_;  // what stood at a number in the earlier run
  std::set<std::uint32_t> answered_;  // numbers whose answers are in the record
  std::set<std::uint32_t> issued_again_;
  std::size_t old_ = 0, given_ = 0;
};

}  // namespace sandbox
