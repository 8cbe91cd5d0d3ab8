// The part of Catalog that leaves out what somebody may not see.
#include <algorithm>

#include "gateway/catalog.h"

namespace gateway {
namespace {

std::shared_ptr<const ListText> without(const ListText& from, const std::vector<bool>& kept) {
  auto out = std::make_shared<ListText>();
  out->bare = from.bare;
  const std::size_t begin = from.items.front().first;
  const std::size_t end = from.items.back().first + from.items.back().second;
  out->text = from.text.substr(0, begin);
  for (std::size_t i = 0; i < from.items.size(); ++i) {
    if (!kept[i]) continue;
    if (!out->items.empty()) out->text += ',';
    out->items.emplace_back(out->text.size(), from.items[i].second);
    out->text.append(from.text, from.items[i].first, from.items[i].second);
  }
  out->text.append(from.text, end);
  return out;
}

}  // namespace

std::shared_ptr<const Catalog> Catalog::filtered(const std::shared_ptr<const Catalog>& from, const Keep& keep,
                                                 const KeepServer& keep_server) {
  auto catalog = std::make_shared<Catalog>();
  bool hidden = false;
  for (const auto& offer : from->offers_) {
    if (keep_server(offer->id))
      catalog->offers_.push_back(offer);
    else
      hidden = true;
  }
  for (DefinitionKind kind : kKinds) {
    const auto at = static_cast<std::size_t>(kind);
    const std::vector<Entry>& all = from->entries_[at];
    std::vector<bool> kept(all.size());
    std::transform(all.begin(), all.end(), kept.begin(), [&](const Entry& entry) { return keep(entry); });
    if (std::find(kept.begin(), kept.end(), false) == kept.end()) {
      catalog->entries_[at] = all;
      catalog->texts_[at] = from->texts_[at];
    } else {
      hidden = true;
      for (std::size_t i = 0; i < all.size(); ++i)
        if (kept[i]) catalog->entries_[at].push_back(all[i]);
      catalog->texts_[at] = without(*from->texts_[at], kept);
    }
  }
  if (!hidden) return from;
  // What entries point to belongs to the offers, also to those that are not shown.
  catalog->whole_ = from;
  catalog->servers_ = from->servers_;
  catalog->prefixed_ = from->prefixed_;
  for (DefinitionKind kind : kKinds) catalog->index(kind);
  return catalog;
}

}  // namespace gateway
