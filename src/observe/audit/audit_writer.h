// What takes calls and events, and brings them into the trail: spool, chain, checkpoints, retention.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/event.h"
#include "base/record.h"
#include "mcp/result.h"
#include "observe/audit/audit_options.h"
#include "observe/audit/checkpoint.h"
#include "observe/audit/record_text.h"
#include "observe/audit/spool.h"
#include "store/audit_store.h"

namespace observe {

struct AuditCounts {
  std::uint64_t records = 0;  // in the trail, by this process
  std::uint64_t refused = 0;  // calls
  std::uint64_t dropped = 0;  // records for which there was no room
  std::uint64_t lost = 0;     // calls of an earlier run that had begun and never ended
  bool failing = false;       // the trail could not be written when it was tried last
};

// Owns: the spool, the key, the trail and the thread that writes it. Its destructor brings in what is there, and signs it.
// Threads: any for began(), finished(), happened() and counts(); none of them waits for a disk in the usual case.
class AuditWriter final : public base::Recorder, public base::EventSink {
 public:
  // Takes in what an earlier run left in the spool. Blocks. Errors: conflict (another process writes this trail), those of
  // open_audit_store, Spool::open and CheckpointKey::open.
  static mcp::Result<std::unique_ptr<AuditWriter>> open(AuditOptions options);
  ~AuditWriter() override;
  AuditWriter(const AuditWriter&) = delete;
  AuditWriter& operator=(const AuditWriter&) = delete;

  // Error: unavailable (strict, and it cannot be written).
  mcp::Result<> began(const base::CallRecord& record) override;
  void finished(const base::CallRecord& record) override;
  bool keeps_contents() const override { return true; }
  void happened(const base::Event& event) override;

  AuditCounts counts() const;
  store::AuditStore& store() { return *store_; }
  const std::string& public_key() const { return key_->public_key(); }
  const AuditOptions& options() const { return options_; }
  const std::string& log() const { return log_; }
  // Blocks until all that was told by now is in the trail, or cannot be. For tests and an orderly end.
  mcp::Result<> settle();
  // Brings in what is there, and signs it; nothing comes after it. The destructor does it too.
  void finish();
  // Signs what is there now. Errors: those of the store.
  mcp::Result<> sign_now();
  // Deletes what is old enough now. Errors: those of the store.
  mcp::Result<> delete_old_now();

 private:
  explicit AuditWriter(AuditOptions options) : options_(std::move(options)) {}
  mcp::Result<> take_left();
  void run(const std::stop_token& stop);
  mcp::Result<bool> take_in();
  void take_letters();
  std::int64_t now_micros() const;
  void chain(std::vector<store::StoredAudit>& records) const;
  mcp::Result<> write(const std::vector<store::StoredAudit>& records, const store::AuditStore::Notes& notes);
  mcp::Result<Checkpoint> next_checkpoint(std::int64_t seq, const std::string& hash);
  mcp::Result<> sign_if_due(std::chrono::steady_clock::time_point now);
  mcp::Result<> sign();
  mcp::Result<> delete_old();
  void failed(const mcp::Error& error);

  const AuditOptions options_;
  int lock_ = -1;
  std::unique_ptr<store::AuditStore> store_;
  std::unique_ptr<CheckpointKey> key_;
  std::unique_ptr<Spool> spool_;
  std::string log_;

  std::atomic<std::uint64_t> records_{0}, refused_{0}, dropped_{0}, lost_{0};
  std::atomic<bool> failing_{false};

  // Held by who writes the trail: the thread, or settle().
  std::mutex writing_;
  std::int64_t seq_ = 0;
  std::string hash_;
  std::int64_t first_ = 1;   // the oldest record that is kept
  std::int64_t signed_ = 0;  // the last record under a checkpoint
  std::string last_line_;    // of the last checkpoint
  std::chrono::steady_clock::time_point signed_at_{}, looked_at_{}, letters_at_{};
  std::vector<store::StoredAudit> pending_;  // taken from the spool, and not yet in the trail
  std::uint64_t pending_to_ = 0;             // the frame that they go to
  bool more_ = false;

  std::mutex waking_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::jthread thread_;
};

// Leaves an event for the process that writes the trail BESIDE-audit, or for the next one that does. Errors: internal.
mcp::Result<> leave_event(const std::string& beside, const base::Event& event);

}  // namespace observe
