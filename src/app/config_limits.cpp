#include "app/config_limits.h"

#include <charconv>

namespace app {
namespace {

using gateway::Rate;
using gateway::ServerConfig;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::size_t kKb = 1024;
constexpr std::size_t kMb = 1024 * kKb;
constexpr double kMostRate = 1e6;

constexpr std::size_t kChildConcurrency = 32;
constexpr milliseconds kChildIdle = std::chrono::minutes(10);

std::optional<Rate> parse_rate(std::string_view text) {
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !(number > 0) || number > kMostRate) return {};
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const double seconds = unit == "/s" ? 1 : unit == "/m" ? 60 : unit == "/h" ? 3600 : 0;
  if (seconds == 0) return {};
  return Rate{number / seconds, std::max(1.0, number)};
}

void count(const yaml::Value& map, std::string_view key, const std::string& path, std::int64_t least, std::int64_t most, Reader& reader,
           std::size_t& out) {
  if (auto* value = map.find(key))
    if (auto number = reader.number(*value, path + "." + std::string(key), least, most)) out = static_cast<std::size_t>(*number);
}

void bytes(const yaml::Value& map, std::string_view key, const std::string& path, std::size_t least, std::size_t most, Reader& reader,
           std::size_t& out) {
  if (auto* value = map.find(key))
    if (auto size = reader.size(*value, path + "." + std::string(key), least, most)) out = *size;
}

}  // namespace

std::optional<Rate> read_rate(const yaml::Value& value, const std::string& what, Reader& reader) {
  if (value.kind == yaml::Value::Kind::scalar) {
    if (auto rate = parse_rate(value.text)) return rate;
    reader.wrong(value, what, "a rate like 100/s, 600/m or { per_second: 10, burst: 50 }");
    return {};
  }
  if (!reader.is_map(value, what)) return {};
  auto* each = value.find("per_second");
  if (!each) {
    reader.error(value, what + " has no per_second; add it");
    return {};
  }
  auto number = reader.number(*each, what + ".per_second", 1, static_cast<std::int64_t>(kMostRate));
  if (!number) return {};
  Rate out{static_cast<double>(*number), static_cast<double>(*number)};
  if (auto* burst = value.find("burst"))
    if (auto most = reader.number(*burst, what + ".burst", 1, static_cast<std::int64_t>(kMostRate))) out.burst = static_cast<double>(*most);
  return out;
}

void read_limits(const yaml::Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, "limits")) return;
  bytes(value, "body", "limits", kKb, 64 * kMb, reader, config.limits.body);
  bytes(value, "head", "limits", kKb, 64 * kKb, reader, config.limits.head);
  gateway::Limits& limits = config.gateway.limits;
  if (auto* rate = value.find("rate")) limits.rate = read_rate(*rate, "limits.rate", reader);
  count(value, "concurrency", "limits", 1, 100'000, reader, limits.concurrency);
  count(value, "calls", "limits", 1, 1'000'000, reader, limits.calls);
  count(value, "connections", "limits", 1, 1'000'000, reader, limits.connections);
  bytes(value, "memory", "limits", kMb, 64 * 1024 * kMb, reader, limits.memory);
  bytes(value, "result", "limits", kKb, 64 * kMb, reader, limits.result);
}

void default_server_limits(const gateway::Limits& limits, ServerConfig& config) {
  const bool child = config.kind == ServerConfig::Kind::command;
  config.largest_result = limits.result;
  if (child) config.concurrency = kChildConcurrency;
  if (child && config.start == ServerConfig::Start::lazy && config.state == ServerConfig::State::none) config.idle_stop = kChildIdle;
}

void read_server_limits(const yaml::Value& map, const std::string& path, Reader& reader, ServerConfig& config) {
  count(map, "concurrency", path, 1, 100'000, reader, config.concurrency);
  count(map, "queue", path, 0, 100'000, reader, config.queue);
  if (auto* idle = map.find("idle_stop")) {
    if (idle->kind == yaml::Value::Kind::scalar && idle->text == "off")
      config.idle_stop = milliseconds(0);
    else if (auto time = reader.duration(*idle, path + ".idle_stop", milliseconds(10), hours(24 * 30)))
      config.idle_stop = *time;
  }
  auto* limits = map.find("limits");
  if (!limits || !reader.is_map(*limits, path + ".limits")) return;
  if (auto* rate = limits->find("rate")) config.rate = read_rate(*rate, path + ".limits.rate", reader);
  bytes(*limits, "body", path + ".limits", kKb, 64 * kMb, reader, config.largest_request);
  bytes(*limits, "result", path + ".limits", kKb, 64 * kMb, reader, config.largest_result);
}

}  // namespace app
