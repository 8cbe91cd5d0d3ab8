#include "observe/otlp.h"

#include <zlib.h>

#include "observe/semconv.h"

namespace observe {

Resource this_process(std::string version, std::string instance) {
  Resource out;
  out.attributes.push_back({semconv::kServiceName, std::string(kScope)});
  out.attributes.push_back({semconv::kServiceVersion, version});
  out.attributes.push_back({semconv::kServiceInstance, std::move(instance)});
  out.attributes.push_back({semconv::kProject, std::string(kScope)});
  out.version = std::move(version);
  return out;
}

std::string_view content_type(OtlpEncoding encoding) {
  return encoding == OtlpEncoding::json ? "application/json" : "application/x-protobuf";
}

std::string encode_traces(OtlpEncoding encoding, std::span<const Span> spans, const Resource& resource) {
  return encoding == OtlpEncoding::json ? traces_as_json(spans, resource) : traces_as_protobuf(spans, resource);
}

std::string encode_metrics(OtlpEncoding encoding, std::span<const Family> families, const Resource& resource, MetricTimes times) {
  return encoding == OtlpEncoding::json ? metrics_as_json(families, resource, times) : metrics_as_protobuf(families, resource, times);
}

std::uint32_t span_flags(const Span& span) {
  constexpr std::uint32_t kSampled = 1, kKnown = 0x100, kRemote = 0x200;
  return kSampled | kKnown | (span.remote_parent ? kRemote : 0);
}

std::string gzipped(std::string_view bytes) {
  constexpr int kGzipWindow = 15 + 16;
  z_stream stream{};
  // The lightest level: what is saved beyond it is not worth the time on a gateway's machine.
  if (deflateInit2(&stream, 1, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  // zlib does not write there; its interface is older than const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(whole ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

}  // namespace observe
