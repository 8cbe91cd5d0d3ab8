// The part of Front that knows profiles: which part of the catalog is on this route.
#include "gateway/front.h"

namespace gateway {

std::shared_ptr<const Profile> Front::profile() const {
  if (profile_.empty()) return nullptr;
  auto found = gateway_.config_->profiles.find(profile_);
  if (found != gateway_.config_->profiles.end()) return found->second;
  // It went with the config that had it.
  static const auto kNothing = std::make_shared<const Profile>();
  return kNothing;
}

bool Front::serves(const Viewer& viewer, const Entry& entry) const {
  if (!viewer.profile) return true;
  if (entry.definition->kind != DefinitionKind::tool) return viewer.has(entry.server->id);
  return viewer.profile->has_tool(entry.server->id, entry.name);
}

std::shared_ptr<const Catalog> Front::listed(const Viewer& viewer, std::shared_ptr<const Catalog> whole) {
  if (!whole || !viewer.profile || viewer.profile->has_all_tools()) return whole;
  std::pair<const Catalog*, const Profile*> key(whole.get(), viewer.profile.get());
  if (auto* known = gateway_.narrowed_.find(key)) return known->catalog;
  auto keep = [&](const Entry& entry) { return serves(viewer, entry); };
  auto narrow = Catalog::filtered(whole, keep, [](std::string_view) { return true; });
  return gateway_.narrowed_.put(key, {std::move(whole), viewer.profile, std::move(narrow)}).catalog;
}

}  // namespace gateway
