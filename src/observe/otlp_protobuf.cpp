// OTLP in protobuf: the fields of opentelemetry-proto 1.x, by their numbers.
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "observe/otlp.h"
#include "observe/semconv.h"

namespace observe {
namespace {

using protozero::pbf_writer;

void add_text(pbf_writer& to, protozero::pbf_tag_type tag, std::string_view text) { to.add_string(tag, text.data(), text.size()); }

template <std::size_t N>
void add_id(pbf_writer& to, protozero::pbf_tag_type tag, const std::array<std::uint8_t, N>& id) {
  to.add_bytes(tag, reinterpret_cast<const char*>(id.data()), N);
}

template <std::size_t N>
bool present(const std::array<std::uint8_t, N>& id) {
  for (const std::uint8_t byte : id)
    if (byte != 0) return true;
  return false;
}

// KeyValue: key = 1, value = 2; AnyValue: string_value = 1, bool_value = 2, int_value = 3, double_value = 4.
void add_attribute(pbf_writer& to, protozero::pbf_tag_type tag, std::string_view key,
                   const std::variant<std::string, std::int64_t, double, bool>& value) {
  pbf_writer pair(to, tag);
  add_text(pair, 1, key);
  pbf_writer any(pair, 2);
  if (const auto* text = std::get_if<std::string>(&value))
    any.add_string(1, *text);
  else if (const auto* number = std::get_if<std::int64_t>(&value))
    any.add_int64(3, *number);
  else if (const auto* real = std::get_if<double>(&value))
    any.add_double(4, *real);
  else
    any.add_bool(2, std::get<bool>(value));
}

// Resource: attributes = 1.
void add_resource(pbf_writer& to, const Resource& resource) {
  pbf_writer out(to, 1);
  for (const Attribute& one : resource.attributes) add_attribute(out, 1, one.key, one.value);
}

// InstrumentationScope: name = 1, version = 2.
void add_scope(pbf_writer& to, const Resource& resource) {
  pbf_writer out(to, 1);
  add_text(out, 1, kScope);
  out.add_string(2, resource.version);
}

// Span: trace_id = 1, span_id = 2, trace_state = 3, parent_span_id = 4, name = 5, kind = 6, start = 7, end = 8, attributes = 9,
// links = 13, status = 15, flags = 16. Link: trace_id = 1, span_id = 2. Status: message = 2, code = 3.
void add_span(pbf_writer& to, const Span& span) {
  pbf_writer out(to, 2);
  add_id(out, 1, span.trace);
  add_id(out, 2, span.span);
  if (!span.state.empty()) out.add_string(3, span.state);
  if (present(span.parent)) add_id(out, 4, span.parent);
  out.add_string(5, span.name);
  out.add_enum(6, static_cast<std::int32_t>(span.kind));
  out.add_fixed64(7, span.begin);
  out.add_fixed64(8, span.end);
  for (const Attribute& one : span.attributes) add_attribute(out, 9, one.key, one.value);
  for (const SpanLink& link : span.links) {
    pbf_writer inner(out, 13);
    add_id(inner, 1, link.trace);
    add_id(inner, 2, link.span);
  }
  if (span.status != SpanStatus::unset) {
    pbf_writer inner(out, 15);
    if (!span.status_text.empty()) inner.add_string(2, span.status_text);
    inner.add_enum(3, static_cast<std::int32_t>(span.status));
  }
  out.add_fixed32(16, span_flags(span));
}

// HistogramDataPoint: start = 2, time = 3, count = 4, sum = 5, bucket_counts = 6, explicit_bounds = 7, attributes = 9.
void add_histogram(pbf_writer& to, const Point& point, const Histogram& value, MetricTimes times) {
  pbf_writer out(to, 1);
  out.add_fixed64(2, times.since);
  out.add_fixed64(3, times.now);
  std::uint64_t count = 0;
  for (const std::uint64_t one : value.buckets) count += one;
  out.add_fixed64(4, count);
  out.add_double(5, value.sum);
  out.add_packed_fixed64(6, value.buckets.begin(), value.buckets.end());
  out.add_packed_double(7, value.bounds.begin(), value.bounds.end());
  for (const auto& [name, label] : point.labels) add_attribute(out, 9, name, label);
}

// NumberDataPoint: start = 2, time = 3, as_double = 4, as_int = 6, attributes = 7.
void add_number(pbf_writer& to, const Point& point, MetricTimes times) {
  pbf_writer out(to, 1);
  out.add_fixed64(2, times.since);
  out.add_fixed64(3, times.now);
  if (const auto* real = std::get_if<double>(&point.value)) out.add_double(4, *real);
  if (const auto* count = std::get_if<std::uint64_t>(&point.value)) out.add_sfixed64(6, static_cast<std::int64_t>(*count));
  if (const auto* number = std::get_if<std::int64_t>(&point.value)) out.add_sfixed64(6, *number);
  for (const auto& [name, label] : point.labels) add_attribute(out, 7, name, label);
}

// Metric: name = 1, description = 2, unit = 3, gauge = 5, sum = 7, histogram = 9. In each of these data_points = 1 and, but for a gauge,
// aggregation_temporality = 2 (2: cumulative); in a sum is_monotonic = 3.
void add_family(pbf_writer& to, const Family& family, MetricTimes times) {
  pbf_writer out(to, 2);
  add_text(out, 1, family.otlp.empty() ? family.name : family.otlp);
  add_text(out, 2, family.help);
  if (!family.unit.empty()) add_text(out, 3, family.unit);
  pbf_writer data(out, family.kind == Family::Kind::gauge ? 5 : family.kind == Family::Kind::counter ? 7 : 9);
  for (const Point& point : family.points) {
    if (const auto* histogram = std::get_if<Histogram>(&point.value))
      add_histogram(data, point, *histogram, times);
    else
      add_number(data, point, times);
  }
  if (family.kind != Family::Kind::gauge) data.add_enum(2, 2);
  if (family.kind == Family::Kind::counter) data.add_bool(3, true);
}

// ResourceSpans and ResourceMetrics alike: resource = 1, the scope's list = 2, schema_url = 3; ScopeSpans and ScopeMetrics: scope = 1,
// their list = 2.
template <class Fill>
std::string whole(const Resource& resource, Fill fill) {
  std::string out;
  {
    pbf_writer request(out);
    pbf_writer outer(request, 1);
    add_resource(outer, resource);
    {
      pbf_writer scoped(outer, 2);
      add_scope(scoped, resource);
      fill(scoped);
    }
    add_text(outer, 3, semconv::kSchemaUrl);
  }
  return out;
}

}  // namespace

std::string traces_as_protobuf(std::span<const Span> spans, const Resource& resource) {
  return whole(resource, [&](pbf_writer& to) {
    for (const Span& span : spans) add_span(to, span);
  });
}

std::string metrics_as_protobuf(std::span<const Family> families, const Resource& resource, MetricTimes times) {
  return whole(resource, [&](pbf_writer& to) {
    for (const Family& family : families)
      if (!family.points.empty()) add_family(to, family, times);
  });
}

}  // namespace observe
