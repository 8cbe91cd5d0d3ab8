// Numbers as families of points: what Prometheus scrapes and what OTLP sends are written from the same values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace observe {

// Names are constants, with dots where conventions of OpenTelemetry have them. `le` is not among them: the writers know where it belongs.
using Labels = std::vector<std::pair<std::string_view, std::string>>;

// Counts of what fell between bounds, not cumulated; one more than there are bounds.
struct Histogram {
  std::span<const double> bounds;  // constants
  std::vector<std::uint64_t> buckets;
  double sum = 0;
};

struct Point {
  Labels labels;
  std::variant<std::uint64_t, std::int64_t, double, Histogram> value;
};

struct Family {
  enum class Kind : std::uint8_t { counter, gauge, histogram };
  std::string_view name;  // as Prometheus has it
  Kind kind = Kind::gauge;
  std::string_view help;
  std::vector<Point> points;  // a family without any is not written
  std::string_view otlp;      // the name in OTLP; empty: the same
  std::string_view unit;      // in UCUM, for OTLP
};

// The exposition text (version 0.0.4).
std::string prometheus_text(std::span<const Family> families);

// `text` as a label's value: backslash, quote and line break escaped, at most 128 bytes of it.
std::string label_value(std::string_view text);

}  // namespace observe
