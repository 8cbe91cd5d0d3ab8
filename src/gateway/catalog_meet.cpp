// The part of CatalogSource that learns what upstreams say of themselves: name, capabilities, instructions.
#include <algorithm>

#include "base/json.h"
#include "gateway/catalog_slot.h"
#include "gateway/forwarded_headers.h"
#include "protocol/params.h"

namespace gateway {

using base::Millis;
using base::Result;
using base::Task;
using protocol::Method;

namespace {

constexpr std::int64_t kLongestIntroduction = 24 * 3600 * 1000;

}  // namespace

Task<void> CatalogSource::meet(Viewer viewer, std::stop_token stop) {
  std::vector<std::shared_ptr<Slot>> strangers;
  for (const auto& slot : slots_) {
    if (slot->about || !viewer.has(slot->upstream.config().id)) continue;
    std::shared_ptr<Shelf> shelf = shelf_for(*slot, viewer, DefinitionKind::tool);
    if (rests(shelf->at(DefinitionKind::tool))) continue;
    want(slot, shelf, viewer, DefinitionKind::tool);
    strangers.push_back(slot);
  }
  for (const auto& slot : strangers) co_await wait_one(slot, viewer, DefinitionKind::tool, stop, Wait::briefly);
}

Task<void> CatalogSource::meet_one(std::string server, Viewer viewer, std::stop_token stop) {
  std::shared_ptr<Slot> slot = find(server);
  if (slot && slot->about) {
    co_await rediscover(std::move(slot), std::move(viewer), std::move(stop));
    co_return;
  }
  Kinds kinds(1, DefinitionKind::tool);
  co_await settle_one(std::move(server), std::move(viewer), std::move(kinds), std::move(stop));
}

// A modern upstream says itself how long its introduction is good, and may give another one to another viewer. Not asked for that it is
// started: what is not up is as it was.
Task<void> CatalogSource::rediscover(std::shared_ptr<Slot> slot, Viewer viewer, std::stop_token stop) {
  const Hello* hello = slot->upstream.hello();
  if (slot->builtin || !hello || !hello->revision->features.cache_hints) co_return;
  ShelfKey key(caller_of(*slot, viewer), viewer.audience.capabilities);
  std::shared_ptr<Met>* known_as = slot->met.find(key);
  std::shared_ptr<Met> met = known_as ? *known_as : slot->met.put(key, std::make_shared<Met>());
  if (!met->asking && parts_.now() >= met->until && !work_.stop_token().stop_requested()) {
    met->asking = true;
    met->began = base::Timers::now();
    met->caller = viewer.audience.caller;
    RequestHeaders headers = forwarded_headers(slot->upstream.config().forward_headers, viewer.http);
    work_.spawn(discover(slot, met, viewer.audience, std::move(headers)));
  }
  if (!met->asking) co_return;
  Result<> waited =
      co_await met->waiting.wait(parts_.loop.timers(), std::move(stop), met->began + slot->upstream.config().connect_timeout).result();
  (void)waited;  // then it is as it was
}

Task<void> CatalogSource::discover(std::shared_ptr<Slot> slot, std::shared_ptr<Met> met, Audience audience, RequestHeaders headers) {
  const std::string capabilities = audience.capabilities;
  LinkRequest request;
  request.method = Method::server_discover;
  request.audience = std::move(audience);
  request.client_capabilities = capabilities;
  request.headers = std::move(headers);
  request.params = "{}";
  request.deadline = met->began + slot->upstream.config().connect_timeout;
  Result<sdk::Reply> reply = co_await slot->upstream.request(std::move(request)).result();
  if (reply && !reply->error() && base::is_object(base::find_member(reply->result(), "capabilities"))) {
    std::string_view result = reply->result();
    std::string_view meta = base::find_member(result, "_meta");
    About about = *slot->about;
    about.capabilities = base::find_member(result, "capabilities");
    about.instructions = base::json_string(base::find_member(result, "instructions")).value_or("");
    std::string_view info = base::is_object(meta) ? base::find_member(meta, protocol::meta_key::kServerInfo) : std::string_view();
    if (base::is_object(info)) about.info = info;
    const bool changed = !met->about || !(*met->about == about);
    if (changed) met->about = about == *slot->about ? slot->about : std::make_shared<const About>(std::move(about));
    auto ttl = base::json_integer(base::find_member(result, "ttlMs"));
    met->until = parts_.now() + Millis(ttl ? std::clamp<std::int64_t>(*ttl, 0, kLongestIntroduction) : 0);
    if (changed) {
      judge(*slot, met->caller, *met->about);
      ++generation_;
    }
  }
  met->asking = false;
  met->waiting.wake({});
}

// What the upstream says of itself now.
void CatalogSource::meet_hello(Slot& slot, std::string_view asker) {
  const Hello* hello = slot.upstream.hello();
  if (!hello) return;
  About about{hello->info, hello->capabilities, hello->instructions};
  if (slot.about && *slot.about == about) return;
  // Another program may tell apart whom this one did not.
  if (slot.about)
    for (auto& aliases : slot.aliases) aliases.clear();
  slot.about = std::make_shared<const About>(std::move(about));
  judge(slot, asker, *slot.about);
  ++generation_;
}

}  // namespace gateway
