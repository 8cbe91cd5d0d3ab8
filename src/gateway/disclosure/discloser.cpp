#include "gateway/disclosure/discloser.h"

#include <algorithm>

namespace gateway {
namespace {

using Servers = std::map<std::string, std::shared_ptr<const Catalog>, std::less<>>;

// The pictures that a catalog was made of, by server. A picture is never changed, so its address says whether it is the same.
Servers servers_of(const std::shared_ptr<const Catalog>& catalog) {
  Servers out;
  for (const auto& one : catalog->servers()) out.emplace(one->offers().front()->id, one);
  if (out.empty() && !catalog->offers().empty()) out.emplace(catalog->offers().front()->id, catalog);
  return out;
}

std::size_t differences(const Servers& a, const Servers& b) {
  std::size_t count = 0;
  for (const auto& [id, one] : a) {
    auto found = b.find(id);
    if (found == b.end() || found->second != one) ++count;
  }
  return count + static_cast<std::size_t>(std::count_if(b.begin(), b.end(), [&](const auto& one) { return !a.contains(one.first); }));
}

}  // namespace

std::shared_ptr<const ToolBook> Discloser::book(const std::shared_ptr<const Catalog>& catalog) {
  auto known = std::find_if(books_.begin(), books_.end(), [&](const auto& one) { return one->catalog() == catalog; });
  if (known != books_.end()) {
    books_.splice(books_.begin(), books_, known);
    return books_.front();
  }
  // Of a catalog that nobody else keeps there is a newer one.
  std::erase_if(books_, [](const auto& one) { return one.use_count() == 1 && one->catalog().use_count() == 1; });
  books_.push_front(std::make_shared<const ToolBook>(catalog));
  if (books_.size() > kMostBooks) books_.pop_back();
  return books_.front();
}

Discloser::Kept& Discloser::index_for(const ToolBook& book) {
  const Servers wanted = servers_of(book.catalog());
  Kept* best = nullptr;
  std::size_t least = 0;
  for (Kept& kept : indexes_) {
    const std::size_t differs = differences(kept.servers, wanted);
    if (differs > 0 && !kept.catalog.expired()) continue;
    if (best && differs >= least) continue;
    best = &kept;
    least = differs;
  }
  if (!best && indexes_.size() < kMostIndexes) best = &indexes_.emplace_back();
  if (!best)
    best = &*std::min_element(indexes_.begin(), indexes_.end(), [](const Kept& a, const Kept& b) { return a.last_use < b.last_use; });
  for (const auto& [id, one] : best->servers)
    if (!wanted.contains(id)) best->index.remove_server(id);
  std::map<std::string_view, std::vector<disclosure::ToolView>> tools;
  for (const auto& [id, one] : wanted) {
    auto was = best->servers.find(id);
    if (was == best->servers.end() || was->second != one) tools[id];
  }
  for (const ToolBook::Tool& tool : book.tools())
    if (auto place = tools.find(tool.view.server); place != tools.end()) place->second.push_back(tool.view);
  for (const auto& [id, views] : tools) {
    const ServerCatalog* offer = book.catalog()->offer(id);
    best->index.set_server(id, offer ? std::string_view(offer->instructions) : std::string_view(), views);
    ++servers_set_;
  }
  best->servers = wanted;
  best->catalog = book.catalog();
  best->last_use = ++uses_;
  return *best;
}

disclosure::Found Discloser::find(const ToolBook& book, const disclosure::Query& query) { return index_for(book).index.find(query); }

}  // namespace gateway
