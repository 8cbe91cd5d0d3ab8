#include "sdk/event_store.h"

#include <algorithm>
#include <charconv>

#include "net/sse.h"
#include "oauth/base64url.h"

namespace sdk {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

constexpr std::size_t kLongestRequest = 64;  // bytes of an id that events' ids carry

}  // namespace

EventStream::EventStream(std::uint64_t number, StreamKind kind, EventLimits limits, std::string_view request)
    : number_(number), kind_(kind), limits_(limits) {
  if (!request.empty() && request.size() <= kLongestRequest) label_ = "-" + oauth::base64url(request);
}

Result<> EventStream::say(std::string message, What what) {
  std::string body = net::sse_message(message);
  Wake wake;
  {
    std::lock_guard lock(mutex_);
    if (ended_) return Error(Code::cancelled, "nobody reads this stream any more");
    if (what == What::notification) {
      std::size_t unread = 0;
      for (auto event = events_.rbegin(); event != events_.rend() && event->number > given_; ++event, ++unread)
        if (event->body == body) return {};
      if (unread >= limits_.waiting || unread_bytes_ + body.size() > limits_.waiting_bytes)
        return Error(Code::rate_limited, "the client reads too slowly");
    }
    began_ = true;
    bytes_ += body.size();
    unread_bytes_ += body.size();
    events_.push_back({++last_, what, std::move(body)});
    if (!readers_.empty()) wake = readers_.back()->wake_;
  }
  if (wake) wake();
  return {};
}

void EventStream::end() {
  std::vector<Wake> wakes;
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    wakes = all_wakes();
  }
  for (auto& wake : wakes)
    if (wake) wake();
}

void EventStream::open() {
  std::vector<Wake> wakes;
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(began_, true)) return;
    wakes = all_wakes();
  }
  for (auto& wake : wakes)
    if (wake) wake();
}

void EventStream::hang_up(base::Millis retry) {
  if (kind_ != StreamKind::polled) return;
  std::vector<Wake> wakes;
  {
    std::lock_guard lock(mutex_);
    if (ended_) return;
    began_ = true;
    for (Reader* reader : readers_) reader->hang_up_ = std::max(retry, base::Millis(0));
    wakes = all_wakes();
  }
  for (auto& wake : wakes)
    if (wake) wake();
}

bool EventStream::began() const {
  std::lock_guard lock(mutex_);
  return began_;
}
bool EventStream::ended() const {
  std::lock_guard lock(mutex_);
  return ended_;
}
std::size_t EventStream::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}
std::uint64_t EventStream::given() const {
  std::lock_guard lock(mutex_);
  return given_;
}
bool EventStream::has_readers() const {
  std::lock_guard lock(mutex_);
  return !readers_.empty();
}
void EventStream::watch(Wake watcher) {
  std::lock_guard lock(mutex_);
  watcher_ = std::move(watcher);
}
bool EventStream::claim() {
  std::lock_guard lock(mutex_);
  return !std::exchange(claimed_, true);
}
void EventStream::give_back() {
  std::lock_guard lock(mutex_);
  claimed_ = false;
}

std::vector<EventStream::Wake> EventStream::all_wakes() const {
  std::vector<Wake> wakes;
  wakes.reserve(readers_.size());
  for (Reader* reader : readers_) wakes.push_back(reader->wake_);
  return wakes;
}

// Of what was given to a reader, the oldest goes when it is too much.
void EventStream::forget() {
  std::size_t sent = 0;
  while (sent < events_.size() && events_[sent].number <= given_) ++sent;
  while (sent > 0 && (sent > limits_.sent || bytes_ - unread_bytes_ > limits_.sent_bytes)) {
    bytes_ -= events_.front().body.size();
    events_.pop_front();
    --sent;
  }
}

EventStream::Reader::Reader(std::shared_ptr<EventStream> stream, std::uint64_t after, Start start, Wake wake)
    : stream_(std::move(stream)), at_(after), wake_(std::move(wake)), primed_(start == Start::again) {
  Wake watcher;
  {
    std::lock_guard lock(stream_->mutex_);
    at_ = std::min(at_, stream_->last_);
    if (stream_->readers_.empty()) watcher = stream_->watcher_;
    stream_->readers_.push_back(this);
  }
  if (watcher) watcher();
}

