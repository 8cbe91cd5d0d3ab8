// The parts of the wiring that say how the gateway is, in numbers.
#include "app/build_info.h"
#include "app/wiring.h"
#include "edge/pages.h"
#include "edge/routes.h"

namespace app {
namespace {

observe::UpstreamGauge gauge_of(const gateway::UpstreamStatus& upstream, std::size_t held) {
  return {upstream.id,       upstream.kind, upstream.state, upstream.tools, upstream.starts, upstream.in_flight, upstream.queued,
          upstream.failures, held};
}

base::Task<void> serve_metrics(net::HttpExchange* exchange, std::string text) {
  const bool here = exchange->request().path == "/metrics";
  const net::HttpHeader type{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"};
  const net::HeaderLines headers(type);
  const std::string_view body = here ? std::string_view(text) : std::string_view("only /metrics is here\n");
  co_await exchange->respond(here ? 200 : 404, headers, body);
}

}  // namespace

observe::Gauges Wiring::gauges() {
  const gateway::Status status = gateway_->status();
  observe::Gauges out;
  for (const gateway::UpstreamStatus& upstream : status.upstreams)
    out.upstreams.push_back(gauge_of(upstream, gateway_->pinning().held(upstream.id)));
  out.open_calls = status.calls;
  out.resident_bytes = observe::resident_bytes();
  out.version = build_version();
  out.commit = build_commit();
  if (telemetry_) {
    const observe::TelemetryCounters counters = telemetry_->exporter().counters();
    out.exports = {counters.sent, counters.dropped, counters.queued};
  }
  return out;
}

mcp::Result<> HttpSide::listen_for_metrics() {
  const std::optional<Address>& at = wiring_.config().metrics_listen;
  if (!at) return {};
  net::HttpServerOptions options;
  options.max_connections = 100;
  auto serve = [this](net::HttpExchange& exchange) { return serve_metrics(&exchange, metrics_text()); };
  metrics_server_ = std::make_unique<net::HttpServer>(wiring_.loop(), std::move(options), serve);
  auto listening = metrics_server_->listen(at->host, at->port);
  if (!listening) return std::move(listening).error().in("metrics_listen " + at->text());
  return {};
}

}  // namespace app
