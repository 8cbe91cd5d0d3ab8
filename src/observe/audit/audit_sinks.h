// Sends checkpoints, and records where it is wanted, to places that who holds the trail cannot rewrite.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mcp/result.h"
#include "observe/audit/audit_options.h"
#include "store/audit_store.h"

namespace observe {

// Each line is sent at least once, in order, for each sink by itself: where a sink stands is kept in the store. A sink that does not take
// them is tried again after a pause that grows to a minute; what waits is the trail itself.
// Owns: a thread. Lifetime: the store outlives it.
class AuditSinks {
 public:
  AuditSinks(store::AuditStore& store, std::string log, std::vector<AuditSink> sinks);
  // Tries once more what is there.
  ~AuditSinks();
  AuditSinks(const AuditSinks&) = delete;
  AuditSinks& operator=(const AuditSinks&) = delete;

  std::uint64_t failures() const { return failures_; }

 private:
  struct State {
    AuditSink sink;
    std::chrono::milliseconds pause{0};
    std::chrono::steady_clock::time_point again{};
    bool told = false;
  };
  void run();
  void serve(State& state);
  mcp::Result<bool> send_some(const AuditSink& sink);

  store::AuditStore& store_;
  const std::string log_;
  std::vector<State> states_;
  std::atomic<std::uint64_t> failures_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

// A record as it is sent and exported: its body with its hash and its cursor, one line without the line break.
std::string record_line(const store::StoredAudit& record, const std::string& log);

}  // namespace observe
