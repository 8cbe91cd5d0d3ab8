#include "gateway/subscriptions.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "base/any_stop.h"
#include "base/json.h"
#include "base/log.h"
#include "gateway/listeners.h"
#include "gateway/upstream/session_watch.h"
#include "protocol/subscriptions.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Instant;
using base::Millis;
using base::Result;
using base::Task;
using protocol::Method;
using protocol::RpcError;
using sdk::Reply;

namespace {

// A listen that lasted this long was a good one: the next pause is a short one again.
constexpr Millis kGood{10'000};

RpcError not_granted(const std::string& server, std::string_view uri) {
  RpcError error = protocol::resource_not_found(uri);
  error.message = "server '" + server + "' does not tell of changes of " + std::string(uri);
  return error;
}

// The reasons that an acknowledgement gives, where it is one of ours (SessionWatch).
void read_refusals(std::string_view params, std::map<std::string, RpcError, std::less<>>& into) {
  std::string_view meta = base::find_member(params, "_meta");
  if (!base::is_object(meta)) return;
  std::string_view list = base::find_member(meta, kRefusedKey);
  if (!base::is_array(list)) return;
  base::Elements all(list);
  while (all.next()) {
    if (!base::is_object(all.value())) continue;
    auto uri = base::json_string(base::find_member(all.value(), "uri"));
    std::string_view said = base::find_member(all.value(), "error");
    if (!uri || !base::is_object(said)) continue;
    RpcError error;
    std::string_view code = base::find_member(said, "code");
    std::from_chars(code.data(), code.data() + code.size(), error.code);
    if (auto message = base::json_string(base::find_member(said, "message"))) error.message = *std::move(message);
    error.data = base::find_member(said, "data");
    into.insert_or_assign(*std::move(uri), std::move(error));
  }
}

}  // namespace

// One listen, from its opening to its end.
struct Subscriptions::Stream {
  Uris uris;
  Uris granted;
  std::map<std::string, RpcError, std::less<>> refused;
  std::stop_source stop;
  bool acknowledged = false;
  bool ended = false;
  bool late = false;  // it was not acknowledged in time
  std::optional<RpcError> refusal;
  std::string why;
  Instant began{};
};

// What one audience wants of one server.
struct Subscriptions::Feed {
  enum class State { open, granted, refused };
  struct Topic {
    std::size_t count = 0;
    State state = State::open;
    std::optional<RpcError> error;
  };

  std::string server;
  Audience audience;
  std::map<std::string, Topic, std::less<>> topics;
  std::unordered_set<Wish*> wishes;
  std::shared_ptr<Stream> current, next;
  std::vector<std::shared_ptr<Stream>> leaving;
  base::Signal changed;
  base::Waiters settled;
  std::string why;  // of the last listen that could not be opened
  Uris held;        // changes that two streams may tell
  base::Deadline hold;
  bool running = false;
  bool gap = false;  // a listen broke, and nobody knows what was missed

