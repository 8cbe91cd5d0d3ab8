#include "observe/families.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "observe/span.h"

namespace observe {
namespace {

std::string_view kind_name(Family::Kind kind) {
  switch (kind) {
    case Family::Kind::counter: return "counter";
    case Family::Kind::gauge: return "gauge";
    case Family::Kind::histogram: return "histogram";
  }
  return "untyped";
}

// Conventions write dots where Prometheus has none.
std::string label_name(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '.', '_');
  return out;
}

std::string labels_text(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels)
    fmt::format_to(std::back_inserter(out), "{}{}=\"{}\"", out.empty() ? "" : ",", label_name(name), label_value(value));
  return out;
}

void write_histogram(std::string& out, std::string_view name, const std::string& labels, const Histogram& value) {
  auto to = std::back_inserter(out);
  const std::string_view comma = labels.empty() ? "" : ",";
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < value.buckets.size(); ++i) {
    count += value.buckets[i];
    const std::string bound = i < value.bounds.size() ? fmt::format("{}", value.bounds[i]) : std::string("+Inf");
    fmt::format_to(to, "{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bound, count);
  }
  const std::string braced = labels.empty() ? std::string() : fmt::format("{{{}}}", labels);
  fmt::format_to(to, "{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, braced, value.sum, count);
}

void write_point(std::string& out, std::string_view name, const Point& point) {
  const std::string labels = labels_text(point.labels);
  if (const auto* histogram = std::get_if<Histogram>(&point.value)) return write_histogram(out, name, labels, *histogram);
  out += name;
  if (!labels.empty()) fmt::format_to(std::back_inserter(out), "{{{}}}", labels);
  out += ' ';
  if (const auto* count = std::get_if<std::uint64_t>(&point.value)) out += fmt::format("{}", *count);
  if (const auto* number = std::get_if<std::int64_t>(&point.value)) out += fmt::format("{}", *number);
  if (const auto* real = std::get_if<double>(&point.value)) out += fmt::format("{}", *real);
  out += '\n';
}

}  // namespace

std::string label_value(std::string_view text) {
  constexpr std::size_t kLongest = 128;
  std::string out;
  for (char c : bounded(text, kLongest)) {
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

std::string prometheus_text(std::span<const Family> families) {
  std::string out;
  for (const Family& family : families) {
    if (family.points.empty()) continue;
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", family.name, family.help, kind_name(family.kind));
    for (const Point& point : family.points) write_point(out, family.name, point);
  }
  return out;
}

}  // namespace observe
