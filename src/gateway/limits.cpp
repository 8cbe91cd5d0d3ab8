#include "gateway/limits.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Instant;
using base::Millis;
using base::Result;

namespace {

// The entry of those who came when the table was full.
constexpr std::string_view kOthers = "\n";
// A full table is looked through at most so often.
constexpr Millis kSweep{1'000};

}  // namespace

std::string retry_after(Millis wait) {
  const auto seconds = std::max<Millis::rep>(1, (wait.count() + 999) / 1000);
  return "{\"retryAfter\":" + std::to_string(seconds) + "}";
}

CallerLimits::Seat::~Seat() {
  if (!owner_) return;
  --owner_->running_;
  if (caller_) --*caller_;
}

void CallerLimits::change(const Limits& limits) {
  limits_ = limits;
  for (auto& [name, one] : callers_) one.bucket = TokenBucket(limits_.rate.value_or(Rate{}));
}

void CallerLimits::forget_quiet(Instant now) {
  if (now - swept_ < kSweep) return;
  swept_ = now;
  for (auto at = callers_.begin(); at != callers_.end();) {
    const bool quiet = *at->second.running == 0 && at->second.bucket.full(now);
    at = quiet ? callers_.erase(at) : std::next(at);
  }
}

CallerLimits::Caller& CallerLimits::caller(std::string_view name, Instant now) {
  auto found = callers_.find(name);
  if (found != callers_.end()) return found->second;
  if (callers_.size() >= Limits::kMostCallers) forget_quiet(now);
  if (callers_.size() >= Limits::kMostCallers) name = kOthers;
  return callers_.try_emplace(std::string(name), Caller{TokenBucket(limits_.rate.value_or(Rate{}))}).first->second;
}

Result<CallerLimits::Seat> CallerLimits::admit(std::string_view name, Kind kind, Instant now) {
  if (kind == Kind::call && full())
    return Error(Code::unavailable, "the gateway is full: " + std::to_string(running_) + " requests run (limits.calls)")
        .with_data(retry_after(Millis(1'000)));
  Seat seat;
  if (limits_.rate || limits_.concurrency > 0) {
    Caller& who = caller(name, now);
    const bool counts = kind == Kind::call && limits_.concurrency > 0;
    if (counts && *who.running >= limits_.concurrency)
      return Error(Code::rate_limited, std::to_string(*who.running) + " requests of this caller run already (limits.concurrency)")
          .with_data(retry_after(Millis(1'000)));
    if (limits_.rate && !who.bucket.take(now))
      return Error(Code::rate_limited, "too many requests of this caller (limits.rate)").with_data(retry_after(who.bucket.wait(now)));
    if (counts) {
      seat.caller_ = who.running;
      ++*who.running;
    }
  }
  if (kind == Kind::call) {
    seat.owner_ = this;
    ++running_;
  }
  return seat;
}

}  // namespace gateway
