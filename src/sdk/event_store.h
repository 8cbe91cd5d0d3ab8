// What the event streams of a legacy session said, kept for a while, so that a client that lost its connection takes a stream up again
// (Streamable HTTP, "Resumability and Redelivery").
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "mcp/result.h"

namespace sdk {

// What may be kept. Bytes are those of the events as they are written.
struct EventLimits {
  std::size_t waiting = 512;            // notifications of one stream that nobody has read yet, and
  std::size_t waiting_bytes = 1 << 20;  // all that nobody has read yet; beyond it notifications are dropped
  std::size_t sent = 256;               // events of one running stream that were read, and stay for a client that lost them, and
  std::size_t sent_bytes = 256 << 10;
  std::size_t ended = 64;             // streams of one session that have ended, and
  std::size_t ended_bytes = 1 << 20;  // their events; the oldest streams go first
  base::Millis ended_time{5 * 60'000};
};

// What a stream of this revision looks like on the wire.
enum class StreamKind {
  plain,   // events have ids
  polled,  // and it begins with an event that has an id and no data; the server may hang up, and is polled then
};

// One event stream: what was said on it, and who reads it. Several connections may read it; what is said goes to the one that came last
// only, so that no message is sent twice at a time.
// Threads: any.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  enum class What { notification, request, answer };
  // Called when there is something for a reader; on any thread, outside of locks.
  using Wake = std::function<void()>;

  // `number` tells the streams of a session apart. `request` is the id of the request that it answers, raw: a client that comes back for
  // a stream which is not kept any more is then told which of its calls was lost. A long one is not remembered.
  EventStream(std::uint64_t number, StreamKind kind, EventLimits limits, std::string_view request = {});

  // Adds a JSON-RPC message, on one line. A notification that waits unread already, equal in every byte, is not added again.
  // Errors: rate_limited (too much waits; only notifications are refused), cancelled (the stream has ended).
  mcp::Result<> say(std::string message, What what);
  // Nothing more will be said. Readers end when they have read all.
  void end();
  // Makes it a stream before anything was said.
  void open();
  // Sends all readers away, and tells them to come back in `retry`. Does nothing but on a polled stream.
  void hang_up(base::Millis retry);

  std::uint64_t number() const { return number_; }
  // Something was said, or it was opened or hung up.
  bool began() const;
  bool ended() const;
  std::size_t bytes() const;

  // Called when the first reader comes and when the last one has gone; on any thread. One watcher; an empty one ends that.
  void watch(Wake watcher);
  bool has_readers() const;
  // True for the first who calls it, until given back: who serves the stream.
  bool claim();
  void give_back();

  // The last event that any reader was given.
  std::uint64_t given() const;

  // One connection that reads.
  class Reader {
   public:
    // A stream that a client opens begins with the event without data, if it is a polled one; one that it takes up again does not.
    enum class Start { fresh, again };
    // Reads what was said after event `after`.
    Reader(std::shared_ptr<EventStream> stream, std::uint64_t after, Start start, Wake wake);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    struct Piece {
      std::string text;   // events to write; empty: there are none now
      bool last = false;  // nothing comes after it
    };
    Piece take();
    EventStream& stream() { return *stream_; }

   private:
    friend class EventStream;
    std::shared_ptr<EventStream> stream_;
    std::uint64_t at_;
    Wake wake_;
    bool primed_ = false;
    std::optional<base::Millis> hang_up_;
  };

 private:
  struct Event {
    std::uint64_t number;
    What what;
    std::string body;  // all but its id
  };
  std::string id(std::uint64_t event) const { return std::to_string(number_) + "-" + std::to_string(event) + label_; }
  std::vector<Wake> all_wakes() const;
  void forget();

  const std::uint64_t number_;
  const StreamKind kind_;
  const EventLimits limits_;
  std::string label_;  // the end of its events' ids
  mutable std::mutex mutex_;
  std::deque<Event> events_;
  std::uint64_t last_ = 0, given_ = 0;
  std::size_t bytes_ = 0, unread_bytes_ = 0;
  std::vector<Reader*> readers_;  // the last one is given what is said
  Wake watcher_;
  bool began_ = false, ended_ = false, claimed_ = false;
};

// The place in a stream that an event id names.
struct EventPlace {
  std::uint64_t stream;
  std::uint64_t event;
  std::string request;  // what came at its end, unchecked
};
// Nothing when it is no id of ours.
std::optional<EventPlace> parse_event_id(std::string_view id);

// The streams of one session.
// Threads: any.
class EventStore {
 public:
  explicit EventStore(EventLimits limits = {}) : limits_(limits) {}

  // Streams are numbered from here on: for a session whose client may know numbers that another process gave.
  void number_from(std::uint64_t first);
  // A new stream for one request. It is not kept until keep().
  std::shared_ptr<EventStream> make(StreamKind kind, std::string_view request = {});
  // The one stream for what belongs to no request: number 0, as long as the session lives.
  std::shared_ptr<EventStream> standing(StreamKind kind);

  // From now on the stream can be found. Ended ones that are too many, too large or too old are forgotten.
  void keep(const std::shared_ptr<EventStream>& stream);
  // The stream has ended, and stays for a while.
  void ended(const std::shared_ptr<EventStream>& stream, base::Instant now);
  // Null when there is no such stream (any more).
  std::shared_ptr<EventStream> find(std::uint64_t number, base::Instant now);
  // Ends every stream and forgets them.
  void close();

  std::size_t size() const;

 private:
  struct Ended {
    base::Instant when;
    std::uint64_t number;
    std::size_t bytes;
  };
  void sweep(base::Instant now);

  const EventLimits limits_;
  mutable std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, std::shared_ptr<EventStream>> streams_;
  std::deque<Ended> ended_;
  std::size_t ended_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace sdk
