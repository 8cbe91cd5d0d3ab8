// The part of CatalogSource that shows what is known: to each audience its own picture.
#include <algorithm>

#include "base/log.h"
#include "gateway/catalog_slot.h"
#include "gateway/trust/pinning.h"

namespace gateway {

using base::Instant;
using base::Millis;
using protocol::CacheHints;
using protocol::CacheScope;

namespace {

// How long a client may keep a list whose changes are announced: only clients that do not listen wait for it.
constexpr CacheHints kAnnounced{Millis(5'000), CacheScope::priv};

constexpr std::size_t kMostLeftOutTold = 1'000;

}  // namespace

std::shared_ptr<const Catalog> CatalogSource::pictured(Slot& slot, const std::shared_ptr<const About>& about, const Lists& lists) {
  Picture key{};
  bool any = about != nullptr;
  key.back() = about.get();
  for (std::size_t i = 0; i < lists.size(); ++i) {
    key[i] = lists[i].get();
    any = any || lists[i];
  }
  if (!any) return nullptr;
  if (auto* found = slot.pictures.find(key)) return found->catalog;
  auto offer = std::make_shared<ServerCatalog>();
  offer->id = slot.upstream.config().id;
  if (about) {
    offer->info = about->info;
    offer->capabilities = about->capabilities;
    offer->instructions = about->instructions;
  }
  offer->lists = lists;
  if (parts_.pinning) parts_.pinning->narrow(slot.upstream.config(), *offer);
  auto catalog = Catalog::of_server(&slot.upstream.config(), std::move(offer));
  for (const std::string& left_out : catalog->left_out())
    if (told_.size() < kMostLeftOutTold && told_.insert(left_out).second) base::log::warn("a definition is left out", {{"what", left_out}});
  return slot.pictures.put(key, {catalog, about}).catalog;
}

std::shared_ptr<const Catalog> CatalogSource::picture(Slot& slot, const Viewer& viewer) {
  Lists lists;
  for (DefinitionKind kind : kKinds)
    if (const State* state = known(slot, viewer, kind)) lists[static_cast<std::size_t>(kind)] = state->list;
  std::shared_ptr<Met>* met =
      slot.met.size() == 0 ? nullptr : slot.met.find(ShelfKey(caller_of(slot, viewer), viewer.audience.capabilities));
  return pictured(slot, met && (*met)->about ? (*met)->about : slot.about, lists);
}

std::shared_ptr<const Catalog> CatalogSource::of(std::string_view server, const Viewer& viewer) {
  std::shared_ptr<Slot> slot = find(server);
  if (!slot) return nullptr;
  std::string key = view_key(slot.get(), viewer);
  if (View* view = views_.find(key); view && view->generation == generation_)
    if (auto catalog = view->catalog.lock()) return catalog;
  std::shared_ptr<const Catalog> made = picture(*slot, viewer);
  views_.put(std::move(key), {generation_, made});
  return made;
}

std::shared_ptr<const Catalog> CatalogSource::all(const Viewer& viewer) {
  const bool same = last_all_.generation == generation_ && last_all_.audience == viewer.audience && last_all_.profile == viewer.profile;
  if (same && !forwards_)
    if (auto catalog = last_all_.catalog.lock()) return catalog;
  std::shared_ptr<const Catalog> found = all_known(viewer);
  last_all_ = {viewer.audience, viewer.profile, generation_, found};
  return found;
}

std::shared_ptr<const Catalog> CatalogSource::all_known(const Viewer& viewer) {
  std::string key = view_key(nullptr, viewer);
  if (View* view = views_.find(key); view && view->generation == generation_)
    if (auto catalog = view->catalog.lock()) return catalog;
  std::vector<std::shared_ptr<const Catalog>> servers;
  std::vector<const Catalog*> which;
  for (const auto& slot : slots_) {
    if (!viewer.has(slot->upstream.config().id)) continue;
    auto one = picture(*slot, viewer);
    if (!one) continue;
    which.push_back(one.get());
    servers.push_back(std::move(one));
  }
  // What was merged before the last change is gone once nobody uses it any more.
  if (std::exchange(merged_at_, generation_) != generation_) merged_.clear();
  std::shared_ptr<const Catalog> made;
  if (auto* found = merged_.find(which)) {
    made = *found;
  } else {
    made = Catalog::merge(std::move(servers), parts_.config->name_limit);
    for (const std::string& left_out : made->left_out())
      if (told_.size() < kMostLeftOutTold && told_.insert(left_out).second)
        base::log::warn("a definition is left out", {{"what", left_out}});
    merged_.put(std::move(which), made);
  }
  views_.put(std::move(key), {generation_, made});
  return made;
}

std::shared_ptr<const Catalog> CatalogSource::any(std::string_view server) {
  std::shared_ptr<Slot> slot = find(server);
  if (!slot) return nullptr;
  Lists lists;
  for (const auto& [key, shelf] : slot->shelves)
    for (DefinitionKind kind : kKinds) {
      auto& best = lists[static_cast<std::size_t>(kind)];
      const auto& list = shelf->at(kind).list;
      if (list && (!best || best->items.size() < list->items.size())) best = list;
    }
  return pictured(*slot, slot->about, lists);
}

CacheHints CatalogSource::hints(std::string_view server, const Viewer& viewer, DefinitionKind kind) {
  CacheHints out{Millis::max(), CacheScope::shared};
  bool any = false;
  for (const auto& slot : slots_) {
    const std::string& id = slot->upstream.config().id;
    if ((!server.empty() && id != server) || !viewer.has(id)) continue;
    const State* state = known(*slot, viewer, kind);
    CacheHints one = kAnnounced;
    if (state && state->list && state->told.modern && !slot->builtin) {
      Instant until = state->received + state->told.hints.ttl;
      one = {std::max(Millis(0), std::chrono::duration_cast<Millis>(until - parts_.now())), state->told.hints.scope};
    }
    any = true;
    out.ttl = std::min(out.ttl, one.ttl);
    if (one.scope == CacheScope::priv) out.scope = CacheScope::priv;
  }
  return any ? out : kAnnounced;
}

std::size_t CatalogSource::tools(std::string_view server) const {
  std::shared_ptr<Slot> slot = find(server);
  std::size_t most = 0;
  if (slot)
    for (const auto& [key, shelf] : slot->shelves)
      if (const auto& list = shelf->at(DefinitionKind::tool).list) most = std::max(most, list->items.size());
  return most;
}

}  // namespace gateway
