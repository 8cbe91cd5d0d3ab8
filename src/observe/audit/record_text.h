// A record of the trail: how it stands in the spool, field by field, and the JSON that it becomes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/event.h"
#include "base/record.h"
#include "mcp/result.h"
#include "redact/redactor.h"
#include "store/audit_store.h"

namespace observe {

// What is kept of arguments and results.
enum class AuditContents {
  digests,   // their SHA-256 and size
  redacted,  // also themselves, without what redact/ finds
  whole,     // also themselves, as they are
};

// Contents larger than this are kept as digests only.
inline constexpr std::size_t kMostContents = 64 * 1024;

// Appends the fields of a call that has ended, or is beginning, in the form of the spool. A copy, but for texts of callers, which are
// redacted. Threads: any.
struct AuditWriting {
  AuditContents contents = AuditContents::digests;
  std::shared_ptr<const redact::Redactor> redactor = std::make_shared<const redact::Redactor>();
};
enum class Phase { began, ended };
void write_call(const base::CallRecord& record, Phase phase, const AuditWriting& writing, std::string& out);
void write_event(const base::Event& event, std::int64_t at_micros, const AuditWriting& writing, std::string& out);

// The record that a payload of the spool makes, without number and hash. Linear. Bytes that make no sense end it early.
// `lost`: it began and did not end.
enum class Ending { known, lost };
store::StoredAudit read_spooled_record(std::string_view payload, Ending ending);

// Gives it its number: in the record and at the front of its body.
void number_record(store::StoredAudit& record, std::int64_t seq);
// The hash of a record behind `before` (32 bytes): SHA-256 over it and all of the record, each text with its length before it.
std::string hash_record(std::string_view before, const store::StoredAudit& record);
// What stands before the first record.
inline constexpr std::size_t kHashBytes = 32;
std::string hex_of(std::string_view bytes);
// `2026-01-31T23:59:59.123456Z`.
std::string time_text(std::int64_t micros);

}  // namespace observe
