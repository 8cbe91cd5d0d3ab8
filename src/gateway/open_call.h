// One call from its beginning to its one end.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/record.h"
#include "sdk/handler.h"

namespace gateway {

// Counts calls and hands each to the recorder when it has ended.
// Threads: one loop only.
class CallBook {
 public:
  explicit CallBook(base::Recorder& recorder) : recorder_(recorder) {}
  std::size_t running() const { return running_; }
  bool keeps_contents() const { return recorder_.keeps_contents(); }
  // From now on calls have spans, and this share of the traces that begin here is sampled; nothing: they have none.
  void trace(std::optional<double> share) { share_ = share; }
  // Ends when no call runs. Error: timeout.
  base::Task<void> drained(base::Timers& timers, base::Instant deadline);

 private:
  friend class OpenCall;
  void ended(const base::CallRecord& record);

  base::Recorder& recorder_;
  base::Waiters idle_;
  std::optional<double> share_;
  std::uint64_t last_ = 0;
  std::size_t running_ = 0;
};

// Opens a record; destroying it ends the record, whatever happened: a call whose coroutine was torn down counts as cancelled.
// There is no other place that ends one.
class OpenCall {
 public:
  // `parent`: the call that makes this one for its caller; null: a client does.
  OpenCall(CallBook& book, const sdk::Inbound& in, std::string_view server, const base::CallRecord* parent = nullptr);
  ~OpenCall();
  OpenCall(const OpenCall&) = delete;
  OpenCall& operator=(const OpenCall&) = delete;

  base::CallRecord record;
  // Whether the recorders take it. A call that they refuse is ended with that Error and does nothing.
  base::Result<> begun;
  std::string denied;  // why it was not let through, where it was not: for the log, whatever the client is told

  // Says how it ended.
  void ended(const base::Result<sdk::Reply>& outcome);
  // Starts the clock of the upstream's share; stop by destroying what it returns.
  class Clocked {
   public:
    Clocked(base::CallRecord& r, std::chrono::steady_clock::time_point call) : record_(r), from_(std::chrono::steady_clock::now()) {
      if (record_.upstream_at.count() == 0) record_.upstream_at = from_ - call;
    }
    ~Clocked() { record_.upstream += std::chrono::steady_clock::now() - from_; }
    Clocked(const Clocked&) = delete;
    Clocked& operator=(const Clocked&) = delete;

   private:
    base::CallRecord& record_;
    std::chrono::steady_clock::time_point from_;
  };
  Clocked upstream_clock() { return Clocked(record, from_); }

 private:
  CallBook& book_;
  std::chrono::steady_clock::time_point from_;
  bool ended_ = false;
};

}  // namespace gateway
