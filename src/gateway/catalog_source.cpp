#include "gateway/catalog_source.h"

#include <algorithm>

#include "base/log.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Instant;
using base::Millis;
using base::Result;
using base::Task;

namespace {

// A server that failed is not asked again by lists before this.
constexpr Millis kAfterFailure{5'000};

bool same_list(const ServerCatalog& a, const ServerCatalog& b, DefinitionKind kind) {
  const auto& one = a.list(kind);
  const auto& other = b.list(kind);
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const Definition& x, const Definition& y) { return x.raw == y.raw; });
}

}  // namespace

CatalogSource::CatalogSource(Parts parts) : parts_(std::move(parts)), catalog_(Catalog::make(*parts_.config, {})) {}

void CatalogSource::add(std::shared_ptr<Upstream> upstream) {
  auto slot = std::make_shared<Slot>();
  slot->upstream = std::move(upstream);
  by_id_.emplace(slot->upstream->config().id, slot);
  slots_.push_back(std::move(slot));
}

void CatalogSource::arrange(std::shared_ptr<const Config> config, std::vector<std::shared_ptr<Upstream>> upstreams) {
  std::vector<std::shared_ptr<Slot>> before = std::exchange(slots_, {});
  by_id_.clear();
  parts_.config = std::move(config);
  for (std::shared_ptr<Upstream>& upstream : upstreams) {
    auto same = std::find_if(before.begin(), before.end(), [&](const auto& slot) { return slot->upstream == upstream; });
    if (same == before.end()) {
      add(std::move(upstream));
    } else {
      by_id_.emplace(upstream->config().id, *same);
      slots_.push_back(*same);
    }
  }
  rebuild();
}

Result<> CatalogSource::load() {
  auto stored = parts_.store.load();
  if (!stored) return std::move(stored).error();
  for (store::StoredCatalog& row : *stored) {
    auto found = by_id_.find(row.server);
    if (found == by_id_.end() || row.fingerprint != found->second->upstream->config().fingerprint()) continue;
    auto offer = ServerCatalog::decode(row.server, row.body);
    if (!offer) {
      base::log::warn("a stored catalog is not used", {{"server", row.server}, {"reason", offer.error().message}});
      continue;
    }
    found->second->offer = std::make_shared<const ServerCatalog>(*std::move(offer));
  }
  rebuild();
  return {};
}

void CatalogSource::rebuild() {
  std::vector<std::shared_ptr<const ServerCatalog>> offers;
  for (const auto& slot : slots_)
    if (slot->offer) offers.push_back(slot->offer);
  catalog_ = Catalog::make(*parts_.config, std::move(offers));
  for (const std::string& left_out : catalog_->left_out())
    if (told_.insert(left_out).second) base::log::warn("a definition is left out", {{"what", left_out}});
}

Task<void> CatalogSource::settle(std::stop_token stop, Wait how) {
  Instant now = base::Timers::now();
  for (const auto& slot : slots_) {
    bool rests = slot->error && now - slot->failed < kAfterFailure;
    if (!slot->asked && !slot->asking && !rests) ask(slot);
  }
  const std::vector<std::shared_ptr<Slot>> all = slots_;
  for (const auto& slot : all) {
    if (slot->offer || !slot->asking || slot->error) continue;
    Millis patience = how == Wait::briefly ? parts_.patience : slot->upstream->config().connect_timeout;
    Result<> waited = co_await slot->waiting.wait(parts_.loop.timers(), stop, slot->began + patience).result();
    if (!waited && waited.error().code == Code::cancelled) co_await std::move(waited);
  }
}

