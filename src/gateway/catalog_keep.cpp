// The part of CatalogSource that keeps lists across restarts. A row is what one audience got of one server: the server's id stands in its
// key, and who the audience is in its body.
#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "gateway/catalog_slot.h"
#include "protocol/splice.h"

namespace gateway {

using base::Result;
using base::Task;

namespace {

std::string row_key(const std::string& server, const std::string& caller, const std::string& capabilities) {
  return server + '/' + base::sha256_hex(caller + '\n' + capabilities).substr(0, 24);
}

}  // namespace

Result<> CatalogSource::load() {
  auto stored = parts_.store.load();
  if (!stored) return std::move(stored).error();
  for (const store::StoredCatalog& row : *stored) load_row(row);
  ++generation_;
  return {};
}

void CatalogSource::load_row(const store::StoredCatalog& row) {
  std::string id = row.server.substr(0, row.server.find('/'));
  std::shared_ptr<Slot> slot = find(id);
  if (!slot || row.fingerprint != slot->upstream.config().fingerprint() || slot->shelves.size() >= kMostShelves) return;
  auto offer = ServerCatalog::decode(id, row.body);
  auto caller = base::json_string(offer ? base::find_member(row.body, "caller") : std::string_view("\"\""));
  auto capabilities = base::json_string(offer ? base::find_member(row.body, "for") : std::string_view("\"\""));
  if (!offer || !caller || !capabilities) {
    base::log::warn("a stored catalog is not used",
                    {{"server", id}, {"reason", !offer ? offer.error().message : "it does not say whose it is"}});
    return;
  }
  slot->about = std::make_shared<const About>(About{offer->info, offer->capabilities, offer->instructions});
  std::shared_ptr<Shelf> kept = shelf(*slot, *caller, *capabilities);
  for (DefinitionKind kind : kKinds)
    if (offer->at(kind)) kept->at(kind).list = interned(*slot, kind, *offer->at(kind));
  std::string_view aliases = base::find_member(row.body, "aliases");
  std::size_t at = 0;
  base::Elements kinds(base::is_array(aliases) ? aliases : std::string_view("[]"));
  for (; at < kKinds.size() && kinds.next(); ++at) {
    if (!base::is_array(kinds.value())) continue;
    base::Elements same(kinds.value());
    while (same.next()) {
      auto other = base::json_string(same.value());
      if (other && slot->aliases[at].size() < kMostShelves) slot->aliases[at].emplace(*std::move(other), *capabilities);
    }
  }
}

void CatalogSource::keep(Slot& slot, Shelf& shelf) {
  ServerCatalog offer;
  offer.id = slot.upstream.config().id;
  if (slot.about) {
    offer.info = slot.about->info;
    offer.capabilities = slot.about->capabilities;
    offer.instructions = slot.about->instructions;
  }
  for (DefinitionKind kind : kKinds) offer.at(kind) = shelf.at(kind).list;
  std::string aliases = "[";
  for (const auto& of_kind : slot.aliases) {
    aliases += aliases.size() > 1 ? ",[" : "[";
    for (const auto& [capabilities, as] : of_kind)
      if (as == shelf.capabilities) aliases += (aliases.back() == '[' ? "" : ",") + base::quoted(capabilities);
    aliases += ']';
  }
  aliases += ']';
  const std::string caller = base::quoted(shelf.caller), capabilities = base::quoted(shelf.capabilities);
  store::StoredCatalog row{row_key(offer.id, shelf.caller, shelf.capabilities), slot.upstream.config().fingerprint(), {}};
  row.body = protocol::with_members(offer.encode(), {{"caller", caller}, {"for", capabilities}, {"aliases", aliases}});
  std::string key = row.server;
  write(std::move(key), std::move(row));
}

void CatalogSource::forget(Slot& slot, const Shelf& shelf) {
  write(row_key(slot.upstream.config().id, shelf.caller, shelf.capabilities), std::nullopt);
}

void CatalogSource::write(std::string key, std::optional<store::StoredCatalog> row) {
  if (work_.stop_token().stop_requested()) return;
  unwritten_.insert_or_assign(std::move(key), std::move(row));
  if (!writing_) work_.spawn(write_all());
}

Task<void> CatalogSource::write_all() {
  writing_ = true;
  while (!unwritten_.empty()) {
    auto next = unwritten_.extract(unwritten_.begin());
    store::CatalogStore* store = &parts_.store;
    auto work = [store, key = next.key(), row = std::move(next.mapped())]() -> Result<> {
      return row ? store->save(*row) : store->remove(key);
    };
    Result<> done = co_await parts_.pool.run(parts_.loop, std::move(work));
    if (!done) base::log::error("a catalog cannot be stored", {{"server", next.key()}, {"reason", done.error().message}});
  }
  writing_ = false;
}

}  // namespace gateway
