#include "observe/metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace observe {
namespace {

constexpr std::string_view kOther = "other";

void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void gauge(std::string& out, std::string_view name, std::string_view help, std::uint64_t value) {
  head(out, name, "gauge", help);
  out += fmt::format("{} {}\n", name, value);
}

void counter(std::string& out, std::string_view name, std::string_view help, std::uint64_t value) {
  head(out, name, "counter", help);
  out += fmt::format("{} {}\n", name, value);
}

// Tools, prompts and resources share `name`; a resource's URI is no label, as there is no end to them.
std::string_view tool_of(const base::CallRecord& record) {
  if (record.method == "tools/call" || record.method == "prompts/get") return record.name;
  return record.method;
}

void write_upstreams(std::string& out, const std::vector<UpstreamGauge>& upstreams) {
  if (upstreams.empty()) return;
  head(out, "gatehouse_upstream_state", "gauge", "1 for the state that the upstream is in, 0 for the others.");
  for (const UpstreamGauge& upstream : upstreams)
    for (std::string_view state : kUpstreamStates)
      out += fmt::format("gatehouse_upstream_state{{server=\"{}\",kind=\"{}\",state=\"{}\"}} {}\n", label_value(upstream.id),
                         label_value(upstream.kind), state, upstream.state == state ? 1 : 0);
  head(out, "gatehouse_upstream_tools", "gauge", "Tools in the upstream's catalog.");
  for (const UpstreamGauge& upstream : upstreams)
    out += fmt::format("gatehouse_upstream_tools{{server=\"{}\"}} {}\n", label_value(upstream.id), upstream.tools);
  head(out, "gatehouse_upstream_starts_total", "counter", "Starts of the upstream that succeeded.");
  for (const UpstreamGauge& upstream : upstreams)
    out += fmt::format("gatehouse_upstream_starts_total{{server=\"{}\"}} {}\n", label_value(upstream.id), upstream.starts);
  auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto member) {
    head(out, name, type, help);
    for (const UpstreamGauge& upstream : upstreams)
      out += fmt::format("{}{{server=\"{}\"}} {}\n", name, label_value(upstream.id), upstream.*member);
  };
  each("gatehouse_upstream_in_flight", "gauge", "Requests that are with the upstream.", &UpstreamGauge::in_flight);
  each("gatehouse_upstream_queued", "gauge", "Requests that wait for those to end.", &UpstreamGauge::queued);
  each("gatehouse_upstream_failures_total", "counter", "Starts, deaths and requests that failed by the upstream's fault.",
       &UpstreamGauge::failures);
}

void write_process(std::string& out, const Gauges& gauges) {
  head(out, "gatehouse_build_info", "gauge", "Always 1; the labels say what runs.");
  out += fmt::format("gatehouse_build_info{{version=\"{}\",commit=\"{}\"}} 1\n", label_value(gauges.version), label_value(gauges.commit));
  gauge(out, "gatehouse_uptime_seconds", "Seconds since the gateway began to listen.", static_cast<std::uint64_t>(gauges.uptime.count()));
  gauge(out, "gatehouse_open_calls", "Calls that run now.", gauges.open_calls);
  gauge(out, "gatehouse_open_streams", "Event streams open to clients.", gauges.open_streams);
  gauge(out, "gatehouse_open_connections", "HTTP connections open to clients.", gauges.open_connections);
  counter(out, "gatehouse_connections_total", "HTTP connections accepted.", gauges.connections);
  counter(out, "gatehouse_http_requests_total", "HTTP requests that were whole and well formed.", gauges.requests);
  counter(out, "gatehouse_http_turned_away_total", "HTTP requests and connections for which there was no room.", gauges.turned_away);
  gauge(out, "gatehouse_http_held_bytes", "Bytes of requests, and of answers that wait for slow readers.", gauges.held_bytes);
  counter(out, "gatehouse_http_refused_total", "HTTP requests refused as malformed, too large or too slow.", gauges.refused);
  if (gauges.resident_bytes > 0) gauge(out, "process_resident_memory_bytes", "Resident memory in bytes.", gauges.resident_bytes);
}

}  // namespace

