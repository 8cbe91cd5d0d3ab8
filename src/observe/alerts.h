// What is worth waking somebody for, out of all that happens: once when it begins, and once when it is over.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/event.h"

namespace observe {

enum class AlertState : std::uint8_t { raised, cleared };

// One alert. `name` is a word such as `upstream-down`; all strings are copies, and nothing in them is a secret.
struct Alert {
  std::string name;
  AlertState state = AlertState::raised;
  std::string subject;  // what it is about
  std::string text;     // in words
  std::string detail;
};

// As the body of a webhook, and as a line: one JSON object. `time` is seconds since 1970.
std::string alert_json(const Alert& alert, std::int64_t time);

// Reads events and tells of what changed: a state that was told is not told again until it has changed, and of one subject at most one
// alert leaves in `pause`; the last state that was held back leaves when that is over, at the next event or look().
// Bounded: kMostSubjects; of further ones nothing is told, which is counted.
// Threads: any. `tell` is called on the thread of happened(), must not block, and must not tell of events itself.
class Alerts final : public base::EventSink {
 public:
  using Clock = std::chrono::steady_clock;
  using Tell = std::function<void(const Alert&)>;
  static constexpr std::size_t kMostSubjects = 1'000;

  explicit Alerts(Tell tell, std::chrono::seconds pause = std::chrono::seconds(60), std::function<Clock::time_point()> now = Clock::now)
      : tell_(std::move(tell)), pause_(pause), now_(std::move(now)) {}

  void happened(const base::Event& event) override;
  // Tells of what was held back for too short a time in between. To be called from time to time.
  void look();
  // What is raised now.
  std::size_t raised() const;
  std::uint64_t untold() const;

 private:
  struct Known {
    AlertState told = AlertState::cleared;
    AlertState now = AlertState::cleared;
    std::optional<Clock::time_point> last;
    Alert latest;
  };
  // Null: nothing leaves.
  std::optional<Alert> settle(Known& known, Clock::time_point now) const;

  Tell tell_;
  std::chrono::seconds pause_;
  std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Known> known_;  // by name and subject
  std::uint64_t untold_ = 0;
};

// The alert that an event is, raised or cleared; nothing: none.
std::optional<Alert> alert_of(const base::Event& event);

}  // namespace observe
