#include "app/config_admin.h"

#include <fmt/format.h>

#include "app/config_rules.h"

namespace app {
namespace {

constexpr std::size_t kMostEntries = 1'000;

std::vector<authz::Who> read_people(const yaml::Value& value, const std::string& path, Reader& reader, const AppConfig& config) {
  std::vector<authz::Who> out;
  if (!reader.is_list(value, path)) return out;
  if (value.items.size() > kMostEntries) {
    reader.error(value, fmt::format("{} has {} entries; {} is the most", path, value.items.size(), kMostEntries));
    return out;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i)
    out.push_back(read_who(value.items[i], fmt::format("{}[{}]", path, i), reader, config.gateway));
  return out;
}

}  // namespace

void read_admin(const yaml::Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, "admin")) return;
  if (const auto* one = value.find("viewers")) config.admin.viewers = read_people(*one, "admin.viewers", reader, config);
  if (const auto* one = value.find("approvers")) config.admin.approvers = read_people(*one, "admin.approvers", reader, config);
  if (const auto* one = value.find("admins")) config.admin.admins = read_people(*one, "admin.admins", reader, config);
}

}  // namespace app
