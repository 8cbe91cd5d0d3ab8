#include "app/config_telemetry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "access/identity.h"
#include "net/url.h"
#include "observe/helicone.h"

namespace app {
namespace {

using std::chrono::milliseconds;
using yaml::Value;

constexpr std::size_t kMostHeaders = 20;

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// An address without a query, as paths are put behind it.
std::optional<std::string> read_url(const Value& value, const std::string& what, std::string_view like, Reader& reader) {
  auto text = reader.plain(value, what);
  if (!text) return std::nullopt;
  auto url = net::parse_url(*text);
  if (!url || url->target.find('?') != std::string::npos) {
    reader.error(value, fmt::format("{}: {}; write it like {}", what, url ? "no query may stand in it" : url.error().message, like));
    return std::nullopt;
  }
  return url->text();
}

void read_otlp(const Value& value, Reader& reader, TelemetryConfig& out) {
  constexpr std::string_view kLike = "http://localhost:4318";
  if (value.kind != Value::Kind::map) {
    if (auto url = read_url(value, "telemetry.otlp", kLike, reader)) out.otlp = *std::move(url);
    return;
  }
  auto* url = value.find("url");
  if (!url) return reader.error(value, fmt::format("telemetry.otlp has no url; add url: {}", kLike));
  if (auto text = read_url(*url, "telemetry.otlp.url", kLike, reader)) out.otlp = *std::move(text);
  if (auto* one = value.find("encoding"))
    if (auto word = reader.word(*one, "telemetry.otlp.encoding", {"protobuf", "json"}))
      out.encoding = *word == 0 ? observe::OtlpEncoding::protobuf : observe::OtlpEncoding::json;
  if (auto* one = value.find("compression"))
    if (auto word = reader.word(*one, "telemetry.otlp.compression", {"gzip", "none"}))
      out.compression = *word == 0 ? observe::Compression::gzip : observe::Compression::none;
  if (auto* one = value.find("ca"))
    if (auto file = reader.path(*one, "telemetry.otlp.ca")) out.ca = *std::move(file);
  if (auto* one = value.find("every"))
    if (auto time = reader.duration(*one, "telemetry.otlp.every", milliseconds(1'000), std::chrono::hours(1))) out.every = *time;
}

void read_headers(const Value& value, Reader& reader, TelemetryConfig& out) {
  if (!reader.is_map(value, "telemetry.headers")) return;
  if (value.members.size() > kMostHeaders) return reader.error(value, fmt::format("telemetry.headers: at most {}", kMostHeaders));
  for (const yaml::Member& member : value.members) {
    const std::string path = "telemetry.headers." + member.key;
    if (!is_header_name(member.key)) {
      reader.error(member.mark, fmt::format("{} is no name of a header", path));
      continue;
    }
    if (auto text = reader.secret(member.value, path)) out.headers.emplace_back(member.key, base::Secret(*std::move(text)));
  }
}

void read_helicone(const Value& value, Reader& reader, TelemetryConfig& out) {
  if (!reader.is_map(value, "telemetry.helicone")) return;
  auto* key = value.find("key");
  if (!key) return reader.error(value, "telemetry.helicone has no key; add key: ${env:HELICONE_API_KEY}");
  out.helicone = observe::kHeliconeUrl;
  if (auto text = reader.secret(*key, "telemetry.helicone.key")) out.helicone_key = base::Secret(*std::move(text));
  if (auto* url = value.find("url"))
    if (auto text = read_url(*url, "telemetry.helicone.url", observe::kHeliconeUrl, reader)) out.helicone = *std::move(text);
}

void read_sample(const Value& value, Reader& reader, TelemetryConfig& out) {
  auto text = reader.plain(value, "telemetry.sample");
  if (!text) return;
  double share = -1;
  const auto [end, wrong] = std::from_chars(text->data(), text->data() + text->size(), share);
  if (wrong != std::errc() || end != text->data() + text->size() || !(share >= 0 && share <= 1))
    return reader.error(value, "telemetry.sample must be a share from 0 to 1, such as 0.1");
  out.sample = share;
}

void read_map(const Value& value, Reader& reader, TelemetryConfig& out) {
  if (!reader.is_map(value, "telemetry")) return;
  if (auto* one = value.find("otlp")) read_otlp(*one, reader, out);
  if (auto* one = value.find("headers")) read_headers(*one, reader, out);
  if (auto* one = value.find("sample")) read_sample(*one, reader, out);
  if (auto* one = value.find("content"))
    if (auto word = reader.word(*one, "telemetry.content", {"none", "redacted", "full"}))
      out.content = static_cast<observe::Content>(*word);
  if (auto* one = value.find("slow"))
    if (auto time = reader.duration(*one, "telemetry.slow", milliseconds(0), std::chrono::hours(24))) out.slow = *time;
  if (auto* one = value.find("helicone")) read_helicone(*one, reader, out);
  if (!out.headers.empty() && out.otlp.starts_with("http://")) {
    auto url = net::parse_url(out.otlp);
    if (url && !authz::is_loopback(url->host))
      reader.warn(value, "telemetry.headers go over plain http, where others can read them; use https");
  }
}

}  // namespace

void read_telemetry(const Value& top, Reader& reader, AppConfig& config) {
  if (auto* value = top.find("telemetry")) read_map(*value, reader, config.telemetry);
  if (config.telemetry.on()) config.gateway.trace_share = config.telemetry.sample;
  auto* value = top.find("metrics_listen");
  auto text = value ? reader.plain(*value, "metrics_listen") : std::nullopt;
  if (!text) return;
  auto address = parse_address(*text);
  if (address)
    config.metrics_listen = *address;
  else
    reader.error(*value, "metrics_listen: " + address.error().message);
}

}  // namespace app
