#include "app/audit_part.h"

#include <fmt/format.h>

#include "base/log.h"

namespace app {

namespace {

// Processes that may write trails beside one store at once.
constexpr int kMostTrails = 16;

}  // namespace

mcp::Result<std::unique_ptr<AuditPart>> AuditPart::open(const AppConfig& config) {
  // A store in memory keeps nothing, and a trail beside it would be beside nothing.
  if (!config.audit.on || config.store.reveal() == "sqlite::memory:") return std::unique_ptr<AuditPart>();
  observe::AuditOptions options = config.audit.options;
  for (int i = 1;; ++i) {
    options.beside = i == 1 ? config.beside() : fmt::format("{}.{}", config.beside(), i);
    auto writer = observe::AuditWriter::open(options);
    if (!writer && writer.error().code == mcp::Code::conflict && i < kMostTrails) continue;
    if (!writer) return std::move(writer).error();
    if (const auto counts = (*writer)->counts(); counts.lost > 0)
      base::log::warn("calls of an earlier run never ended; the audit trail has them as lost",
                      {{"calls", static_cast<std::int64_t>(counts.lost)}});
    return std::unique_ptr<AuditPart>(new AuditPart(*std::move(writer)));
  }
}

AuditPart::AuditPart(std::unique_ptr<observe::AuditWriter> writer) : writer_(std::move(writer)) {
  sinks_ = std::make_unique<observe::AuditSinks>(writer_->store(), writer_->log(), writer_->options().sinks);
  before_ = base::events::set_sink(writer_.get());
}

AuditPart::~AuditPart() {
  base::events::set_sink(before_);
  // What is still in the spool comes into the trail, is signed, and goes to the sinks.
  writer_->finish();
  sinks_.reset();
}

std::string AuditPart::metrics() const {
  const observe::AuditCounts counts = writer_->counts();
  return fmt::format(
      "# HELP gatehouse_audit_records_total Records that came into the audit trail.\n"
      "# TYPE gatehouse_audit_records_total counter\ngatehouse_audit_records_total {}\n"
      "# HELP gatehouse_audit_dropped_total Records for which there was no room.\n"
      "# TYPE gatehouse_audit_dropped_total counter\ngatehouse_audit_dropped_total {}\n"
      "# HELP gatehouse_audit_refused_total Calls that were refused, as they could not be recorded.\n"
      "# TYPE gatehouse_audit_refused_total counter\ngatehouse_audit_refused_total {}\n"
      "# HELP gatehouse_audit_failing Whether the audit trail could not be written when it was tried last.\n"
      "# TYPE gatehouse_audit_failing gauge\ngatehouse_audit_failing {}\n"
      "# HELP gatehouse_audit_sink_failures_total Sends to sinks of the audit trail that failed.\n"
      "# TYPE gatehouse_audit_sink_failures_total counter\ngatehouse_audit_sink_failures_total {}\n",
      counts.records, counts.dropped, counts.refused, counts.failing ? 1 : 0, sinks_->failures());
}

}  // namespace app
