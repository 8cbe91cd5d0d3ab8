#include "trust/scan/neighbours.h"

#include <algorithm>

#include "trust/scan/hidden.h"

namespace trust {
namespace {

constexpr std::size_t kShortest = 6;

bool is_distinct(std::string_view name) {
  if (name.size() < kShortest) return false;
  if (name.find_first_of("_-") != std::string_view::npos) return true;
  for (std::size_t i = 1; i < name.size(); ++i)
    if (name[i] >= 'A' && name[i] <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z') return true;
  return false;
}

}  // namespace

void Neighbours::add(std::string_view server, std::string_view tool) {
  const std::size_t at = tools_.size();
  by_name_[std::string(tool)].push_back(at);
  by_skeleton_[scan::skeleton_of(tool)].push_back(at);
  tools_.push_back({std::string(server), std::string(tool)});
}

const Neighbours::Tool* Neighbours::find_foreign(std::string_view name, std::string_view server) const {
  if (!is_distinct(name)) return nullptr;
  const auto found = by_name_.find(std::string(name));
  if (found == by_name_.end()) return nullptr;
  const bool own = std::ranges::any_of(found->second, [&](std::size_t at) { return tools_[at].server == server; });
  return own ? nullptr : &tools_[found->second.front()];
}

const Neighbours::Tool* Neighbours::find_alike(std::string_view name, std::string_view server) const {
  const auto found = by_skeleton_.find(scan::skeleton_of(name));
  if (found == by_skeleton_.end()) return nullptr;
  for (std::size_t at : found->second)
    if (tools_[at].name != name && tools_[at].server != server) return &tools_[at];
  for (std::size_t at : found->second)
    if (tools_[at].name != name) return &tools_[at];
  return nullptr;
}

}  // namespace trust
