#include "gateway/watched.h"

#include "protocol/subscriptions.h"

namespace gateway {

using base::Instant;
using base::Result;
using base::Task;
using Agreed = Subscriptions::Agreed;

// What is added of one server.
struct Watched::Batch {
  Server* server = nullptr;
  Subscriptions::Uris uris;
  std::stop_token stop;
  Instant deadline;
  Result<Agreed> agreed = Agreed();
};

Watched::Watched(Subscriptions& subscriptions, Whose whose, std::function<void(std::string_view uri)> tell)
    : subscriptions_(subscriptions), whose_(std::move(whose)), tell_(std::move(tell)) {}
Watched::~Watched() = default;

Watched::Server& Watched::server(const std::string& id) {
  Server& server = servers_[id];
  if (!server.wish) {
    auto hear = [this, &server](std::string_view real) { updated(server, real); };
    server.wish = std::make_unique<Subscriptions::Wish>(subscriptions_, id, whose_(id), hear);
  }
  return server;
}

// What changed may stand inside of what is watched: the rest of its name is the server's.
void Watched::updated(const Server& server, std::string_view real) const {
  if (auto exact = server.shown.find(real); exact != server.shown.end()) return tell_(std::string(exact->second));
  for (const auto& [mine, shown] : server.shown)
    if (protocol::subscription_covers(mine, real)) return tell_(shown + std::string(real.substr(mine.size())));
}

Task<void> Watched::add_to(Batch* batch) {
  Subscriptions::Wish& wish = *batch->server->wish;
  batch->agreed = co_await wish.add(batch->uris, batch->stop, batch->deadline).result();
}

Task<Agreed> Watched::add(std::vector<Place> places, std::stop_token stop, Instant deadline) {
  std::map<std::string, Batch> batches;
  for (const Place& place : places) {
    Batch& batch = batches[place.server];
    batch.server = &server(place.server);
    batch.server->shown.insert_or_assign(place.real, place.shown);
    batch.uris.insert(place.real);
    batch.stop = stop;
    batch.deadline = deadline;
  }
  base::TaskGroup asking;
  for (auto& [id, batch] : batches) asking.spawn(add_to(&batch));
  co_await asking.join();
  Agreed all;
  for (const Place& place : places) {
    Batch& batch = batches.find(place.server)->second;
    if (!batch.agreed) co_await mcp::fail(batch.agreed.error());
    if (batch.agreed->granted.contains(place.real)) {
      all.granted.insert(place.shown);
    } else if (batch.agreed->open.contains(place.real)) {
      all.open.insert(place.shown);
      all.why = batch.agreed->why;
    } else {
      batch.server->shown.erase(place.real);
      auto why = batch.agreed->refused.find(place.real);
      all.refused.emplace(place.shown, why == batch.agreed->refused.end() ? protocol::resource_not_found(place.shown) : why->second);
    }
  }
  co_return std::move(all);
}

void Watched::remove(std::string_view shown) {
  for (auto& [id, server] : servers_) {
    for (auto it = server.shown.begin(); it != server.shown.end(); ++it) {
      if (it->second != shown) continue;
      const std::string real = it->first;
      server.shown.erase(it);
      server.wish->remove(real);
      return;
    }
  }
}

}  // namespace gateway