void Metrics::finished(const base::CallRecord& record) {
  double seconds = std::chrono::duration<double>(record.duration).count();
  std::size_t bucket = 0;
  while (bucket < kBounds.size() && seconds > kBounds[bucket]) ++bucket;
  std::lock_guard lock(mutex_);
  Series& series = series_of(record);
  ++series.by_outcome[static_cast<std::size_t>(record.outcome)];
  ++series.buckets[bucket];
  series.seconds += seconds;
  series.upstream_seconds += std::chrono::duration<double>(record.upstream).count();
  series.bytes_in += record.bytes_in;
  series.bytes_out += record.bytes_out;
  ++methods_[record.method.empty() ? kOther : record.method];
  if (record.error) ++errors_[mcp::code_name(*record.error)];
}

Metrics::Series& Metrics::series_of(const base::CallRecord& record) {
  // A call that failed before it was resolved carries a name that the caller made up.
  NameView name = record.server.empty() ? NameView(kOther, kOther) : NameView(record.server, tool_of(record));
  auto known = series_.find(name);
  if (known != series_.end()) return known->second;
  if (series_.size() >= most_series_) name = {kOther, kOther};
  return series_[Name(name.first, name.second)];
}

std::string Metrics::text(const Gauges& gauges) const {
  std::string out;
  {
    std::lock_guard lock(mutex_);
    out.reserve(4096 + series_.size() * 2048);
    if (!series_.empty()) {
      write_calls(out);
      write_durations(out);
    }
  }
  write_upstreams(out, gauges.upstreams);
  write_process(out, gauges);
  return out;
}

void Metrics::write_calls(std::string& out) const {
  head(out, "gatehouse_calls_total", "counter", "Calls that ended, by how they ended.");
  for (const auto& [name, series] : series_)
    for (std::size_t i = 0; i < series.by_outcome.size(); ++i)
      if (series.by_outcome[i] > 0)
        out += fmt::format("gatehouse_calls_total{{server=\"{}\",tool=\"{}\",outcome=\"{}\"}} {}\n", label_value(name.first),
                           label_value(name.second), base::outcome_name(static_cast<base::Outcome>(i)), series.by_outcome[i]);
  head(out, "gatehouse_requests_total", "counter", "Calls that ended, by method.");
  for (const auto& [method, count] : methods_)
    out += fmt::format("gatehouse_requests_total{{method=\"{}\"}} {}\n", label_value(method), count);
  if (!errors_.empty()) {
    head(out, "gatehouse_errors_total", "counter", "Calls that ended with an error of the gateway, by its code.");
    for (const auto& [code, count] : errors_) out += fmt::format("gatehouse_errors_total{{code=\"{}\"}} {}\n", code, count);
  }
}

void Metrics::write_durations(std::string& out) const {
  head(out, "gatehouse_call_duration_seconds", "histogram", "From the parsed request to the last byte of its answer.");
  for (const auto& [name, series] : series_) {
    std::string labels = fmt::format("server=\"{}\",tool=\"{}\"", label_value(name.first), label_value(name.second));
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      count += series.buckets[i];
      out += fmt::format("gatehouse_call_duration_seconds_bucket{{{},le=\"{}\"}} {}\n", labels, kBounds[i], count);
    }
    count += series.buckets[kBounds.size()];
    out += fmt::format("gatehouse_call_duration_seconds_bucket{{{},le=\"+Inf\"}} {}\n", labels, count);
    out += fmt::format("gatehouse_call_duration_seconds_sum{{{}}} {}\n", labels, series.seconds);
    out += fmt::format("gatehouse_call_duration_seconds_count{{{}}} {}\n", labels, count);
  }
  auto sums = [&](std::string_view metric, std::string_view help, auto member) {
    head(out, metric, "counter", help);
    for (const auto& [name, series] : series_)
      out += fmt::format("{}{{server=\"{}\",tool=\"{}\"}} {}\n", metric, label_value(name.first), label_value(name.second), series.*member);
  };
  sums("gatehouse_upstream_seconds_total", "The part of the calls' durations that was spent waiting for the upstream.",
       &Series::upstream_seconds);
  sums("gatehouse_received_bytes_total", "Bytes of the calls' requests.", &Series::bytes_in);
  sums("gatehouse_sent_bytes_total", "Bytes of the calls' answers.", &Series::bytes_out);
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

std::string label_value(std::string_view text) {
  constexpr std::size_t kLongest = 128;
  if (text.size() > kLongest) {
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '"')
      out += "\\\"";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

}  // namespace observe
