#include "app/telemetry_part.h"

#include <unistd.h>

#include <chrono>

#include "app/build_info.h"
#include "net/url.h"
#include "redact/redactor.h"

namespace app {
namespace {

// How long the last spans may take to leave.
constexpr base::Millis kLast{2'000};

std::uint64_t nanos_now() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

observe::TelemetryOptions options_of(const AppConfig& config) {
  const TelemetryConfig& from = config.telemetry;
  observe::TelemetryOptions out;
  out.otlp = from.otlp;
  out.encoding = from.encoding;
  out.compression = from.compression;
  out.headers = from.headers;
  out.ca = from.ca;
  out.helicone = from.helicone;
  out.helicone_key = from.helicone_key;
  out.slow = from.slow;
  out.spans.content = from.content;
  out.spans.redact = [redactor = redact::Redactor()](std::string_view text) { return text.empty() ? std::string() : redactor.json(text); };
  for (const gateway::ServerConfig& server : config.gateway.servers) {
    observe::UpstreamPlace& place = out.spans.upstreams[server.id];
    if (server.kind != gateway::ServerConfig::Kind::url) continue;
    place.pipe = false;
    if (auto url = net::parse_url(server.url)) {
      place.address = url->host;
      place.port = url->port;
    }
  }
  out.resource = observe::this_process(std::string(build_version()), config.listen.text() + "/" + std::to_string(::getpid()));
  return out;
}

}  // namespace

std::unique_ptr<TelemetryPart> TelemetryPart::open(const AppConfig& config, base::Loop& loop, base::BlockingPool& pool) {
  return config.telemetry.on() ? std::make_unique<TelemetryPart>(config, loop, pool) : nullptr;
}

TelemetryPart::TelemetryPart(const AppConfig& config, base::Loop& loop, base::BlockingPool& pool)
    : loop_(loop), pool_(pool), every_(config.telemetry.every), since_(nanos_now()), exporter_(options_of(config)) {}

void TelemetryPart::start() { work_.spawn(push()); }

void TelemetryPart::push_once() {
  if (gather_) exporter_.push(gather_(), {since_, nanos_now()});
}

base::Task<void> TelemetryPart::push() {
  while (!work_.stop_token().stop_requested()) {
    co_await loop_.timers().sleep(every_, work_.stop_token());
    push_once();
  }
}

base::Task<void> TelemetryPart::stop() {
  work_.stop();
  co_await work_.join();
  auto last = [exporter = &exporter_] { exporter->stop(kLast); };
  (void)co_await pool_.run(loop_, last);
}

}  // namespace app
