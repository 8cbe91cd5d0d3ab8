// Spans and numbers as OTLP 1.x has them, in both of its encodings: the bodies of POST /v1/traces and /v1/metrics.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "observe/families.h"
#include "observe/span.h"

namespace observe {

// Who says it.
struct Resource {
  std::vector<Attribute> attributes;
  std::string version;  // of this program, as the scope's
};

// The resource of this process: its service name, version and instance.
Resource this_process(std::string version, std::string instance);

// Since when numbers count, and as of when; nanoseconds since 1970.
struct MetricTimes {
  std::uint64_t since = 0;
  std::uint64_t now = 0;
};

enum class OtlpEncoding : std::uint8_t { protobuf, json };
enum class Compression : std::uint8_t { none, gzip };
std::string_view content_type(OtlpEncoding encoding);

// Threads: any.
std::string encode_traces(OtlpEncoding encoding, std::span<const Span> spans, const Resource& resource);
std::string encode_metrics(OtlpEncoding encoding, std::span<const Family> families, const Resource& resource, MetricTimes times);

// The two that those choose from.
std::string traces_as_json(std::span<const Span> spans, const Resource& resource);
std::string traces_as_protobuf(std::span<const Span> spans, const Resource& resource);
std::string metrics_as_json(std::span<const Family> families, const Resource& resource, MetricTimes times);
std::string metrics_as_protobuf(std::span<const Family> families, const Resource& resource, MetricTimes times);

inline constexpr std::string_view kScope = "gatehouse";

// The bits of `flags` of a span: the trace's own, and whether the parent is known to be of another process or not.
std::uint32_t span_flags(const Span& span);

// `bytes` in gzip's format (RFC 1952). Empty where there is no memory for it.
std::string gzipped(std::string_view bytes);

}  // namespace observe
