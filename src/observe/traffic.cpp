#include "observe/traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace observe {

void Traffic::finished(const base::CallRecord& record) {
  if (record.server.empty() || record.name.empty()) return;
  std::lock_guard lock(mutex_);
  auto found = servers_.find(record.server);
  if (found == servers_.end()) {
    if (servers_.size() == kMostServers) return;
    found = servers_.emplace(record.server, Server()).first;
  }
  Server& server = found->second;
  const std::int64_t now = minute();
  Minute& slot = server.minutes[static_cast<std::size_t>(now) % kMinutes];
  if (slot.at != now) {
    slot = Minute();
    slot.at = now;
  }
  ++slot.calls;
  if (record.outcome != base::Outcome::ok) ++slot.failed;
  slot.tokens_in += record.tokens_in;
  slot.tokens_out += record.tokens_out;
  slot.bytes_in += record.bytes_in;
  slot.bytes_out += record.bytes_out;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(record.duration).count();
  server.durations[server.seen++ % kDurations] =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(micros, 0, std::numeric_limits<std::uint32_t>::max()));
}

std::string Traffic::of(std::string_view name) const {
  std::lock_guard lock(mutex_);
  static const Server kNone;
  auto found = servers_.find(name);
  const Server& server = found == servers_.end() ? kNone : found->second;
  const std::int64_t now = minute();
  Minute sum;
  std::string minutes;
  for (std::int64_t at = now - static_cast<std::int64_t>(kMinutes) + 1; at <= now; ++at) {
    const Minute& slot = server.minutes[static_cast<std::size_t>(at) % kMinutes];
    static const Minute kQuiet;
    const Minute& one = slot.at == at ? slot : kQuiet;
    sum.calls += one.calls;
    sum.failed += one.failed;
    sum.tokens_in += one.tokens_in;
    sum.tokens_out += one.tokens_out;
    sum.bytes_in += one.bytes_in;
    sum.bytes_out += one.bytes_out;
    fmt::format_to(std::back_inserter(minutes), R"({}{{"calls":{},"failed":{},"tokens":{},"bytes":{}}})", minutes.empty() ? "" : ",",
                   one.calls, one.failed, one.tokens_in + one.tokens_out, one.bytes_in + one.bytes_out);
  }
  std::vector<std::uint32_t> durations(server.durations.begin(),
                                       server.durations.begin() + static_cast<std::ptrdiff_t>(std::min(server.seen, kDurations)));
  std::sort(durations.begin(), durations.end());
  auto quantile = [&durations](std::size_t percent) { return durations.empty() ? 0 : durations[(durations.size() - 1) * percent / 100]; };
  return fmt::format(
      R"({{"calls":{},"failed":{},"p50_us":{},"p95_us":{},"tokens_in":{},"tokens_out":{},"bytes_in":{},"bytes_out":{},"minutes":[{}]}})",
      sum.calls, sum.failed, quantile(50), quantile(95), sum.tokens_in, sum.tokens_out, sum.bytes_in, sum.bytes_out, minutes);
}

}  // namespace observe
