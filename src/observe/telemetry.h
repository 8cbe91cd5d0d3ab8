// Spans and numbers on their way to a collector, on a thread of their own: nothing that a collector does is waited for by a call.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/record.h"
#include "base/secret.h"
#include "net/http_client.h"
#include "observe/otlp.h"
#include "observe/span.h"

namespace observe {

using SecretHeaders = std::vector<std::pair<std::string, base::Secret<std::string>>>;

// Where things go and how. Times and sizes are what a test makes smaller.
struct TelemetryOptions {
  std::string otlp;  // the collector's base URL, to which /v1/traces and /v1/metrics are added; empty: none
  OtlpEncoding encoding = OtlpEncoding::protobuf;
  Compression compression = Compression::gzip;
  SecretHeaders headers;
  std::string ca;        // a PEM file to trust besides the system's; empty: none
  std::string helicone;  // where Helicone takes logs; empty: it gets none
  base::Secret<std::string> helicone_key;
  std::chrono::nanoseconds slow{0};  // calls that took so long leave their spans whether they are sampled or not; 0: no
  SpanRules spans;
  Resource resource;

  std::size_t queue = 2'048;  // calls that wait; more are dropped, and counted
  std::size_t batch = 256;    // calls in one request
  base::Millis every{1'000};  // how long a call waits for others before it is sent
  base::Millis answer_time{10'000};
  int tries = 5;
  base::Millis first_pause{1'000};  // before the second try; doubles
  base::Millis longest_pause{60'000};
};

struct TelemetryCounters {
  std::uint64_t sent = 0;     // calls that were taken
  std::uint64_t dropped = 0;  // calls that were given up
  std::size_t queued = 0;
};

// Owns: a thread with a loop, and what waits there. Bounded: `queue` calls for each of both destinations, one picture of the numbers.
// A collector that answers 429, 502, 503 or 504, or not at all, is asked again, not before its Retry-After; what it refuses otherwise is
// dropped.
// Threads: any may call; finished() and push() only copy.
class Telemetry final : public base::Recorder {
 public:
  explicit Telemetry(TelemetryOptions options);
  // Waits for the thread, which stops what it does at once.
  ~Telemetry() override;

  void finished(const base::CallRecord& record) override;
  bool keeps_contents() const override { return options_.spans.content != Content::none; }
  // The numbers as they stand; where the last ones were not sent yet, these take their place.
  void push(std::vector<Family> families, MetricTimes times);
  TelemetryCounters counters() const;
  // Sends what waits, once each, for at most `grace`, and ends. Blocks for that time.
  void stop(base::Millis grace);

 private:
  using Call = std::shared_ptr<const base::CallRecord>;
  // Calls on their way to one destination.
  struct Queue {
    std::vector<Call> waiting;
    base::Waiters wake;  // on the thread's loop
  };
  enum class Taken { yes, refused, unreachable };
  struct Attempt {
    Taken taken = Taken::unreachable;
    std::optional<base::Millis> after;
    std::string why;
  };

  void put(Queue& queue, const Call& call);
  std::vector<Call> take(Queue& queue, std::size_t most);
  base::Task<void> pause(Queue* queue);
  base::Task<void> export_spans();
  base::Task<void> export_numbers();
  base::Task<void> export_logs();
  base::Task<void> finish(base::Millis grace);
  base::Task<Taken> deliver(const std::string* url, const SecretHeaders* headers, std::string_view type, const std::string* body);
  base::Task<Attempt> attempt(const std::string* url, const SecretHeaders* headers, std::string_view type, const std::string* body);
  void tell(const std::string& url, const std::string& why);

  TelemetryOptions options_;
  SecretHeaders helicone_headers_;
  base::Loop loop_;
  std::unique_ptr<net::HttpClient> client_;  // touched on the loop only, as are the tasks
  std::unique_ptr<base::TaskGroup> work_;
  mutable std::mutex mutex_;
  Queue spans_, logs_;
  std::optional<std::pair<std::vector<Family>, MetricTimes>> numbers_;
  base::Waiters numbers_came_;
  std::atomic<std::uint64_t> sent_ = 0, dropped_ = 0;
  bool failing_ = false;  // the last delivery, for the log
  std::atomic<bool> ending_ = false;
  std::promise<void> ended_;
  std::thread thread_;
};

// How long `value`, a Retry-After, asks to wait; nothing where it is no number of seconds.
std::optional<base::Millis> parse_retry_after(std::string_view value);

}  // namespace observe