Task<void> CatalogSource::settle(std::string server, std::stop_token stop) {
  auto found = by_id_.find(server);
  if (found == by_id_.end()) co_await mcp::fail(Code::not_found, "there is no server '" + server + "'");
  std::shared_ptr<Slot> slot = found->second;
  if (!slot->asked && !slot->asking) ask(slot);
  if (slot->offer) co_return;
  if (slot->asking) {
    Instant deadline = base::Timers::now() + slot->upstream->config().connect_timeout;
    co_await slot->waiting.wait(parts_.loop.timers(), std::move(stop), deadline);
  }
  if (slot->offer) co_return;
  Error why(Code::unavailable, "server '" + server + "' has not answered");
  if (slot->error) why = *slot->error;
  co_await mcp::fail(std::move(why));
}

void CatalogSource::used(std::string_view server) {
  auto found = by_id_.find(server);
  if (found != by_id_.end() && !found->second->asked && !found->second->asking) ask(found->second);
}

void CatalogSource::refresh(std::string_view server, std::optional<DefinitionKind> announced) {
  auto found = by_id_.find(server);
  if (found == by_id_.end()) return;
  if (announced) found->second->announced.insert(*announced);
  if (found->second->asking)
    found->second->again = true;
  else
    ask(found->second);
}

void CatalogSource::ask(const std::shared_ptr<Slot>& slot) {
  if (work_.stop_token().stop_requested()) return;
  slot->asking = true;
  slot->began = base::Timers::now();
  work_.spawn(ask_now(slot));
}

Task<void> CatalogSource::ask_now(std::shared_ptr<Slot> slot) {
  do {
    slot->again = false;
    auto announced = std::exchange(slot->announced, {});
    Result<ServerCatalog> fresh = co_await slot->upstream->fetch().result();
    if (fresh) {
      slot->asked = true;
      slot->error.reset();
      accept(*slot, *std::move(fresh), announced);
    } else {
      slot->announced.merge(announced);  // the new list cannot be had yet
      slot->error = std::move(fresh).error();
      slot->failed = base::Timers::now();
      base::log::warn("an upstream was asked for its lists and failed",
                      {{"server", slot->upstream->config().id}, {"reason", slot->error->message}});
    }
  } while (slot->again && !work_.stop_token().stop_requested());
  slot->asking = false;
  slot->waiting.wake({});
}

void CatalogSource::accept(Slot& slot, ServerCatalog fresh, const std::set<DefinitionKind>& announced) {
  auto here = by_id_.find(slot.upstream->config().id);
  if (here == by_id_.end() || here->second.get() != &slot) return;  // it was replaced meanwhile
  std::shared_ptr<const ServerCatalog> before = std::move(slot.offer);
  slot.offer = std::make_shared<const ServerCatalog>(std::move(fresh));
  bool same = before && before->encode() == slot.offer->encode();
  if (!same) {
    rebuild();
    keep(*slot.offer, slot.upstream->config());
  }
  // Templates are told of as resources.
  std::set<DefinitionKind> changed = announced;
  for (DefinitionKind kind : kKinds) {
    bool was_there = before && !same_list(*before, *slot.offer, kind);
    bool is_new = !before && !slot.offer->list(kind).empty();
    if (was_there || is_new) changed.insert(kind == DefinitionKind::resource_template ? DefinitionKind::resource : kind);
  }
  const std::string server = slot.upstream->config().id;
  for (DefinitionKind kind : changed) parts_.listeners.list_changed(server, kind);
}

void CatalogSource::keep(const ServerCatalog& offer, const ServerConfig& config) {
  store::StoredCatalog row{offer.id, config.fingerprint(), offer.encode()};
  auto save = [](base::BlockingPool* pool, base::Loop* loop, store::CatalogStore* store, store::StoredCatalog what) -> Task<void> {
    auto write = [store, what] { return store->save(what); };
    Result<> saved = co_await pool->run(*loop, write);
    if (!saved) base::log::error("a catalog cannot be stored", {{"server", what.server}, {"reason", saved.error().message}});
  };
  work_.spawn(save(&parts_.pool, &parts_.loop, &parts_.store, std::move(row)));
}

Task<void> CatalogSource::stop() {
  work_.stop();
  co_await work_.join();
}

}  // namespace gateway
