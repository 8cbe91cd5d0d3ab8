#include "app/config_disclosure.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/config_rules.h"
#include "app/nearest.h"
#include "app/schema.h"

namespace app {
namespace {

using gateway::Disclosure;
using gateway::Profile;

bool good_name(std::string_view name) {
  if (name.empty() || name.size() > 24 || name[0] < 'a' || name[0] > 'z') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// Ids of servers, each of which has to be there.
std::vector<std::string> read_ids(const yaml::Value& value, const std::string& what, Reader& reader, const gateway::Config& config) {
  std::vector<std::string_view> known;
  known.reserve(config.servers.size());
  for (const gateway::ServerConfig& server : config.servers) known.push_back(server.id);
  std::vector<std::string> ids = reader.texts(value, what);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (std::find(known.begin(), known.end(), ids[i]) != known.end()) continue;
    const yaml::Value& at = i < value.items.size() ? value.items[i] : value;
    auto near = find_nearest(ids[i], known);
    reader.error(at, fmt::format("{}: there is no server {}{}", what, shown(ids[i]),
                                 near ? fmt::format("; did you mean {}?", *near) : "; servers: has those that there are"));
  }
  return ids;
}

std::shared_ptr<const Profile> read_profile(const yaml::Member& member, Reader& reader, Findings& findings, const gateway::Config& config) {
  const std::string path = "profiles." + member.key;
  const yaml::Value& map = member.value;
  auto profile = std::make_shared<Profile>();
  profile->name = member.key;
  if (!reader.is_map(map, path)) return profile;
  schema::check(map, schema::profile(), path, findings);
  if (auto* value = map.find("servers")) {
    profile->servers = read_ids(*value, path + ".servers", reader, config);
  } else {
    for (const gateway::ServerConfig& server : config.servers) profile->servers.push_back(server.id);
  }
  profile->tools = {"*"};
  if (auto* value = map.find("tools")) profile->tools = reader.texts(*value, path + ".tools");
  if (auto* value = map.find("disclosure")) profile->disclosure = read_disclosure(*value, path + ".disclosure", reader);
  if (auto* value = map.find("confines")) profile->confines = read_who(*value, path + ".confines", reader, config);
  return profile;
}

}  // namespace

std::optional<Disclosure> read_disclosure(const yaml::Value& value, const std::string& what, Reader& reader) {
  constexpr std::array kModes = {Disclosure::all, Disclosure::search, Disclosure::code, Disclosure::automatic};
  auto word = reader.word(value, what, {"all", "search", "code", "auto"});
  if (!word) return std::nullopt;
  return kModes[*word];
}

namespace {

void read_code(const yaml::Value& map, Reader& reader, gateway::CodeConfig& config) {
  using std::chrono::milliseconds;
  constexpr std::size_t kMb = 1024 * 1024;
  if (!reader.is_map(map, "code")) return;
  if (auto* value = map.find("write"))
    if (auto flag = reader.flag(*value, "code.write")) config.write = *flag;
  if (auto* value = map.find("wall"))
    if (auto time = reader.duration(*value, "code.wall", milliseconds(100), std::chrono::hours(1))) config.wall = *time;
  if (auto* value = map.find("cpu"))
    if (auto time = reader.duration(*value, "code.cpu", milliseconds(10), std::chrono::minutes(5))) config.cpu = *time;
  if (auto* value = map.find("heap"))
    if (auto size = reader.size(*value, "code.heap", 8 * kMb, 1024 * kMb)) config.heap = *size;
  if (auto* value = map.find("calls"))
    if (auto number = reader.number(*value, "code.calls", 1, 1'000)) config.calls = static_cast<std::size_t>(*number);
  if (auto* value = map.find("allow_degraded"))
    if (auto flag = reader.flag(*value, "code.allow_degraded")) config.allow_degraded = *flag;
}

}  // namespace

void read_disclosures(const yaml::Value& top, Reader& reader, Findings& findings, gateway::Config& config) {
  if (auto* code = top.find("code")) read_code(*code, reader, config.code);
  if (auto* value = top.find("disclosure"))
    if (auto mode = read_disclosure(*value, "disclosure", reader)) config.disclosure = *mode;
  auto* profiles = top.find("profiles");
  if (!profiles || profiles->kind == yaml::Value::Kind::null || !reader.is_map(*profiles, "profiles")) return;
  for (const yaml::Member& member : profiles->members) {
    if (!good_name(member.key))
      reader.error(member.mark,
                   fmt::format("{} is no name of a profile; use at most 24 of a-z, 0-9 and -, beginning with a letter", shown(member.key)));
    config.profiles[member.key] = read_profile(member, reader, findings, config);
  }
}

}  // namespace app
