// The last calls, as somebody who watches sees them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/record.h"

namespace observe {

// What of the calls is wanted. Texts that are empty want everything.
struct LiveQuery {
  std::string after;        // a cursor: only what ended later; empty: the newest
  std::size_t limit = 200;  // at most; bounded by LiveCalls::kMostAtOnce
  std::string text;         // stands in the server, the name, the caller, the client or the message, whatever the case
  std::string server;
  enum class Show { all, failed };
  Show show = Show::all;
};

// Keeps calls that have ended, the oldest going first, and knows those that run. What is called at the server `hidden` is left out: whoever
// watches would see themselves.
// Bounded: `most` calls, kMostRunning running ones, kLongestText bytes of each text, and kMostContent bytes of contents in all.
// Threads: any.
class LiveCalls final : public base::Recorder {
 public:
  static constexpr std::size_t kMost = 4'000;
  static constexpr std::size_t kMostAtOnce = 1'000;
  static constexpr std::size_t kMostRunning = 1'000;
  static constexpr std::size_t kLongestText = 512;
  static constexpr std::size_t kLongestContent = 16 * 1024;
  static constexpr std::size_t kMostContent = 2 * 1024 * 1024;

  // Makes of arguments or a result what may be shown. Called when somebody looks, on their thread; null: no contents are kept.
  using Redact = std::function<std::string(std::string_view json)>;

  // `instance` tells the cursors of this process from those of another.
  LiveCalls(std::string instance, std::string hidden, std::size_t most = kMost);

  void redact_by(Redact redact);
  // Called whenever a call has ended, on its thread, outside of any lock. Set before calls are recorded.
  void tell(std::function<void()> ended) { ended_ = std::move(ended); }

  mcp::Result<> began(const base::CallRecord& record) override;
  void finished(const base::CallRecord& record) override;

  // One JSON object: {calls: […, the oldest first], next, lost, running, total}. `next` is the cursor to go on with; `lost` says that calls
  // between `after` and the first one are not kept any more.
  std::string page(const LiveQuery& query) const;
  // One call with all that is known of it, as a JSON object. Nothing: it is not kept. `call` is as lists show it: `c17`.
  std::optional<std::string> find(std::string_view call) const;
  // The calls that run, as a JSON array, the oldest first.
  std::string running() const;

 private:
  struct Kept {
    std::uint64_t place = 0;  // counts from 1
    base::CallRecord record;

    std::size_t content() const { return (record.arguments ? record.arguments->size() : 0) + (record.result ? record.result->size() : 0); }
    void forget() {
      record.arguments.reset();
      record.result.reset();
    }
  };

  std::uint64_t place_of(std::string_view cursor) const;
  std::string cursor(std::uint64_t place) const;
  std::string shown(const std::shared_ptr<const std::string>& content) const;
  static bool fits(const Kept& kept, const LiveQuery& query);
  void forget_contents();

  std::string instance_, hidden_;
  std::size_t most_;
  std::function<void()> ended_;
  mutable std::mutex mutex_;
  Redact redact_;
  std::deque<Kept> calls_;
  std::map<std::uint64_t, base::CallRecord> running_;  // by number
  std::uint64_t total_ = 0;
  std::size_t content_ = 0;
  std::size_t bare_ = 0;  // so many of the oldest have lost their contents
};

}  // namespace observe
