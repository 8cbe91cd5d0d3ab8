#include "observe/audit/audit_trail.h"

#include <algorithm>

#include "observe/audit/cursor.h"
#include "observe/audit/record_text.h"
#include "store/audit_store.h"

namespace observe {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

constexpr std::size_t kMostOfPage = 1'000;

std::int64_t millis(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

AuditEntry entry_of(store::StoredAudit&& from, const std::string& log) {
  AuditEntry out;
  out.seq = from.seq;
  out.at = std::chrono::system_clock::time_point(std::chrono::milliseconds(from.at));
  out.kind = std::move(from.kind);
  out.caller = std::move(from.caller);
  out.server = std::move(from.server);
  out.name = std::move(from.name);
  out.outcome = std::move(from.outcome);
  out.body = std::move(from.body);
  out.hash = hex_of(from.hash);
  out.cursor = cursor_text({log, out.seq});
  return out;
}

// The number that a cursor stands for; 0 for an empty one.
Result<std::int64_t> place_of(std::string_view cursor, const std::string& log) {
  if (cursor.empty()) return 0;
  auto read = parse_cursor(cursor);
  if (!read) return std::move(read).error();
  if (read->log != log) return Error(Code::invalid_argument, "this cursor is of another audit trail");
  return read->seq;
}

}  // namespace

Result<AuditPage> AuditTrail::search(const AuditQuery& query, std::string_view cursor, std::size_t limit) const {
  auto log = store_.note("log");
  if (!log) return std::move(log).error();
  auto before = place_of(cursor, *log);
  if (!before) return std::move(before).error();
  store::AuditStore::Filter filter{query.kind, query.caller, query.server, query.name, query.outcome, query.text, 0, 0};
  if (query.from) filter.from = millis(*query.from);
  if (query.to) filter.to = millis(*query.to);
  limit = std::clamp<std::size_t>(limit, 1, kMostOfPage);
  auto found = store_.search(filter, *before, limit + 1);
  if (!found) return std::move(found).error();
  AuditPage out;
  const bool more = found->size() > limit;
  if (more) found->pop_back();
  for (store::StoredAudit& one : *found) out.entries.push_back(entry_of(std::move(one), *log));
  if (more) out.cursor = out.entries.back().cursor;
  return out;
}

Result<std::vector<AuditEntry>> AuditTrail::after(std::string_view cursor, std::size_t limit) const {
  auto log = store_.note("log");
  if (!log) return std::move(log).error();
  auto seq = place_of(cursor, *log);
  if (!seq) return std::move(seq).error();
  auto found = store_.after(*seq, std::clamp<std::size_t>(limit, 1, kMostOfPage));
  if (!found) return std::move(found).error();
  if (*seq != 0 && !found->empty() && found->front().seq != *seq + 1)
    return Error(Code::not_found, "the records behind this cursor were deleted, as their time was over; the oldest that is kept is " +
                                      cursor_text({*log, found->front().seq - 1}));
  std::vector<AuditEntry> out;
  for (store::StoredAudit& one : *found) out.push_back(entry_of(std::move(one), *log));
  return out;
}

}  // namespace observe
