// Legacy sessions: what `initialize` settled with one client, and what runs for it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/loop.h"
#include "protocol/legacy_session.h"
#include "sdk/event_store.h"
#include "sdk/handler.h"

namespace sdk {

// One legacy client's session.
// Threads: any; what is settled by the handshake does not change afterwards.
class Session {
 public:
  // `principal`: whose it is, as in Inbound.
  Session(std::string id, protocol::LegacySession settled, std::string principal = {});

  const std::string& id() const { return id_; }
  const std::string& principal() const { return principal_; }
  const protocol::Revision& revision() const { return settled_.revision(); }
  const std::string& client_info() const { return settled_.client_info(); }
  const std::string& client_capabilities() const { return settled_.client_capabilities(); }

  std::optional<protocol::LogLevel> log_level() const;
  protocol::RpcCheck set_level(const protocol::Params& params);

  // Resources that the client subscribed to.
  void subscribe(std::string uri);
  void unsubscribe(const std::string& uri);
  bool subscribed(const std::string& uri) const;
  std::vector<std::string> subscriptions() const;
  // Whether its level or its subscriptions changed, or it was not asked for `often`, since this was asked last.
  bool take_changed(Millis often);

  // A request began; `cancel` is called, on any thread, when the client cancels it by its id, or when the session ends. False when a
  // request with this id runs already, or the session has ended.
  bool begin(std::string_view request_id, std::function<void()> cancel);
  void end(std::string_view request_id);
  void cancel(std::string_view request_id);
  // Ends everything that runs, and refuses what the client was asked.
  void close();

  // What its event streams said.
  EventStore& events() { return events_; }

  // A request of the server to this client: `answer` is called once, on the thread where the client's answer came in. Its id.
  std::string ask(std::function<void(Result<std::string>)> answer);
  void give_up(const std::string& ask_id);
  // The client's answer to a request of the server. Unknown ids are ignored. False then.
  bool answered(const protocol::Message& message);

  // When the session was last used, for its expiry; a session with something running is in use.
  base::Instant last_used() const { return base::Instant(base::Clock::duration(last_used_.load(std::memory_order_relaxed))); }
  void touch() { last_used_.store(base::Clock::now().time_since_epoch().count(), std::memory_order_relaxed); }
  bool busy() const;

 private:
  std::string id_;
  std::string principal_;
  mutable std::mutex mutex_;
  protocol::LegacySession settled_;
  std::unordered_map<std::string, std::function<void()>> running_;
  std::unordered_map<std::string, std::function<void(Result<std::string>)>> asked_;
  std::vector<std::string> subscriptions_;
  std::uint64_t next_ask_ = 0;
  bool changed_ = false;
  base::Instant asked_changed_ = base::Clock::now();
  EventStore events_;
  std::atomic<base::Clock::rep> last_used_;
  bool closed_ = false;
};

// 192 random bits as 32 characters that are safe in headers.
std::string random_id();

// The legacy sessions of one or several HTTP endpoints.
// Threads: any.
class SessionTable {
 public:
  struct Limits {
    std::size_t most = 10'000;
    Millis idle{30 * 60'000};
  };
  SessionTable() : SessionTable(Limits{}) {}
  explicit SessionTable(Limits limits) : limits_(limits) {}

  // Called with each session that ends.
  void on_end(std::function<void(Session&)> ended) { ended_ = std::move(ended); }

  // Adds a session under this id, by default a fresh random one of 192 bits. Expired ones go first; when the table is full, the one
  // idle longest does. Where there is one of this id already, gives that one.
  // Error: rate_limited (full, and all are busy).
  Result<std::shared_ptr<Session>> add(protocol::LegacySession settled, std::string_view principal = {}, std::string id = random_id());
  // The session of that id, touched; null when there is none, or it is not `principal`'s.
  std::shared_ptr<Session> find(std::string_view id, std::string_view principal = {});
  // Ends it. False when there is none.
  bool remove(std::string_view id);
  void clear();
  std::size_t size() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  std::vector<std::shared_ptr<Session>> expire(base::Instant now);
  void finish(const std::vector<std::shared_ptr<Session>>& gone);

  Limits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Session>, Hash, std::equal_to<>> sessions_;
  std::function<void(Session&)> ended_;
  base::Instant swept_{};
};

}  // namespace sdk
