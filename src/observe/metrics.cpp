#include "observe/metrics.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "observe/span.h"

namespace observe {
namespace {

using base::CallRecord;
using Kind = Family::Kind;

constexpr std::string_view kOther = "other";

double in_seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

template <std::size_t N>
std::size_t bucket_of(const std::array<double, N>& bounds, double seconds) {
  return static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin());
}

template <std::size_t N, std::size_t M>
Histogram histogram(const std::array<double, N>& bounds, const std::array<std::uint64_t, M>& buckets, double sum) {
  static_assert(M == N + 1);
  return {bounds, {buckets.begin(), buckets.end()}, sum};
}

void add_one(std::vector<Family>& out, Kind kind, std::string_view name, std::string_view help, std::uint64_t value) {
  out.push_back({name, kind, help, {{{}, value}}, {}, {}});
}

// Tools, prompts and resources share `name`; a resource's URI is no label, as there is no end to them.
std::string_view tool_of(const CallRecord& record) {
  if (record.method == "tools/call" || record.method == "prompts/get") return record.name;
  return record.method;
}

void add_upstreams(std::vector<Family>& out, const std::vector<UpstreamGauge>& upstreams) {
  if (upstreams.empty()) return;
  Family states{"gatehouse_upstream_state", Kind::gauge, "1 for the state that the upstream is in, 0 for the others.", {}, {}, {}};
  for (const UpstreamGauge& upstream : upstreams)
    for (std::string_view state : kUpstreamStates) {
      const std::uint64_t here = upstream.state == state ? 1 : 0;
      states.points.push_back({{{"server", upstream.id}, {"kind", upstream.kind}, {"state", std::string(state)}}, here});
    }
  out.push_back(std::move(states));
  auto each = [&](std::string_view name, Kind kind, std::string_view help, auto member) {
    Family family{name, kind, help, {}, {}, {}};
    for (const UpstreamGauge& upstream : upstreams)
      family.points.push_back({{{"server", upstream.id}}, static_cast<std::uint64_t>(upstream.*member)});
    out.push_back(std::move(family));
  };
  each("gatehouse_upstream_tools", Kind::gauge, "Tools in the upstream's catalog.", &UpstreamGauge::tools);
  each("gatehouse_upstream_starts_total", Kind::counter, "Starts of the upstream that succeeded.", &UpstreamGauge::starts);
  each("gatehouse_upstream_in_flight", Kind::gauge, "Requests that are with the upstream.", &UpstreamGauge::in_flight);
  each("gatehouse_upstream_queued", Kind::gauge, "Requests that wait for those to end.", &UpstreamGauge::queued);
  each("gatehouse_upstream_failures_total", Kind::counter, "Starts, deaths and requests that failed by the upstream's fault.",
       &UpstreamGauge::failures);
  each("gatehouse_upstream_quarantined", Kind::gauge, "Definitions of the upstream that are held back until somebody approves them.",
       &UpstreamGauge::held);
}

void add_process(std::vector<Family>& out, const Gauges& gauges) {
  out.push_back({"gatehouse_build_info",
                 Kind::gauge,
                 "Always 1; the labels say what runs.",
                 {{{{"version", gauges.version}, {"commit", gauges.commit}}, std::uint64_t{1}}},
                 {},
                 {}});
  add_one(out, Kind::gauge, "gatehouse_uptime_seconds", "Seconds since the gateway began to listen.",
          static_cast<std::uint64_t>(gauges.uptime.count()));
  add_one(out, Kind::gauge, "gatehouse_open_calls", "Calls that run now.", gauges.open_calls);
  add_one(out, Kind::gauge, "gatehouse_open_streams", "Event streams open to clients.", gauges.open_streams);
  add_one(out, Kind::gauge, "gatehouse_open_connections", "HTTP connections open to clients.", gauges.open_connections);
  add_one(out, Kind::counter, "gatehouse_connections_total", "HTTP connections accepted.", gauges.connections);
  add_one(out, Kind::counter, "gatehouse_http_requests_total", "HTTP requests that were whole and well formed.", gauges.requests);
  add_one(out, Kind::counter, "gatehouse_http_turned_away_total", "HTTP requests and connections for which there was no room.",
          gauges.turned_away);
  add_one(out, Kind::gauge, "gatehouse_http_held_bytes", "Bytes of requests, and of answers that wait for slow readers.",
          gauges.held_bytes);
  add_one(out, Kind::counter, "gatehouse_http_refused_total", "HTTP requests refused as malformed, too large or too slow.", gauges.refused);
  if (gauges.resident_bytes > 0)
    add_one(out, Kind::gauge, "process_resident_memory_bytes", "Resident memory in bytes.", gauges.resident_bytes);
  if (gauges.catalog_tokens > 0)
    add_one(out, Kind::gauge, "gatehouse_catalog_tokens", "Tokens of the definitions of all tools, by their size.", gauges.catalog_tokens);
  if (!gauges.exports) return;
  add_one(out, Kind::counter, "gatehouse_telemetry_sent_total", "Calls whose spans the collector has taken.", gauges.exports->sent);
  add_one(out, Kind::counter, "gatehouse_telemetry_dropped_total",
          "Calls whose spans were given up: the queue was full, or nobody took them.", gauges.exports->dropped);
  add_one(out, Kind::gauge, "gatehouse_telemetry_queued", "Calls whose spans wait to be sent.", gauges.exports->queued);
}

}  // namespace

