#include "app/key_text.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "base/json.h"

namespace app {

using authz::KeyTime;

std::string time_text(KeyTime time, const char* format) {
  if (time == KeyTime()) return {};
  const std::time_t seconds_of = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds_of, &parts);
  char buffer[32] = "";
  const std::size_t size = std::strftime(buffer, sizeof buffer, format, &parts);
  return {buffer, size};
}

std::string day_of(KeyTime time) { return time_text(time, "%Y-%m-%d"); }

namespace {

std::string json_time(KeyTime time) { return time == KeyTime() ? "null" : base::quoted(time_text(time, "%Y-%m-%dT%H:%M:%SZ")); }

}  // namespace

std::string key_json(const store::StoredKey& key, KeyTime now) {
  return fmt::format(
      R"({{"id":{},"name":{},"owner":{},"groups":{},"profiles":{},"state":"{}","created":{},"expires":{},"old_secret_until":{},"revoked":{},"used":{}}})",
      base::quoted(key.id), base::quoted(key.name), base::quoted(key.owner), key.groups, key.profiles,
      authz::key_state_name(authz::key_state(key, now)), json_time(key.created), json_time(key.expires), json_time(key.old_until),
      json_time(key.revoked), json_time(key.used));
}

}  // namespace app
