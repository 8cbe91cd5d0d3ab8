// The audit trail of this process: who writes it, and who is sent what it says.
#pragma once

#include <memory>
#include <string>

#include "app/config.h"
#include "mcp/result.h"
#include "observe/audit/audit_sinks.h"
#include "observe/audit/audit_trail.h"
#include "observe/audit/audit_writer.h"

namespace app {

// Owns: the writer and the sinks. While it lives, it is the process' sink of events.
class AuditPart {
 public:
  // Null where the config wants no trail, or has a store in memory. Where another process writes the trail of this store, as with
  // `gatehouse stdio` beside `gatehouse serve`, it is one beside it, with a number. Blocks. Errors: those of AuditWriter::open.
  static mcp::Result<std::unique_ptr<AuditPart>> open(const AppConfig& config);
  ~AuditPart();
  AuditPart(const AuditPart&) = delete;
  AuditPart& operator=(const AuditPart&) = delete;

  observe::AuditWriter& writer() { return *writer_; }
  // Blocks when it is asked: not for a loop.
  observe::AuditTrail trail() { return {writer_->store(), writer_->public_key()}; }
  // As Prometheus text.
  std::string metrics() const;

 private:
  explicit AuditPart(std::unique_ptr<observe::AuditWriter> writer);

  std::unique_ptr<observe::AuditWriter> writer_;
  std::unique_ptr<observe::AuditSinks> sinks_;
  base::EventSink* before_ = nullptr;
};

}  // namespace app
