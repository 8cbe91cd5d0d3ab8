#include "observe/telemetry.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/log.h"
#include "observe/helicone.h"

namespace observe {

using base::CallRecord;
using base::Instant;
using base::Millis;
using base::Result;
using base::Task;

namespace {

// Of an answer that nobody reads.
constexpr std::size_t kMostAnswer = 64 * 1024;

bool may_be_tried_again(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

std::string below(const std::string& base, std::string_view path) {
  std::string out = base;
  while (out.ends_with('/')) out.pop_back();
  out += path;
  return out;
}

}  // namespace

std::optional<Millis> parse_retry_after(std::string_view value) {
  std::int64_t seconds = 0;
  const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (wrong != std::errc() || end != value.data() + value.size() || seconds < 0) return std::nullopt;
  return Millis(std::min<std::int64_t>(seconds, 3'600) * 1'000);
}

Telemetry::Telemetry(TelemetryOptions options) : options_(std::move(options)) {
  if (!options_.helicone_key.reveal().empty())
    helicone_headers_.emplace_back("Authorization", base::Secret("Bearer " + options_.helicone_key.reveal()));
  net::HttpClientOptions http;
  http.connect_time = options_.answer_time;
  http.extra_ca = options_.ca;
  http.max_idle = 2;
  client_ = std::make_unique<net::HttpClient>(loop_, std::move(http));
  work_ = std::make_unique<base::TaskGroup>();
  loop_.post([this] {
    if (!options_.otlp.empty()) {
      work_->spawn(export_spans());
      work_->spawn(export_numbers());
    }
    if (!options_.helicone.empty()) work_->spawn(export_logs());
  });
  thread_ = std::thread([this] { loop_.run(); });
}

Telemetry::~Telemetry() { stop(Millis(0)); }

void Telemetry::finished(const CallRecord& record) {
  if (!keeps_spans(record, options_.slow)) return;
  const Call call = std::make_shared<const CallRecord>(record);
  if (!options_.otlp.empty()) put(spans_, call);
  if (!options_.helicone.empty() && is_logged(record)) put(logs_, call);
}

void Telemetry::put(Queue& queue, const Call& call) {
  bool full_batch = false;
  {
    std::lock_guard lock(mutex_);
    if (queue.waiting.size() >= options_.queue) {
      ++dropped_;
      return;
    }
    queue.waiting.push_back(call);
    full_batch = queue.waiting.size() == options_.batch;
  }
  if (full_batch) loop_.post([&queue] { queue.wake.wake({}); });
}

std::vector<Telemetry::Call> Telemetry::take(Queue& queue, std::size_t most) {
  std::lock_guard lock(mutex_);
  if (queue.waiting.size() <= most) return std::exchange(queue.waiting, {});
  const auto end = queue.waiting.begin() + static_cast<std::ptrdiff_t>(most);
  std::vector<Call> out(std::make_move_iterator(queue.waiting.begin()), std::make_move_iterator(end));
  queue.waiting.erase(queue.waiting.begin(), end);
  return out;
}

Task<void> Telemetry::pause(Queue* queue) {
  {
    std::lock_guard lock(mutex_);
    if (queue->waiting.size() >= options_.batch || ending_) co_return;
  }
  (void)co_await queue->wake.wait(loop_.timers(), work_->stop_token(), base::Timers::now() + options_.every).result();
}

Task<void> Telemetry::export_spans() {
  const std::string url = below(options_.otlp, "/v1/traces");
  for (;;) {
    co_await pause(&spans_);
    const std::vector<Call> calls = take(spans_, options_.batch);
    if (calls.empty()) {
      if (ending_) break;
      continue;
    }
    std::vector<Span> spans;
    for (const Call& call : calls)
      for (Span& span : spans_of(*call, options_.spans)) spans.push_back(std::move(span));
    const std::string body = encode_traces(options_.encoding, spans, options_.resource);
    const Taken taken = co_await deliver(&url, &options_.headers, content_type(options_.encoding), &body);
    (taken == Taken::yes ? sent_ : dropped_) += calls.size();
  }
}

Task<void> Telemetry::export_numbers() {
  const std::string url = below(options_.otlp, "/v1/metrics");
  for (;;) {
    std::optional<std::pair<std::vector<Family>, MetricTimes>> numbers;
    {
      std::lock_guard lock(mutex_);
      numbers.swap(numbers_);
    }
    if (!numbers) {
      if (ending_) break;
      (void)co_await numbers_came_.wait(loop_.timers(), work_->stop_token(), base::Timers::now() + std::chrono::minutes(1)).result();
      continue;
    }
    const std::string body = encode_metrics(options_.encoding, numbers->first, options_.resource, numbers->second);
    (void)co_await deliver(&url, &options_.headers, content_type(options_.encoding), &body);
  }
}

// Helicone takes one call at a time.
Task<void> Telemetry::export_logs() {
  for (;;) {
    co_await pause(&logs_);
    const std::vector<Call> calls = take(logs_, options_.batch);
    if (calls.empty() && ending_) break;
    for (const Call& call : calls) {
      const std::string body = helicone_log(*call, options_.spans);
      const Taken taken = co_await deliver(&options_.helicone, &helicone_headers_, "application/json", &body);
      ++(taken == Taken::yes ? sent_ : dropped_);
    }
  }
}

Task<Telemetry::Taken> Telemetry::deliver(const std::string* url, const SecretHeaders* headers, std::string_view type,
                                          const std::string* body) {
  Millis wait = options_.first_pause;
  Attempt last;
  for (int i = 0; i < options_.tries; ++i) {
    last = co_await attempt(url, headers, type, body);
    if (last.taken != Taken::unreachable || ending_ || i + 1 == options_.tries) break;
    co_await loop_.timers().sleep(std::min(last.after.value_or(wait), options_.longest_pause), work_->stop_token());
    wait = std::min(wait * 2, options_.longest_pause);
    if (work_->stop_token().stop_requested()) break;
  }
  tell(*url, last.taken == Taken::yes ? std::string() : last.why);
  co_return last.taken;
}

Task<Telemetry::Attempt> Telemetry::attempt(const std::string* url, const SecretHeaders* headers, std::string_view type,
                                            const std::string* body) {
  Attempt out;
  auto parsed = net::parse_url(*url);
  if (!parsed) {
    out.taken = Taken::refused;
    out.why = parsed.error().message;
    co_return std::move(out);
  }
  const net::Url to = *std::move(parsed);
  const std::string packed = options_.compression == Compression::gzip ? gzipped(*body) : std::string();
  std::vector<net::HttpHeader> lines;
  lines.push_back({"Content-Type", type});
  if (!packed.empty()) lines.push_back({"Content-Encoding", "gzip"});
  for (const auto& [name, value] : *headers) lines.push_back({name, value.reveal()});
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = &to;
  request.headers = lines;
  request.body = packed.empty() ? std::string_view(*body) : std::string_view(packed);
  const Instant deadline = base::Timers::now() + options_.answer_time;
  Result<net::HttpResponse> response = co_await client_->send(request, work_->stop_token(), deadline).result();
  if (!response) {
    out.why = response.error().message;
    co_return std::move(out);
  }
  const int status = response->status();
  if (status >= 200 && status < 300) {
    out.taken = Taken::yes;
  } else {
    out.taken = may_be_tried_again(status) ? Taken::unreachable : Taken::refused;
    out.why = "it answered with status " + std::to_string(status);
    if (auto after = response->find("Retry-After")) out.after = parse_retry_after(*after);
  }
  // Read, so that the connection can be used again.
  (void)co_await response->body(kMostAnswer).result();
  co_return std::move(out);
}

// Once when it begins to fail, and once when it works again.
void Telemetry::tell(const std::string& url, const std::string& why) {
  const bool failing = !why.empty();
  if (failing == failing_ || (failing && work_->stop_token().stop_requested())) return;
  failing_ = failing;
  if (failing)
    base::log::warn("telemetry is not taken, and what is too much is dropped; look at telemetry in gatehouse.yaml, and at the collector",
                    {{"to", url}, {"reason", why}});
  else
    base::log::info("telemetry is taken again", {{"to", url}});
}

void Telemetry::push(std::vector<Family> families, MetricTimes times) {
  if (options_.otlp.empty()) return;
  {
    std::lock_guard lock(mutex_);
    numbers_.emplace(std::move(families), times);
  }
  loop_.post([this] { numbers_came_.wake({}); });
}

TelemetryCounters Telemetry::counters() const {
  std::lock_guard lock(mutex_);
  return {sent_, dropped_, spans_.waiting.size() + logs_.waiting.size()};
}

Task<void> Telemetry::finish(Millis grace) {
  {
    base::Deadline late(loop_.timers(), base::Timers::now() + grace, [this] { work_->stop(); });
    co_await work_->join();
  }
  client_.reset();
  ended_.set_value();
}

void Telemetry::stop(Millis grace) {
  if (!thread_.joinable()) return;
  ending_ = true;
  base::TaskGroup last;
  loop_.post([this, &last, grace] {
    spans_.wake.wake({});
    logs_.wake.wake({});
    numbers_came_.wake({});
    last.spawn(finish(grace));
  });
  ended_.get_future().wait();
  loop_.stop();
  thread_.join();
}

}  // namespace observe