  Uris wanted() const {
    Uris out;
    for (const auto& [uri, topic] : topics) out.insert(uri);
    return out;
  }
  bool overlap() const { return next || !leaving.empty(); }
  // The listen that is open asks for all that is wanted, and gives nothing that is not.
  bool satisfied() const {
    if (!current) return false;
    for (const auto& [uri, topic] : topics)
      if (topic.state == State::open || !current->uris.contains(uri)) return false;
    return std::all_of(current->granted.begin(), current->granted.end(), [this](const auto& uri) { return topics.contains(uri); });
  }
};

Subscriptions::Subscriptions(base::Loop& loop, Ask ask, Times times) : loop_(loop), ask_(std::move(ask)), times_(times) {}
Subscriptions::~Subscriptions() = default;

std::shared_ptr<Subscriptions::Feed> Subscriptions::feed_for(std::string server, Audience audience) {
  auto& place = feeds_[Key(server, audience)];
  if (!place) {
    place = std::make_shared<Feed>();
    place->server = std::move(server);
    place->audience = std::move(audience);
  }
  return place;
}

void Subscriptions::forget(const std::shared_ptr<Feed>& feed) {
  if (feed->running || !feed->wishes.empty()) return;
  auto found = feeds_.find(Key(feed->server, feed->audience));
  if (found != feeds_.end() && found->second == feed) feeds_.erase(found);
}

// Never inside of the call: it may come from the stream that is about to end.
void Subscriptions::wake(const std::shared_ptr<Feed>& feed) {
  if (work_.stop_token().stop_requested()) return;
  if (!std::exchange(feed->running, true)) {
    work_.spawn(run(feed));
    return;
  }
  loop_.post([feed] { feed->changed.raise(); });
}

void Subscriptions::leave(const std::shared_ptr<Feed>& feed, std::string_view uri) {
  auto found = feed->topics.find(uri);
  if (found == feed->topics.end() || --found->second.count > 0) return;
  feed->topics.erase(found);
  if (feed->running) wake(feed);
}

Subscriptions::Wish::Wish(Subscriptions& owner, std::string server, Audience audience, Tell tell)
    : owner_(owner), feed_(owner.feed_for(std::move(server), std::move(audience))), tell_(std::move(tell)) {
  feed_->wishes.insert(this);
}

Subscriptions::Wish::~Wish() {
  feed_->wishes.erase(this);
  for (const std::string& uri : uris_) owner_.leave(feed_, uri);
  owner_.forget(feed_);
}

void Subscriptions::Wish::remove(std::string_view uri) {
  auto found = uris_.find(uri);
  if (found == uris_.end()) return;
  uris_.erase(found);
  owner_.leave(feed_, uri);
}

Subscriptions::Agreed Subscriptions::Wish::look(const Uris& uris) const {
  Agreed out;
  for (const std::string& uri : uris) {
    if (!uris_.contains(uri)) continue;  // taken back meanwhile
    const Feed::Topic& topic = feed_->topics.find(uri)->second;
    if (topic.state == Feed::State::granted)
      out.granted.insert(uri);
    else if (topic.state == Feed::State::refused)
      out.refused.emplace(uri, topic.error ? *topic.error : not_granted(feed_->server, uri));
    else
      out.open.insert(uri);
  }
  return out;
}

Task<Subscriptions::Agreed> Subscriptions::Wish::add(Uris uris, std::stop_token stop, Instant deadline) {
  if (uris_.size() + uris.size() > kMostOfWish || feed_->topics.size() + uris.size() > kMostOfFeed)
    co_return Error(Code::rate_limited, "too many resources are subscribed to; unsubscribe from some");
  for (const std::string& uri : uris) {
    if (!uris_.insert(uri).second) continue;
    Feed::Topic& topic = feed_->topics[uri];
    ++topic.count;
    if (topic.state == Feed::State::refused) topic.state = Feed::State::open;  // it may think otherwise now
  }
  Agreed agreed = look(uris);
  int failures = 0;
  if (!agreed.open.empty()) owner_.wake(feed_);
  for (agreed = look(uris); !agreed.open.empty() && failures < 2; agreed = look(uris)) {
    Result<> waited = co_await feed_->settled.wait(owner_.loop_.timers(), stop, deadline).result();
    if (waited) continue;
    if (waited.error().code == Code::timeout) break;
    if (waited.error().code == Code::cancelled) {
      for (const std::string& uri : uris) remove(uri);
      co_return std::move(waited).error();
    }
    ++failures;
  }
  agreed = look(uris);
  agreed.why = feed_->why.empty() ? "server '" + feed_->server + "' has not answered" : feed_->why;
  for (const auto& [uri, why] : agreed.refused) remove(uri);
  co_return std::move(agreed);
}

// Opens listens until there is one for all that is wanted, and again whenever that changes or the last one ended.
Task<void> Subscriptions::run(std::shared_ptr<Feed> feed) {
  Millis pause = times_.first_pause;
  auto stopping = work_.stop_token();
  while (!stopping.stop_requested() && !feed->topics.empty()) {
    if (feed->current && feed->current->ended) {
      if (base::Timers::now() - feed->current->began > kGood) pause = times_.first_pause;
      feed->current.reset();
      feed->gap = true;
      co_await rest(feed, pause);
      pause = std::min(pause * 2, times_.longest_pause);
      continue;
    }
    if (feed->satisfied()) {
      co_await feed->changed.wait();
      continue;
    }
    auto next = std::make_shared<Stream>();
    next->uris = feed->wanted();
    const bool opened = co_await open(feed, next);
    if (opened) {
      take_over(feed, next);
    } else if (next->refusal) {
      refuse_all(feed, *next);
      // A server that does not know the method will not say anything else to the same again.
      co_await rest(feed, next->refusal->code == protocol::kMethodNotFound ? Millis::max() : pause);
      pause = std::min(pause * 2, times_.longest_pause);
    } else if (!stopping.stop_requested()) {
      feed->why = next->why;
      feed->gap = feed->gap || !feed->current;
      Result<> failed(Error(Code::unavailable, next->why));
      feed->settled.wake(failed);
      co_await rest(feed, pause);
      pause = std::min(pause * 2, times_.longest_pause);
    }
  }
  feed->running = false;
  if (feed->current) feed->current->stop.request_stop();
  feed->current.reset();
  feed->gap = false;
  if (!feed->topics.empty()) wake(feed);
  forget(feed);
}

// Waits until something else is wanted, but no longer than `pause`.
Task<void> Subscriptions::rest(std::shared_ptr<Feed> feed, Millis pause) {
  const Uris before = feed->wanted();
  bool due = false;
  base::Deadline deadline;
  auto wake_up = [&due, feed] {
    due = true;
    feed->changed.raise();
  };
  if (pause != Millis::max()) deadline = base::Deadline(loop_.timers(), base::Timers::now() + pause, wake_up);
  while (!due && !work_.stop_token().stop_requested() && feed->wanted() == before) co_await feed->changed.wait();
}

// Waits for its acknowledgement. False when it ended before, or was not acknowledged in time.
Task<bool> Subscriptions::open(std::shared_ptr<Feed> feed, std::shared_ptr<Stream> next) {
  next->began = base::Timers::now();
  feed->next = next;
  work_.spawn(listen(feed, next));
  {
    base::Deadline deadline(loop_.timers(), next->began + times_.patience, [next, feed] {
      next->late = true;
      feed->changed.raise();
    });
    while (!next->acknowledged && !next->ended && !next->late) co_await feed->changed.wait();
  }
  feed->next.reset();
  if (next->acknowledged) co_return true;
  if (next->late) next->why = "server '" + feed->server + "' did not acknowledge subscriptions/listen in time";
  next->stop.request_stop();
  co_return false;
}

void Subscriptions::take_over(const std::shared_ptr<Feed>& feed, std::shared_ptr<Stream> next) {
  std::shared_ptr<Stream> old = std::exchange(feed->current, next);
  feed->why.clear();
  for (const std::string& uri : next->uris) {
    auto found = feed->topics.find(uri);
    if (found == feed->topics.end()) continue;
    Feed::Topic& topic = found->second;
    topic.state = next->granted.contains(uri) ? Feed::State::granted : Feed::State::refused;
    topic.error.reset();
    if (auto why = next->refused.find(uri); why != next->refused.end()) topic.error = why->second;
  }
  if (old && !old->ended) {
    feed->leaving.push_back(old);
    work_.spawn(end_later(feed, old));
  }
  feed->settled.wake({});
  if (std::exchange(feed->gap, false))
    for (const std::string& uri : next->granted) hold(feed, uri);
}

void Subscriptions::refuse_all(const std::shared_ptr<Feed>& feed, const Stream& by) {
  for (const std::string& uri : by.uris) {
    auto found = feed->topics.find(uri);
    if (found == feed->topics.end() || (feed->current && feed->current->granted.contains(uri))) continue;
    found->second.state = Feed::State::refused;
    found->second.error = by.refusal;
  }
  feed->settled.wake({});
}

Task<void> Subscriptions::end_later(std::shared_ptr<Feed> feed, std::shared_ptr<Stream> old) {
  co_await loop_.timers().sleep(times_.overlap, work_.stop_token());
  std::erase(feed->leaving, old);
  old->stop.request_stop();
}

Task<void> Subscriptions::listen(std::shared_ptr<Feed> feed, std::shared_ptr<Stream> stream) {
  ChangeFilter filter;
  filter.uris = stream->uris;
  const std::string params = "{\"notifications\":" + encode_change_filter(filter) + "}";
  base::AnyStop stop(stream->stop.get_token(), work_.stop_token());
  LinkRequest request;
  request.method = Method::subscriptions_listen;
  request.audience = feed->audience;
  request.params = params;
  request.client_capabilities = feed->audience.capabilities;
  request.stop = stop.token();
  request.deadline = Instant::max();
  request.on_notification = [this, feed, stream](Method method, std::string_view said) { heard(feed, stream, method, said); };
  Task<Reply> asking = ask_(feed->server, std::move(request));
  Result<Reply> ended = co_await std::move(asking).result();
  stream->ended = true;
  if (!ended)
    stream->why = ended.error().message;
  else if (ended->error())
    stream->refusal = *ended->error();
  else
    stream->why = "server '" + feed->server + "' ended the subscription";
  if (stream == feed->current && !work_.stop_token().stop_requested())
    base::log::info("a subscription broke and is made again", {{"server", feed->server}, {"reason", stream->why}});
  loop_.post([feed] { feed->changed.raise(); });
}

void Subscriptions::heard(const std::shared_ptr<Feed>& feed, const std::shared_ptr<Stream>& stream, Method method,
                          std::string_view params) {
  if (method == Method::subscriptions_acknowledged) {
    if (stream->acknowledged) return;
    std::string_view notifications = base::find_member(params, "notifications");
    auto granted = parse_change_filter(notifications);
    if (granted)
      for (const std::string& uri : granted->uris)
        if (stream->uris.contains(uri)) stream->granted.insert(uri);
    read_refusals(params, stream->refused);
    stream->acknowledged = true;
    loop_.post([feed] { feed->changed.raise(); });
    return;
  }
  if (method != Method::resources_updated || !stream->acknowledged) return;
  auto uri = base::json_string(base::find_member(params, "uri"));
  if (!uri) return;
  const bool leaving = std::find(feed->leaving.begin(), feed->leaving.end(), stream) != feed->leaving.end();
  if (stream != feed->current && stream != feed->next && !leaving) return;
  if (feed->overlap())
    hold(feed, *std::move(uri));
  else
    tell(feed, *uri);
}

// While two listens are open, both may tell the same change: it waits a little, and is told once.
void Subscriptions::hold(const std::shared_ptr<Feed>& feed, std::string uri) {
  const bool first = feed->held.empty();
  if (feed->held.size() < kMostOfFeed) feed->held.insert(std::move(uri));
  if (!first) return;
  feed->hold = base::Deadline(loop_.timers(), base::Timers::now() + times_.overlap, [this, weak = std::weak_ptr(feed)] {
    auto one = weak.lock();
    if (!one) return;
    Uris held = std::exchange(one->held, {});
    for (const std::string& which : held) tell(one, which);
  });
}

void Subscriptions::tell(const std::shared_ptr<Feed>& feed, std::string_view uri) {
  const std::vector<Wish*> now(feed->wishes.begin(), feed->wishes.end());  // whoever is told may end others' wishes
  for (Wish* wish : now) {
    if (!feed->wishes.contains(wish)) continue;
    auto wants = [&](const std::string& mine) {
      if (!protocol::subscription_covers(mine, uri)) return false;
      auto topic = feed->topics.find(mine);
      return topic != feed->topics.end() && topic->second.state == Feed::State::granted;
    };
    if (std::any_of(wish->uris_.begin(), wish->uris_.end(), wants)) wish->tell_(uri);
  }
}

Task<void> Subscriptions::stop() {
  work_.stop();
  for (const auto& [key, feed] : feeds_) {
    feed->hold = base::Deadline();
    feed->held.clear();
  }
  const auto feeds = feeds_;
  for (const auto& [key, feed] : feeds) {
    feed->changed.raise();
    feed->settled.wake(Result<>(Error(Code::cancelled, "the gateway is stopping")));
  }
  co_await work_.join();
}

}  // namespace gateway