EventStream::Reader::~Reader() {
  Wake next, watcher;
  {
    std::lock_guard lock(stream_->mutex_);
    auto& readers = stream_->readers_;
    const bool front = readers.back() == this;
    std::erase(readers, this);
    if (readers.empty()) {
      watcher = stream_->watcher_;
    } else if (front) {
      // It is given what is said from now on, and not again what the other one was given.
      readers.back()->at_ = std::max(readers.back()->at_, stream_->given_);
      next = readers.back()->wake_;
    }
  }
  if (watcher) watcher();
  if (next) next();
}

EventStream::Reader::Piece EventStream::Reader::take() {
  EventStream& s = *stream_;
  std::lock_guard lock(s.mutex_);
  Piece piece;
  const bool front = s.readers_.back() == this;
  if (!front) {
    piece.last = s.ended_ || hang_up_;
    return piece;
  }
  bool told = !hang_up_;
  auto mark = [&] {
    if (!std::exchange(told, true)) piece.text.append("retry: ").append(std::to_string(hang_up_->count())).append("\n");
    piece.text += net::sse_message("", s.id(at_));
  };
  if (s.kind_ == StreamKind::polled && !std::exchange(primed_, true)) mark();
  for (const Event& event : s.events_) {
    if (event.number <= at_) continue;
    piece.text.append("id: ").append(s.id(event.number)).append("\n").append(event.body);
    at_ = event.number;
    if (event.number > s.given_) s.unread_bytes_ -= event.body.size();
  }
  s.given_ = std::max(s.given_, at_);
  if (!told) mark();
  piece.last = s.ended_ || hang_up_;
  s.forget();
  return piece;
}

std::optional<EventPlace> parse_event_id(std::string_view id) {
  EventPlace place{};
  const char* end = id.data() + id.size();
  auto [dash, bad] = std::from_chars(id.data(), id.data() + id.size(), place.stream);
  if (bad != std::errc() || dash == end || *dash != '-') return std::nullopt;
  auto [rest, worse] = std::from_chars(dash + 1, end, place.event);
  if (worse != std::errc()) return std::nullopt;
  if (rest == end) return place;
  const std::string_view label(rest, static_cast<std::size_t>(end - rest));
  if (label.front() != '-' || label.size() > 2 * kLongestRequest) return std::nullopt;
  auto request = oauth::from_base64url(label.substr(1));
  if (!request || request->empty()) return std::nullopt;
  place.request = *std::move(request);
  return place;
}

void EventStore::number_from(std::uint64_t first) {
  std::lock_guard lock(mutex_);
  next_ = std::max(next_, first);
}

std::shared_ptr<EventStream> EventStore::make(StreamKind kind, std::string_view request) {
  std::lock_guard lock(mutex_);
  return std::make_shared<EventStream>(next_++, kind, limits_, request);
}

std::shared_ptr<EventStream> EventStore::standing(StreamKind kind) {
  std::lock_guard lock(mutex_);
  auto& stream = streams_[0];
  if (!stream) stream = std::make_shared<EventStream>(0, kind, limits_);
  if (closed_) stream->end();
  return stream;
}

void EventStore::keep(const std::shared_ptr<EventStream>& stream) {
  std::lock_guard lock(mutex_);
  if (!closed_) streams_.emplace(stream->number(), stream);
}

void EventStore::ended(const std::shared_ptr<EventStream>& stream, base::Instant now) {
  std::lock_guard lock(mutex_);
  if (!streams_.contains(stream->number())) return;
  ended_.push_back({now, stream->number(), stream->bytes()});
  ended_bytes_ += ended_.back().bytes;
  sweep(now);
}

std::shared_ptr<EventStream> EventStore::find(std::uint64_t number, base::Instant now) {
  std::lock_guard lock(mutex_);
  sweep(now);
  auto found = streams_.find(number);
  return found == streams_.end() ? nullptr : found->second;
}

void EventStore::sweep(base::Instant now) {
  while (!ended_.empty() &&
         (ended_.size() > limits_.ended || ended_bytes_ > limits_.ended_bytes || now - ended_.front().when > limits_.ended_time)) {
    ended_bytes_ -= ended_.front().bytes;
    streams_.erase(ended_.front().number);
    ended_.pop_front();
  }
}

void EventStore::close() {
  std::map<std::uint64_t, std::shared_ptr<EventStream>> streams;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    streams.swap(streams_);
    ended_.clear();
    ended_bytes_ = 0;
  }
  for (auto& [number, stream] : streams) stream->end();
}

std::size_t EventStore::size() const {
  std::lock_guard lock(mutex_);
  return streams_.size();
}

}  // namespace sdk
