#include "gateway/trust/quarantine.h"

namespace gateway {

bool Quarantine::hold(std::string_view server, DefinitionKind kind, std::string_view name, std::string reason) {
  auto at = held_.find(server);
  if (at == held_.end()) at = held_.emplace(std::string(server), Names()).first;
  std::pair<DefinitionKind, std::string> key(kind, std::string(name));
  const bool known = at->second.contains(key);
  if (!known && size_ >= kMost) return false;
  at->second.insert_or_assign(std::move(key), std::move(reason));
  size_ += known ? 0 : 1;
  return true;
}

void Quarantine::release(std::string_view server, DefinitionKind kind, std::string_view name) {
  const auto at = held_.find(server);
  if (at != held_.end()) size_ -= at->second.erase(std::pair(kind, std::string(name)));
}

void Quarantine::release(std::string_view server) {
  const auto at = held_.find(server);
  if (at == held_.end()) return;
  size_ -= at->second.size();
  held_.erase(at);
}

const std::string* Quarantine::find(std::string_view server, DefinitionKind kind, std::string_view name) const {
  const auto at = held_.find(server);
  if (at == held_.end()) return nullptr;
  const auto found = at->second.find(std::pair(kind, std::string(name)));
  return found == at->second.end() ? nullptr : &found->second;
}

}  // namespace gateway
