// The audit trail as it is kept: records in a chain, and the signed checkpoints over them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace store {

// One record. What is beside the body is in it too, and in the hash; it is there to be searched.
struct StoredAudit {
  std::int64_t seq = 0;  // counts from 1, without gaps
  std::int64_t at = 0;   // milliseconds of the wall's clock
  std::string kind, caller, server, name, outcome;
  std::string body;  // JSON
  std::string hash;  // 32 bytes: over the one before and all of the above
};

struct StoredCheckpoint {
  std::int64_t seq = 0;  // of the last record that it is over
  std::int64_t at = 0;
  std::string line;  // signed
};

// Threads: any. Calls wait for a disk: not for a loop.
class AuditStore {
 public:
  // What fits: everything that is given, and is not empty or 0.
  struct Filter {
    std::string kind, caller, server, name, outcome, text;
    std::int64_t from = 0, to = 0;  // milliseconds; `to` is not in it
  };
  virtual ~AuditStore() = default;

  // Keeps records behind the last one, and notes, all or nothing. Errors: conflict (the seq is taken: another process writes), internal.
  using Notes = std::vector<std::pair<std::string, std::string>>;
  virtual mcp::Result<> append(const std::vector<StoredAudit>& records, const Notes& notes) = 0;
  // The last one; nothing: there is none. Errors: internal.
  virtual mcp::Result<std::optional<StoredAudit>> last() = 0;
  // Those behind `seq`, the oldest first. Errors: internal.
  virtual mcp::Result<std::vector<StoredAudit>> after(std::int64_t seq, std::size_t limit) = 0;
  // The same one by one, until `take` gives false. The record is good until it returns.
  virtual mcp::Result<> each(std::int64_t after, const std::function<bool(const StoredAudit&)>& take) = 0;
  // Those before `seq` (0: all) that fit, the newest first. Errors: internal.
  virtual mcp::Result<std::vector<StoredAudit>> search(const Filter& filter, std::int64_t before, std::size_t limit) = 0;
  // The number of the last record that is older than this time; 0: none is.
  virtual mcp::Result<std::int64_t> last_before(std::int64_t at) = 0;

  // All of them, in order. Errors: internal.
  virtual mcp::Result<std::vector<StoredCheckpoint>> checkpoints() = 0;
  virtual mcp::Result<> add(const StoredCheckpoint& checkpoint) = 0;
  // Forgets the records up to `through` and keeps the checkpoint that says so, all or nothing. Errors: internal.
  virtual mcp::Result<> drop(std::int64_t through, const StoredCheckpoint& checkpoint) = 0;

  // A word kept by its name; empty: none. Errors: internal.
  virtual mcp::Result<std::string> note(std::string_view key) = 0;
  virtual mcp::Result<> set_note(std::string_view key, std::string_view value) = 0;
};

// Opens or creates the trail in a SQLite file of its own, mode 0600. Errors: conflict (written by a newer version), internal.
mcp::Result<std::unique_ptr<AuditStore>> open_audit_store(const std::string& path);

}  // namespace store
