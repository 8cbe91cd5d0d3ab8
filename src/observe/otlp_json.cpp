// OTLP in JSON: identifiers as hex, 64-bit numbers as strings, enumerations as numbers.
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "base/json.h"
#include "observe/otlp.h"
#include "observe/semconv.h"

namespace observe {
namespace {

// Appends members and elements with the commas between them.
class Text {
 public:
  void open(char bracket) {
    comma();
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  void key(std::string_view name) {
    comma();
    base::append_json_string(out_, name);
    out_ += ':';
    first_ = true;
  }
  void text(std::string_view value) {
    comma();
    base::append_json_string(out_, value);
  }
  void raw(std::string_view value) {
    comma();
    out_ += value;
  }
  void real(double value) { raw(std::isfinite(value) ? fmt::format("{}", value) : std::string("0")); }
  // A 64-bit number, which is a string in JSON.
  template <class Number>
  void wide(Number value) {
    raw(fmt::format("\"{}\"", value));
  }
  template <std::size_t N>
  void id(const std::array<std::uint8_t, N>& bytes) {
    comma();
    out_ += '"';
    for (const std::uint8_t byte : bytes) fmt::format_to(std::back_inserter(out_), "{:02x}", byte);
    out_ += '"';
  }
  std::string take() { return std::move(out_); }

 private:
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  std::string out_;
  bool first_ = true;
};

void write(Text& out, std::string_view key, const std::variant<std::string, std::int64_t, double, bool>& value) {
  out.open('{');
  out.key("key");
  out.text(key);
  out.key("value");
  out.open('{');
  if (const auto* text = std::get_if<std::string>(&value)) {
    out.key("stringValue");
    out.text(*text);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out.key("intValue");
    out.wide(*number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    out.key("doubleValue");
    out.real(*real);
  } else {
    out.key("boolValue");
    out.raw(std::get<bool>(value) ? "true" : "false");
  }
  out.close('}');
  out.close('}');
}

void write(Text& out, const std::vector<Attribute>& attributes) {
  out.key("attributes");
  out.open('[');
  for (const Attribute& one : attributes) write(out, one.key, one.value);
  out.close(']');
}

// Up to the list of what the scope holds; `whole` and `scoped` are the names of the lists round it.
void begin(Text& out, const Resource& resource, std::string_view whole, std::string_view scoped, std::string_view list) {
  out.open('{');
  out.key(whole);
  out.open('[');
  out.open('{');
  out.key("resource");
  out.open('{');
  write(out, resource.attributes);
  out.close('}');
  out.key("schemaUrl");
  out.text(semconv::kSchemaUrl);
  out.key(scoped);
  out.open('[');
  out.open('{');
  out.key("scope");
  out.open('{');
  out.key("name");
  out.text(kScope);
  out.key("version");
  out.text(resource.version);
  out.close('}');
  out.key(list);
  out.open('[');
}

std::string end(Text& out) {
  for (const char bracket : {']', '}', ']', '}', ']', '}'}) out.close(bracket);
  return out.take();
}

template <std::size_t N>
bool present(const std::array<std::uint8_t, N>& id) {
  for (const std::uint8_t byte : id)
    if (byte != 0) return true;
  return false;
}

void write(Text& out, const Span& span) {
  out.open('{');
  out.key("traceId");
  out.id(span.trace);
  out.key("spanId");
  out.id(span.span);
  if (present(span.parent)) {
    out.key("parentSpanId");
    out.id(span.parent);
  }
  if (!span.state.empty()) {
    out.key("traceState");
    out.text(span.state);
  }
  out.key("flags");
  out.raw(std::to_string(span_flags(span)));
  out.key("name");
  out.text(span.name);
  out.key("kind");
  out.raw(std::to_string(static_cast<int>(span.kind)));
  out.key("startTimeUnixNano");
  out.wide(span.begin);
  out.key("endTimeUnixNano");
  out.wide(span.end);
  write(out, span.attributes);
  if (!span.links.empty()) {
    out.key("links");
    out.open('[');
    for (const SpanLink& link : span.links) {
      out.open('{');
      out.key("traceId");
      out.id(link.trace);
      out.key("spanId");
      out.id(link.span);
      out.close('}');
    }
    out.close(']');
  }
  out.key("status");
  out.open('{');
  if (span.status != SpanStatus::unset) {
    out.key("code");
    out.raw(std::to_string(static_cast<int>(span.status)));
    if (!span.status_text.empty()) {
      out.key("message");
      out.text(span.status_text);
    }
  }
  out.close('}');
  out.close('}');
}

void write(Text& out, const Histogram& value) {
  std::uint64_t count = 0;
  for (const std::uint64_t one : value.buckets) count += one;
  out.key("count");
  out.wide(count);
  out.key("sum");
  out.real(value.sum);
  out.key("bucketCounts");
  out.open('[');
  for (const std::uint64_t one : value.buckets) out.wide(one);
  out.close(']');
  out.key("explicitBounds");
  out.open('[');
  for (const double bound : value.bounds) out.real(bound);
  out.close(']');
}

void write(Text& out, const Point& point, MetricTimes times) {
  out.open('{');
  out.key("attributes");
  out.open('[');
  for (const auto& [name, value] : point.labels) write(out, name, value);
  out.close(']');
  out.key("startTimeUnixNano");
  out.wide(times.since);
  out.key("timeUnixNano");
  out.wide(times.now);
  if (const auto* histogram = std::get_if<Histogram>(&point.value)) write(out, *histogram);
  if (const auto* count = std::get_if<std::uint64_t>(&point.value)) {
    out.key("asInt");
    out.wide(*count);
  }
  if (const auto* number = std::get_if<std::int64_t>(&point.value)) {
    out.key("asInt");
    out.wide(*number);
  }
  if (const auto* real = std::get_if<double>(&point.value)) {
    out.key("asDouble");
    out.real(*real);
  }
  out.close('}');
}

void write(Text& out, const Family& family, MetricTimes times) {
  out.open('{');
  out.key("name");
  out.text(family.otlp.empty() ? family.name : family.otlp);
  out.key("description");
  out.text(family.help);
  if (!family.unit.empty()) {
    out.key("unit");
    out.text(family.unit);
  }
  out.key(family.kind == Family::Kind::gauge ? "gauge" : family.kind == Family::Kind::counter ? "sum" : "histogram");
  out.open('{');
  out.key("dataPoints");
  out.open('[');
  for (const Point& point : family.points) write(out, point, times);
  out.close(']');
  if (family.kind != Family::Kind::gauge) {
    out.key("aggregationTemporality");
    out.raw("2");
  }
  if (family.kind == Family::Kind::counter) {
    out.key("isMonotonic");
    out.raw("true");
  }
  out.close('}');
  out.close('}');
}

}  // namespace

std::string traces_as_json(std::span<const Span> spans, const Resource& resource) {
  Text out;
  begin(out, resource, "resourceSpans", "scopeSpans", "spans");
  for (const Span& span : spans) write(out, span);
  return end(out);
}

std::string metrics_as_json(std::span<const Family> families, const Resource& resource, MetricTimes times) {
  Text out;
  begin(out, resource, "resourceMetrics", "scopeMetrics", "metrics");
  for (const Family& family : families)
    if (!family.points.empty()) write(out, family, times);
  return end(out);
}

}  // namespace observe