void Metrics::finished(const CallRecord& record) {
  const double seconds = in_seconds(record.duration);
  std::lock_guard lock(mutex_);
  Series& series = series_of(record);
  ++series.by_outcome[static_cast<std::size_t>(record.outcome)];
  ++series.buckets[bucket_of(kBounds, seconds)];
  series.seconds += seconds;
  series.upstream_seconds += in_seconds(record.upstream);
  series.bytes_in += record.bytes_in;
  series.bytes_out += record.bytes_out;
  ++methods_[record.method.empty() ? kOther : record.method];
  if (record.error) ++errors_[mcp::code_name(*record.error)];
  count_operations(record);
  count_tokens(record);
}

Metrics::Series& Metrics::series_of(const CallRecord& record) {
  // A call that failed before it was resolved carries a name that the caller made up.
  NameView name = record.server.empty() ? NameView(kOther, kOther) : NameView(record.server, tool_of(record));
  auto known = series_.find(name);
  if (known != series_.end()) return known->second;
  if (series_.size() >= most_series_) name = {kOther, kOther};
  return series_[Name(name.first, name.second)];
}

void Metrics::add_operation(std::map<Operation, Durations>& to, Operation of, double seconds) const {
  auto found = to.find(of);
  if (found == to.end()) {
    // Error codes are an upstream's to make up.
    if (to.size() >= most_series_ && !std::get<1>(of).empty()) std::get<1>(of) = kOther;
    found = to.try_emplace(std::move(of)).first;
  }
  ++found->second.buckets[bucket_of(semconv::kBounds, seconds)];
  found->second.seconds += seconds;
}

void Metrics::count_operations(const CallRecord& record) {
  const double seconds = in_seconds(record.duration), upstream = in_seconds(record.upstream);
  const std::string_view method = record.method.empty() ? kOther : record.method;
  std::string failure = error_type(record);
  if (record.parent == 0) {
    const std::string_view transport = record.transport == "http" ? "tcp" : record.transport == "socket" ? "unix" : "pipe";
    add_operation(server_, {method, failure, record.revision, std::string(transport)}, seconds);
    // A call that listens, or waits for a person, says nothing of what the gateway costs.
    if (record.upstream.count() > 0) {
      const double own = std::max(0.0, seconds - upstream);
      ++overhead_[bucket_of(kOverheadBounds, own)];
      overhead_seconds_ += own;
    }
  }
  if (record.upstream.count() > 0) add_operation(client_, {method, std::move(failure), record.server_revision, record.server}, upstream);
  if (!record.server_revision.empty()) ++revisions_[{record.revision, record.server_revision}];
}

void Metrics::count_tokens(const CallRecord& record) {
  if (record.tokens_in + record.tokens_out == 0) return;
  const bool list = record.method == "tools/list";
  if (list && record.server.empty() && catalog_tokens_ > record.tokens_out) saved_ += catalog_tokens_ - record.tokens_out;
  NameView name(record.caller ? std::string_view(record.caller->id) : kOther,
                record.server.empty() ? std::string_view("gatehouse") : record.server);
  auto known = tokens_.find(name);
  if (known == tokens_.end()) {
    if (tokens_.size() >= kMostCallers) name = {kOther, kOther};
    known = tokens_.try_emplace(Name(name.first, name.second)).first;
  }
  known->second.arguments += record.tokens_in;
  (list ? known->second.definitions : known->second.results) += record.tokens_out;
}

void Metrics::whole_catalog(std::size_t tokens) {
  std::lock_guard lock(mutex_);
  catalog_tokens_ = tokens;
}

std::vector<Family> Metrics::families(const Gauges& gauges) const {
  std::vector<Family> out;
  {
    std::lock_guard lock(mutex_);
    if (!series_.empty()) {
      add_calls(out);
      add_durations(out);
      add_operations(out);
      add_tokens(out);
    }
  }
  add_upstreams(out, gauges.upstreams);
  add_process(out, gauges);
  return out;
}

std::string Metrics::text(const Gauges& gauges) const { return prometheus_text(families(gauges)); }

