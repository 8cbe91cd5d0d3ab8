#include "observe/call_log.h"

#include <fmt/format.h>

namespace observe {

using base::Outcome;
using base::log::Level;

Level CallLog::level_of(const base::CallRecord& record) {
  if (record.outcome == Outcome::ok || record.outcome == Outcome::tool_error) return Level::debug;
  if (record.error == mcp::Code::internal) return Level::error;
  // The caller gave up: nothing is wrong here.
  if (record.error == mcp::Code::cancelled) return Level::debug;
  return Level::warn;
}

void CallLog::finished(const base::CallRecord& record) {
  Level level = level_of(record);
  if (!base::log::enabled(level)) return;
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(record.duration).count();
  // One that another call made stands behind it.
  std::string call = record.parent == 0 ? fmt::format("c{}", record.number) : fmt::format("c{}/c{}", record.parent, record.number);
  std::string_view caller = record.caller ? std::string_view(record.caller->id) : "unknown";
  std::string_view code = record.error ? mcp::code_name(*record.error) : std::string_view();
  std::string_view outcome = base::outcome_name(record.outcome);
  if (record.outcome == Outcome::ok)
    base::log::write(level, "call",
                     {{"call", call},
                      {"caller", caller},
                      {"client", record.client},
                      {"method", record.method},
                      {"server", record.server},
                      {"name", record.name},
                      {"us", micros}});
  else
    base::log::write(level, "call failed",
                     {{"call", call},
                      {"caller", caller},
                      {"client", record.client},
                      {"method", record.method},
                      {"server", record.server},
                      {"name", record.name},
                      {"us", micros},
                      {"outcome", outcome},
                      {"code", code},
                      {"error", record.message}});
}

}  // namespace observe
