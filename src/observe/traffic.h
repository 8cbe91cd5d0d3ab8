// What went to each server in the last hour, minute by minute.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/record.h"

namespace observe {

// Counts calls, failures, bytes, tokens and the latest durations of each server.
// Bounded: kMostServers; calls of further ones are not counted.
// Threads: any.
class Traffic final : public base::Recorder {
 public:
  static constexpr std::size_t kMostServers = 200;
  static constexpr std::size_t kMinutes = 60;
  static constexpr std::size_t kDurations = 256;  // of the latest calls, for the quantiles

  using Now = std::function<std::chrono::system_clock::time_point()>;
  explicit Traffic(Now now = [] { return std::chrono::system_clock::now(); }) : now_(std::move(now)) {}

  void finished(const base::CallRecord& record) override;

  // {calls, failed, p50_us, p95_us, tokens_in, tokens_out, bytes_in, bytes_out, minutes: [{calls, failed, tokens, bytes}, …]} of the
  // last hour as JSON text; `minutes` has kMinutes, the oldest first; tokens are counted where somebody counts.
  std::string of(std::string_view server) const;

 private:
  struct Minute {
    std::int64_t at = -1;  // minutes since the epoch
    std::uint64_t calls = 0, failed = 0, tokens_in = 0, tokens_out = 0, bytes_in = 0, bytes_out = 0;
  };
  struct Server {
    std::array<Minute, kMinutes> minutes;
    std::array<std::uint32_t, kDurations> durations{};  // microseconds
    std::size_t seen = 0;
  };
  std::int64_t minute() const { return std::chrono::floor<std::chrono::minutes>(now_()).time_since_epoch().count(); }

  Now now_;
  mutable std::mutex mutex_;
  std::map<std::string, Server, std::less<>> servers_;
};

}  // namespace observe