void Metrics::add_calls(std::vector<Family>& out) const {
  Family calls{"gatehouse_calls_total", Kind::counter, "Calls that ended, by how they ended.", {}, {}, {}};
  for (const auto& [name, series] : series_)
    for (std::size_t i = 0; i < series.by_outcome.size(); ++i)
      if (series.by_outcome[i] > 0) {
        std::string outcome(base::outcome_name(static_cast<base::Outcome>(i)));
        calls.points.push_back({{{"server", name.first}, {"tool", name.second}, {"outcome", std::move(outcome)}}, series.by_outcome[i]});
      }
  out.push_back(std::move(calls));
  Family requests{"gatehouse_requests_total", Kind::counter, "Calls that ended, by method.", {}, {}, {}};
  for (const auto& [method, count] : methods_) requests.points.push_back({{{"method", std::string(method)}}, count});
  out.push_back(std::move(requests));
  Family errors{"gatehouse_errors_total", Kind::counter, "Calls that ended with an error of the gateway, by its code.", {}, {}, {}};
  for (const auto& [code, count] : errors_) errors.points.push_back({{{"code", std::string(code)}}, count});
  out.push_back(std::move(errors));
}

void Metrics::add_durations(std::vector<Family>& out) const {
  Family durations{
      "gatehouse_call_duration_seconds", Kind::histogram, "From the parsed request to the last byte of its answer.", {}, {}, "s"};
  for (const auto& [name, series] : series_)
    durations.points.push_back({{{"server", name.first}, {"tool", name.second}}, histogram(kBounds, series.buckets, series.seconds)});
  out.push_back(std::move(durations));
  auto sums = [&](std::string_view metric, std::string_view help, auto member) {
    Family family{metric, Kind::counter, help, {}, {}, {}};
    for (const auto& [name, series] : series_) family.points.push_back({{{"server", name.first}, {"tool", name.second}}, series.*member});
    out.push_back(std::move(family));
  };
  sums("gatehouse_upstream_seconds_total", "The part of the calls' durations that was spent waiting for the upstream.",
       &Series::upstream_seconds);
  sums("gatehouse_received_bytes_total", "Bytes of the calls' requests.", &Series::bytes_in);
  sums("gatehouse_sent_bytes_total", "Bytes of the calls' answers.", &Series::bytes_out);
}

void Metrics::add_operations(std::vector<Family>& out) const {
  auto operations = [&out](const std::map<Operation, Durations>& from, Family family, std::string_view last) {
    for (const auto& [of, durations] : from) {
      Labels labels{{semconv::kMethod, std::string(std::get<0>(of))}};
      if (!std::get<1>(of).empty()) labels.emplace_back(semconv::kErrorType, std::get<1>(of));
      if (!std::get<2>(of).empty()) labels.emplace_back(semconv::kRevision, std::string(std::get<2>(of)));
      labels.emplace_back(last, std::get<3>(of));
      family.points.push_back({std::move(labels), histogram(semconv::kBounds, durations.buckets, durations.seconds)});
    }
    out.push_back(std::move(family));
  };
  operations(server_,
             {"mcp_server_operation_duration_seconds",
              Kind::histogram,
              "Requests of clients, by the conventions of OpenTelemetry.",
              {},
              "mcp.server.operation.duration",
              "s"},
             semconv::kTransport);
  operations(client_,
             {"mcp_client_operation_duration_seconds",
              Kind::histogram,
              "Requests to upstreams, by the conventions of OpenTelemetry.",
              {},
              "mcp.client.operation.duration",
              "s"},
             semconv::kServer);
  Family overhead{"gatehouse_overhead_seconds",
                  Kind::histogram,
                  "What the gateway itself adds to calls that go to an upstream.",
                  {},
                  "gatehouse.overhead.duration",
                  "s"};
  if (!client_.empty()) overhead.points.push_back({{}, histogram(kOverheadBounds, overhead_, overhead_seconds_)});
  out.push_back(std::move(overhead));
  Family revisions{
      "gatehouse_revisions_total", Kind::counter, "Calls by the revision of the client's side and of the upstream's.", {}, {}, {}};
  for (const auto& [pair, count] : revisions_)
    revisions.points.push_back({{{"client", std::string(pair.first)}, {"upstream", std::string(pair.second)}}, count});
  out.push_back(std::move(revisions));
}

void Metrics::add_tokens(std::vector<Family>& out) const {
  Family tokens{
      "gatehouse_tokens_total", Kind::counter, "Tokens of arguments, results and lists of tools, counted or by size.", {}, {}, {}};
  for (const auto& [name, spent] : tokens_) {
    auto add = [&](std::string_view kind, std::uint64_t value) {
      if (value > 0) tokens.points.push_back({{{"caller", name.first}, {"server", name.second}, {"kind", std::string(kind)}}, value});
    };
    add("arguments", spent.arguments);
    add("results", spent.results);
    add("definitions", spent.definitions);
  }
  out.push_back(std::move(tokens));
  if (saved_ > 0)
    add_one(out, Kind::counter, "gatehouse_disclosure_saved_tokens_total",
            "Tokens of definitions that lists of tools did not have, as clients search for them.", saved_);
}

std::size_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (!file) return 0;
  unsigned long long total = 0;
  unsigned long long resident = 0;
  bool good = std::fscanf(file, "%llu %llu", &total, &resident) == 2;
  std::fclose(file);
  return good ? static_cast<std::size_t>(resident) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace observe
