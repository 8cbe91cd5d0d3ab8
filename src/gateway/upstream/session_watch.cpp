#include "gateway/upstream/session_watch.h"

#include <algorithm>

#include "base/json.h"
#include "gateway/listeners.h"
#include "protocol/errors.h"
#include "protocol/subscriptions.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

// For the server to agree to one subscription.
constexpr base::Millis kPatience{10'000};

Result<> outcome(Result<Reply> reply) {
  if (!reply) return std::move(reply).error();
  if (!reply->error()) return {};
  protocol::RpcError& error = *reply->error();
  return Error(Code::denied, error.message).with_data(protocol::error_object(error));
}

}  // namespace

// Brings the server to what is wanted now; one of these at a time for each resource, so that nothing overtakes anything.
Task<void> SessionWatch::settle(std::string uri, std::shared_ptr<Topic> topic) {
  topic->settling = true;
  while (!work_.stop_token().stop_requested() && !topic->dead && (topic->count > 0) != topic->on) {
    const bool wanted = topic->count > 0;
    topic->leaving = !wanted;
    LinkRequest how;
    how.stop = work_.stop_token();
    how.deadline = base::Timers::now() + kPatience;
    std::string params = "{\"uri\":" + base::quoted(uri) + "}";
    const Method method = wanted ? Method::resources_subscribe : Method::resources_unsubscribe;
    Task<Reply> sending = send_(method, std::move(params), std::move(how));
    Result<> done = outcome(co_await std::move(sending).result());
    topic->on = wanted && done.ok();
    topic->leaving = false;
    if (wanted) topic->waiting.wake(done);
  }
  topic->settling = false;
  auto found = topics_.find(uri);
  if (topic->count == 0 && found != topics_.end() && found->second == topic) topics_.erase(found);
}

Task<void> SessionWatch::take(std::string uri, std::stop_token stop) {
  auto& place = topics_[uri];
  if (!place) place = std::make_shared<Topic>();
  std::shared_ptr<Topic> topic = place;
  ++topic->count;
  if (topic->on && !topic->leaving) co_return;
  if (!topic->settling) {
    // It may be over before anybody could wait for it.
    auto begin = [](SessionWatch* self, std::string which, std::shared_ptr<Topic> what) -> Task<void> {
      co_await base::resume_on(self->loop_.executor());
      co_await self->settle(std::move(which), std::move(what));
    };
    topic->settling = true;
    work_.spawn(begin(this, uri, topic));
  }
  Result<> agreed = co_await topic->waiting.wait(loop_.timers(), std::move(stop), base::Timers::now() + 2 * kPatience).result();
  if (agreed) co_return;
  release(uri, topic.get());
  co_await std::move(agreed);
}

void SessionWatch::release(const std::string& uri, const Topic* only) {
  auto found = topics_.find(uri);
  if (found == topics_.end() || found->second->count == 0 || (only && found->second.get() != only)) return;
  std::shared_ptr<Topic> topic = found->second;
  if (--topic->count > 0 || topic->settling || work_.stop_token().stop_requested()) return;
  if (topic->on)
    work_.spawn(settle(uri, topic));
  else
    topics_.erase(found);
}

// Takes what can be had; gives what could not, as JSON for the acknowledgement.
Task<std::string> SessionWatch::take_all(const std::set<std::string, std::less<>>* wanted, Listener* into, std::stop_token stop) {
  std::string refused;
  for (const std::string& uri : *wanted) {
    Result<> taken = co_await take(uri, stop).result();
    if (taken) {
      into->uris.insert(uri);
      continue;
    }
    if (taken.error().code != Code::denied) co_await std::move(taken);
    refused += (refused.empty() ? "" : ",") + ("{\"uri\":" + base::quoted(uri)) + ",\"error\":" + taken.error().data + "}";
  }
  co_return std::move(refused);
}

Task<Reply> SessionWatch::listen(LinkRequest request) {
  ChangeFilter wanted = co_await parse_change_filter(base::find_member(request.params, "notifications"));
  auto mine = std::make_shared<Listener>();
  mine->tell = std::move(request.on_notification);
  listeners_.push_back(mine);
  Result<std::string> refused = co_await take_all(&wanted.uris, mine.get(), request.stop).result();
  Result<> over;
  if (!refused) {
    over = std::move(refused).error();
  } else {
    if (mine->tell && !mine->over.ready()) {
      ChangeFilter granted;
      granted.uris = mine->uris;
      std::string params = "{\"notifications\":" + encode_change_filter(granted);
      if (!refused->empty()) params.append(",\"_meta\":{\"").append(kRefusedKey).append("\":[").append(*refused).append("]}");
      mine->acknowledged = true;
      mine->tell(Method::subscriptions_acknowledged, params + "}");
    }
    auto give_up = [mine] { mine->over.set(Error(Code::cancelled, "the caller gave up")); };
    std::stop_callback on_stop(request.stop, give_up);
    over = co_await mine->over.wait();
  }
  std::erase(listeners_, mine);
  for (const std::string& uri : mine->uris) release(uri);
  co_return std::move(over).error();
}

void SessionWatch::updated(std::string_view uri) {
  const std::string params = "{\"uri\":" + base::quoted(uri) + "}";
  auto now = listeners_;  // whoever is told may end its listening
  for (const auto& one : now) {
    if (!one->acknowledged || one->over.ready() || !one->tell) continue;
    auto covers = [&](const std::string& mine) { return protocol::subscription_covers(mine, uri); };
    if (std::any_of(one->uris.begin(), one->uris.end(), covers)) one->tell(Method::resources_updated, params);
  }
}

void SessionWatch::lost(const std::string& why) {
  // Nothing of the old session holds; what is wanted again is asked for again.
  auto topics = std::exchange(topics_, {});
  auto listeners = std::exchange(listeners_, {});
  Error gone(Code::unavailable, why);
  for (const auto& [uri, topic] : topics) {
    topic->dead = true;
    topic->waiting.wake(Result<>(gone));
  }
  for (const auto& one : listeners) {
    one->uris.clear();
    one->over.set(gone);
  }
}

Task<void> SessionWatch::close() {
  work_.stop();
  lost("the connection was closed");
  co_await work_.join();
}

}  // namespace gateway
