#include "gateway/catalog_source.h"

#include <algorithm>

#include "base/digest.h"
#include "base/log.h"
#include "gateway/catalog_slot.h"
#include "gateway/forwarded_headers.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Instant;
using base::Millis;
using base::Result;
using base::Task;
using protocol::CacheScope;
using protocol::Method;

namespace {

// A list that failed is not asked for again by lists before this.
constexpr Millis kAfterFailure{5'000};
// A list that nothing but an announcement makes old is checked behind when it is older: announcements get lost.
constexpr Millis kTrustedFor{10 * 60'000};
constexpr std::size_t kMostViews = 256;
// Lists that were found good are not looked at again by calls before this, unless something has changed.
constexpr Millis kLookAgain{1'000};
constexpr std::size_t kMostMerged = 64;

}  // namespace

CatalogSource::CatalogSource(Parts parts) : parts_(std::move(parts)), views_(kMostViews), merged_(kMostMerged) {}

CatalogSource::~CatalogSource() = default;

void CatalogSource::add(std::shared_ptr<Upstream> upstream) {
  auto slot = std::make_shared<Slot>(std::move(upstream));
  by_id_.emplace(slot->upstream.config().id, slot);
  forwards_ = forwards_ || !slot->upstream.config().forward_headers.empty();
  slots_.push_back(std::move(slot));
}

void CatalogSource::arrange(std::shared_ptr<const Config> config, std::vector<std::shared_ptr<Upstream>> upstreams) {
  std::vector<std::shared_ptr<Slot>> before = std::exchange(slots_, {});
  by_id_.clear();
  forwards_ = false;
  parts_.config = std::move(config);
  for (std::shared_ptr<Upstream>& upstream : upstreams) {
    auto same = std::find_if(before.begin(), before.end(), [&](const auto& slot) { return slot->owner == upstream; });
    if (same == before.end()) {
      add(std::move(upstream));
    } else {
      (*same)->pictures.clear();  // what the config says of its tools may be new
      forwards_ = forwards_ || !(*same)->upstream.config().forward_headers.empty();
      by_id_.emplace((*same)->upstream.config().id, *same);
      slots_.push_back(*same);
    }
  }
  merged_.clear();
  ++generation_;
}

// What stands for the caller in keys: for an upstream that gets headers of them, those too.
std::string CatalogSource::caller_of(const Slot& slot, const Viewer& viewer) const {
  std::string out = viewer.audience.caller;
  const auto& names = slot.upstream.config().forward_headers;
  if (names.empty()) return out;
  std::string all;
  for (const auto& [name, value] : forwarded_headers(names, viewer.http)) all.append(name).append("\n").append(value).append("\n");
  return out + '\n' + base::sha256_hex(all);
}

std::string CatalogSource::caller_of(std::string_view server, const Viewer& viewer) const {
  std::shared_ptr<Slot> slot = find(server);
  return slot ? caller_of(*slot, viewer) : viewer.audience.caller;
}

std::string CatalogSource::view_key(const Slot* slot, const Viewer& viewer) const {
  std::string key = slot ? slot->upstream.config().id : std::string();
  key.append("\n").append(viewer.audience.capabilities).append("\n").append(viewer.audience.caller);
  if (viewer.profile && !slot) key.append("\n/").append(viewer.profile->name);
  for (const auto& one : slots_)
    if ((!slot || one.get() == slot) && !one->upstream.config().forward_headers.empty()) key.append("\n").append(caller_of(*one, viewer));
  return key;
}

std::shared_ptr<CatalogSource::Slot> CatalogSource::find(std::string_view server) const {
  auto found = by_id_.find(server);
  return found == by_id_.end() ? nullptr : found->second;
}

std::shared_ptr<CatalogSource::Shelf> CatalogSource::shelf(Slot& slot, std::string_view caller, std::string_view capabilities) {
  ShelfKey key(caller, capabilities);
  std::shared_ptr<Shelf>& place = slot.shelves[key];
  if (!place) {
    place = std::make_shared<Shelf>();
    place->caller = caller;
    place->capabilities = capabilities;
  }
  std::shared_ptr<Shelf> out = place;
  out->last_use = ++uses_;
  if (slot.shelves.size() <= kMostShelves) return out;
  auto busy = [](const State& state) { return state.asking; };
  auto oldest = slot.shelves.end();
  for (auto it = slot.shelves.begin(); it != slot.shelves.end(); ++it) {
    if (it->second == out || std::any_of(it->second->states.begin(), it->second->states.end(), busy)) continue;
    if (oldest == slot.shelves.end() || it->second->last_use < oldest->second->last_use) oldest = it;
  }
  if (oldest != slot.shelves.end()) {
    if (std::any_of(oldest->second->states.begin(), oldest->second->states.end(), [](const State& state) { return bool(state.list); }))
      forget(slot, *oldest->second);
    slot.shelves.erase(oldest);
  }
  return out;
}

// Where the list of this kind that the audience gets stands, or would.
CatalogSource::ShelfKey CatalogSource::place_of(const Slot& slot, const Viewer& viewer, DefinitionKind kind) const {
  if (slot.builtin) return {{}, "{}"};
  const auto& aliases = slot.aliases[static_cast<std::size_t>(kind)];
  auto alias = aliases.find(viewer.audience.capabilities);
  ShelfKey key({}, alias == aliases.end() ? viewer.audience.capabilities : alias->second);
  auto shared = slot.shelves.find(key);
  if (shared == slot.shelves.end() || !shared->second->at(kind).list) key.first = caller_of(slot, viewer);
  return key;
}

std::shared_ptr<CatalogSource::Shelf> CatalogSource::shelf_for(Slot& slot, const Viewer& viewer, DefinitionKind kind) {
  ShelfKey key = place_of(slot, viewer, kind);
  return shelf(slot, key.first, key.second);
}

CatalogSource::State* CatalogSource::known(const Slot& slot, const Viewer& viewer, DefinitionKind kind) const {
  auto found = slot.shelves.find(place_of(slot, viewer, kind));
  return found == slot.shelves.end() ? nullptr : &found->second->at(kind);
}

bool CatalogSource::good(const Slot& slot, const State& state) const {
  if (!state.list || state.stale || behind(slot, state)) return false;
  // A child that does not run changes nothing before it is started again.
  const bool watched = slot.upstream.hello() || slot.upstream.config().kind == ServerConfig::Kind::command;
  if (slot.builtin || !state.told.modern || (state.told.hints.ttl.count() == 0 && state.told.announces && watched)) return true;
  return parts_.now() < state.received + state.told.hints.ttl;
}

// It is not known to be old, but nobody would have said so.
bool CatalogSource::behind(const Slot& slot, const State& state) const {
  if (!state.list || state.stale) return false;
  if (state.link == 0 || state.link != slot.upstream.starts()) return true;
  const bool announced = !state.told.modern || (state.told.hints.ttl.count() == 0 && state.told.announces);
  return !slot.builtin && announced && parts_.now() > state.received + kTrustedFor;
}

bool CatalogSource::rests(const State& state) const { return state.error && parts_.now() - state.failed < kAfterFailure; }

// Somebody needs it: asks, unless it is good or is asked for already.
void CatalogSource::want(const std::shared_ptr<Slot>& slot, const std::shared_ptr<Shelf>& shelf, const Viewer& viewer,
                         DefinitionKind kind) {
  State& state = shelf->at(kind);
  if (!state.asking && !good(*slot, state)) ask(slot, shelf, viewer, kind);
  state.used = true;
}

Task<void> CatalogSource::wait_one(std::shared_ptr<Slot> slot, Viewer viewer, DefinitionKind kind, std::stop_token stop, Wait how) {
  // Twice: what was everybody's may turn out to be the other caller's who asked for it.
  for (int round = 0; round < 2; ++round) {
    std::shared_ptr<Shelf> shelf = shelf_for(*slot, viewer, kind);
    State& state = shelf->at(kind);
    if (round > 0 && (state.list || state.error)) co_return;
    if (round > 0) want(slot, shelf, viewer, kind);
    if (!state.asking || behind(*slot, state)) co_return;
    Millis patience = how == Wait::fully ? slot->upstream.config().connect_timeout : state.list ? parts_.patience_old : parts_.patience;
    Result<> waited = co_await state.waiting.wait(parts_.loop.timers(), stop, state.began + patience).result();
    if (!waited && waited.error().code == Code::cancelled) co_await mcp::fail(waited.error());
    if (!waited) {
      state.missed = true;
      co_return;
    }
  }
}

Task<void> CatalogSource::settle(Viewer viewer, Kinds kinds, std::stop_token stop, Wait how) {
  for (DefinitionKind kind : kinds)
    for (const auto& slot : slots_) {
      if (!viewer.has(slot->upstream.config().id)) continue;
      std::shared_ptr<Shelf> shelf = shelf_for(*slot, viewer, kind);
      State& state = shelf->at(kind);
      if (rests(state) && !state.asking)
        state.missed = true;
      else
        want(slot, shelf, viewer, kind);
    }
  std::vector<std::shared_ptr<Slot>> all = slots_;
  for (DefinitionKind kind : kinds)
    for (const auto& slot : all) {
      const State* state = viewer.has(slot->upstream.config().id) ? known(*slot, viewer, kind) : nullptr;
      if (state && state->asking) co_await wait_one(slot, viewer, kind, stop, how);
    }
}

Task<void> CatalogSource::settle_one(std::string server, Viewer viewer, Kinds kinds, std::stop_token stop) {
  std::shared_ptr<Slot> slot = find(server);
  if (!slot) co_await mcp::fail(Code::not_found, "there is no server '" + server + "'");
  for (DefinitionKind kind : kinds) {
    std::shared_ptr<Shelf> shelf = shelf_for(*slot, viewer, kind);
    if (!(shelf->at(kind).list && rests(shelf->at(kind)))) want(slot, shelf, viewer, kind);
  }
  for (DefinitionKind kind : kinds) {
    co_await wait_one(slot, viewer, kind, stop, Wait::fully);
    std::shared_ptr<Shelf> shelf = shelf_for(*slot, viewer, kind);
    State& state = shelf->at(kind);
    if (state.list) continue;
    Error why(Code::unavailable, "server '" + server + "' has not answered");
    if (state.error) why = *state.error;
    co_await mcp::fail(std::move(why));
  }
}

void CatalogSource::used(std::string_view server, const Viewer& viewer) {
  auto found = by_id_.find(server);
  if (found == by_id_.end()) return;
  Slot::Looked& looked = found->second->looked;
  const bool same =
      looked.generation == generation_ && looked.link == found->second->upstream.starts() && looked.audience == viewer.audience;
  if (same && parts_.now() < looked.until) return;
  const std::shared_ptr<Slot> slot = found->second;
  bool all_good = true;
  for (DefinitionKind kind : kKinds) {
    const State* state = known(*slot, viewer, kind);
    if (!state || !behind(*slot, *state)) continue;
    all_good = false;
    if (!state->asking && !rests(*state)) ask(slot, shelf_for(*slot, viewer, kind), viewer, kind);
  }
  const bool by_audience = slot->upstream.config().forward_headers.empty();
  if (all_good && by_audience) looked = {viewer.audience, generation_, slot->upstream.starts(), parts_.now() + kLookAgain};
}

void CatalogSource::start(std::string_view server, const Viewer& viewer) {
  std::shared_ptr<Slot> slot = find(server);
  if (slot) want(slot, shelf_for(*slot, viewer, DefinitionKind::tool), viewer, DefinitionKind::tool);
}

void CatalogSource::changed(std::string_view server, Method which) {
  std::shared_ptr<Slot> slot = find(server);
  if (!slot) return;
  bool asked = false;
  std::vector<std::pair<std::shared_ptr<Shelf>, DefinitionKind>> again;
  for (DefinitionKind kind : kKinds) {
    const bool resource = kind == DefinitionKind::resource || kind == DefinitionKind::resource_template;
    if (which == Method::tools_list_changed && kind != DefinitionKind::tool) continue;
    if (which == Method::prompts_list_changed && kind != DefinitionKind::prompt) continue;
    if (which == Method::resources_list_changed && !resource) continue;
    slot->announced.insert(resource ? DefinitionKind::resource : kind);
    slot->aliases[static_cast<std::size_t>(kind)].clear();
    for (const auto& [key, shelf] : slot->shelves) {
      State& state = shelf->at(kind);
      asked = asked || state.asking;
      if (state.asking) {
        state.again = true;
      } else if (state.list) {
        state.stale = true;
        // Nobody looked since the last time: then the next who does asks.
        if (std::exchange(state.used, false)) again.emplace_back(shelf, kind);
      }
    }
  }
  asked = asked || !again.empty();
  for (auto& [shelf, kind] : again) ask(slot, std::move(shelf), kind);
  if (asked) return;
  for (DefinitionKind kind : std::set<DefinitionKind>(slot->announced)) tell(*slot, kind);
}

// Tells those who listen, if they were not told yet.
void CatalogSource::tell(Slot& slot, DefinitionKind kind) {
  const DefinitionKind told_as = kind == DefinitionKind::resource_template ? DefinitionKind::resource : kind;
  if (slot.announced.erase(told_as) > 0) parts_.listeners.list_changed(slot.upstream.config().id, told_as);
}

void CatalogSource::renewed(std::string_view server) {
  std::shared_ptr<Slot> slot = find(server);
  if (!slot) return;
  for (const auto& [key, shelf] : slot->shelves)
    for (State& state : shelf->states) state.link = 0;
}

void CatalogSource::ask(const std::shared_ptr<Slot>& slot, std::shared_ptr<Shelf> shelf, const Viewer& asker, DefinitionKind kind) {
  State& state = shelf->at(kind);
  state.asker = asker.audience;
  // Nobody's session with a server is one of its open calls'.
  state.asker.handle.clear();
  state.asking_caller = caller_of(*slot, asker);
  state.headers = forwarded_headers(slot->upstream.config().forward_headers, asker.http);
  ask(slot, std::move(shelf), kind);
}

// In the name of who asked the last time.
void CatalogSource::ask(const std::shared_ptr<Slot>& slot, std::shared_ptr<Shelf> shelf, DefinitionKind kind) {
  if (work_.stop_token().stop_requested()) return;
  State& state = shelf->at(kind);
  state.asking = true;
  state.began = base::Timers::now();
  work_.spawn(ask_now(slot, std::move(shelf), kind));
}

Task<void> CatalogSource::ask_now(std::shared_ptr<Slot> slot, std::shared_ptr<Shelf> shelf, DefinitionKind kind) {
  State& state = shelf->at(kind);
  do {
    state.again = false;
    Audience asker = state.asker;
    RequestHeaders headers = state.headers;
    Result<FetchedList> fresh = co_await fetch_list(slot->owner, std::move(asker), std::move(headers), kind).result();
    meet_hello(*slot, state.asker.caller);
    if (fresh) {
      state.error.reset();
      accept(*slot, shelf, kind, *std::move(fresh));
    } else {
      state.error = std::move(fresh).error();
      // Who has to sign in first may do so at any moment.
      const bool unsigned_yet = state.error->code == Code::unauthenticated;
      state.failed = unsigned_yet ? Instant() : parts_.now();
      if (unsigned_yet)
        base::log::debug("an upstream was not asked for a list",
                         {{"server", slot->upstream.config().id}, {"reason", state.error->message}});
      else
        base::log::warn("an upstream was asked for a list and failed",
                        {{"server", slot->upstream.config().id}, {"reason", state.error->message}});
    }
  } while (state.again && !work_.stop_token().stop_requested());
  state.asking = false;
  state.waiting.wake({});
}

std::shared_ptr<const OfferedList> CatalogSource::interned(Slot& slot, DefinitionKind kind, OfferedList list) const {
  for (const auto& [key, shelf] : slot.shelves)
    if (const auto& known = shelf->at(kind).list; known && known->same(list)) return known;
  return std::make_shared<const OfferedList>(std::move(list));
}

void CatalogSource::accept(Slot& slot, const std::shared_ptr<Shelf>& asked, DefinitionKind kind, FetchedList fresh) {
  if (find(slot.upstream.config().id).get() != &slot) return;  // it was replaced meanwhile
  std::shared_ptr<const OfferedList> list = interned(slot, kind, std::move(fresh.list));
  fresh.list = {};
  const Audience asker = asked->at(kind).asker;
  const RequestHeaders headers = asked->at(kind).headers;
  const bool shared = !slot.builtin && fresh.modern && fresh.hints.scope == CacheScope::shared;
  const bool was_announced = asked->at(kind).stale;
  std::shared_ptr<Shelf> to = asked;
  if (shared && !asked->caller.empty()) {
    to = shelf(slot, {}, asked->capabilities);
    asked->at(kind).list.reset();
  } else if (!slot.builtin && !shared && asked->caller.empty()) {
    to = shelf(slot, asked->at(kind).asking_caller, asked->capabilities);
    asked->at(kind).list.reset();
  } else if (!slot.builtin && asker.capabilities != asked->capabilities && asked->at(kind).list && asked->at(kind).list != list) {
    // It was asked for in the name of other capabilities, and they do matter.
    slot.aliases[static_cast<std::size_t>(kind)].erase(asker.capabilities);
    to = shelf(slot, asked->caller, asker.capabilities);
    asked->at(kind).stale = true;
  }
  State& state = to->at(kind);
  const bool was_stale = was_announced || state.stale;
  std::shared_ptr<const OfferedList> before = std::exchange(state.list, list);
  state.told = std::move(fresh);
  state.received = parts_.now();
  state.link = slot.upstream.starts();
  state.stale = false;
  state.used = state.used || asked->at(kind).used;
  state.asker = asker;
  state.asking_caller = asked->at(kind).asking_caller;
  state.headers = headers;
  if (!slot.builtin && !state.told.modern) learn_alias(slot, *to, kind);
  const bool missed = std::exchange(asked->at(kind).missed, false);
  if (before != list || to != asked) {
    judge(slot, *to, kind);
    ++generation_;
    keep(slot, *to);
    // What was announced is told of once, however many lists it changed.
    if ((before && before != list && !was_stale) || (!before && missed && !list->items.empty()))
      slot.announced.insert(kind == DefinitionKind::resource_template ? DefinitionKind::resource : kind);
  }
  tell(slot, kind);
}

// Of a legacy upstream: another set of capabilities got the very same list.
void CatalogSource::learn_alias(Slot& slot, Shelf& shelf, DefinitionKind kind) {
  auto& aliases = slot.aliases[static_cast<std::size_t>(kind)];
  const auto& list = shelf.at(kind).list;
  for (const auto& [key, other] : slot.shelves) {
    State& state = other->at(kind);
    if (other->caller != shelf.caller || other->capabilities == shelf.capabilities || state.list != list) continue;
    if (state.stale || state.link != slot.upstream.starts() || aliases.contains(other->capabilities)) continue;
    if (aliases.size() >= kMostShelves || !aliases.emplace(shelf.capabilities, other->capabilities).second) return;
    keep(slot, *other);
    return;
  }
}

Task<void> CatalogSource::stop() {
  work_.stop();
  co_await work_.join();
}

}  // namespace gateway
