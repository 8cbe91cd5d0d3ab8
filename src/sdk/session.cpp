#include "sdk/session.h"

#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace sdk {

std::string random_id() {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  unsigned char bytes[32];
  if (RAND_bytes(bytes, sizeof bytes) != 1) throw std::runtime_error("the random generator failed");
  std::string id;
  id.reserve(sizeof bytes);
  for (unsigned char byte : bytes) id += kAlphabet[byte & 63];
  return id;
}

Session::Session(std::string id, protocol::LegacySession settled, std::string principal)
    : id_(std::move(id)), principal_(std::move(principal)), settled_(std::move(settled)) {
  touch();
}

std::optional<protocol::LogLevel> Session::log_level() const {
  std::lock_guard lock(mutex_);
  return settled_.log_level();
}
protocol::RpcCheck Session::set_level(const protocol::Params& params) {
  std::lock_guard lock(mutex_);
  changed_ = true;
  return settled_.set_level(params);
}

void Session::subscribe(std::string uri) {
  static constexpr std::size_t kMost = 1000;
  std::lock_guard lock(mutex_);
  if (subscriptions_.size() < kMost && std::find(subscriptions_.begin(), subscriptions_.end(), uri) == subscriptions_.end())
    subscriptions_.push_back(std::move(uri));
  changed_ = true;
}
void Session::unsubscribe(const std::string& uri) {
  std::lock_guard lock(mutex_);
  std::erase(subscriptions_, uri);
  changed_ = true;
}
bool Session::subscribed(const std::string& uri) const {
  std::lock_guard lock(mutex_);
  return std::find(subscriptions_.begin(), subscriptions_.end(), uri) != subscriptions_.end();
}

std::vector<std::string> Session::subscriptions() const {
  std::lock_guard lock(mutex_);
  return subscriptions_;
}
bool Session::take_changed(Millis often) {
  std::lock_guard lock(mutex_);
  const base::Instant now = base::Clock::now();
  if (!changed_ && now - asked_changed_ < often) return false;
  changed_ = false;
  asked_changed_ = now;
  return true;
}

bool Session::begin(std::string_view request_id, std::function<void()> cancel) {
  std::lock_guard lock(mutex_);
  return !closed_ && running_.emplace(std::string(request_id), std::move(cancel)).second;
}
void Session::end(std::string_view request_id) {
  std::lock_guard lock(mutex_);
  running_.erase(std::string(request_id));
  touch();
}
void Session::cancel(std::string_view request_id) {
  std::function<void()> stop;
  {
    std::lock_guard lock(mutex_);
    auto found = running_.find(std::string(request_id));
    if (found == running_.end()) return;
    stop = found->second;
  }
  stop();  // outside the lock: it may end the request
}

void Session::close() {
  std::unordered_map<std::string, std::function<void()>> running;
  std::unordered_map<std::string, std::function<void(Result<std::string>)>> asked;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    running = running_;
    asked.swap(asked_);
  }
  for (auto& [id, stop] : running) stop();
  for (auto& [id, answer] : asked) answer(Error(Code::unavailable, "the client's session ended before it answered"));
  events_.close();
}

std::string Session::ask(std::function<void(Result<std::string>)> answer) {
  std::lock_guard lock(mutex_);
  std::string id = std::to_string(next_ask_++);
  asked_.emplace(id, std::move(answer));
  return id;
}
void Session::give_up(const std::string& ask_id) {
  std::lock_guard lock(mutex_);
  asked_.erase(ask_id);
}
bool Session::answered(const protocol::Message& message) {
  std::function<void(Result<std::string>)> answer;
  {
    std::lock_guard lock(mutex_);
    auto found = asked_.find(std::string(message.id));
    if (found == asked_.end()) return false;
    answer = std::move(found->second);
    asked_.erase(found);
  }
  if (message.kind == protocol::MessageKind::error) {
    protocol::RpcError error;
    error.code = message.error_code;
    error.message = message.error_message;
    error.data = message.error_data;
    answer(protocol::from_rpc(error));
  } else {
    answer(std::string(message.result));
  }
  return true;
}

bool Session::busy() const {
  std::lock_guard lock(mutex_);
  return !running_.empty();
}

Result<std::shared_ptr<Session>> SessionTable::add(protocol::LegacySession settled, std::string_view principal, std::string id) {
  auto session = std::make_shared<Session>(std::move(id), std::move(settled), std::string(principal));
  std::vector<std::shared_ptr<Session>> gone;
  {
    std::lock_guard lock(mutex_);
    if (auto found = sessions_.find(session->id()); found != sessions_.end()) return found->second;
    gone = expire(base::Clock::now());
    if (sessions_.size() >= limits_.most) {
      auto oldest = sessions_.end();
      for (auto it = sessions_.begin(); it != sessions_.end(); ++it)
        if (!it->second->busy() && (oldest == sessions_.end() || it->second->last_used() < oldest->second->last_used())) oldest = it;
      if (oldest == sessions_.end()) return Error(Code::rate_limited, "too many sessions are open");
      gone.push_back(oldest->second);
      sessions_.erase(oldest);
    }
    sessions_.emplace(session->id(), session);
  }
  finish(gone);
  return session;
}

std::shared_ptr<Session> SessionTable::find(std::string_view id, std::string_view principal) {
  std::vector<std::shared_ptr<Session>> gone;
  std::shared_ptr<Session> session;
  {
    std::lock_guard lock(mutex_);
    if (auto now = base::Clock::now(); now - swept_ > std::chrono::minutes(1)) gone = expire(now);
    if (auto found = sessions_.find(id); found != sessions_.end() && found->second->principal() == principal) session = found->second;
  }
  if (session) session->touch();
  finish(gone);
  return session;
}

bool SessionTable::remove(std::string_view id) {
  std::shared_ptr<Session> session;
  {
    std::lock_guard lock(mutex_);
    auto found = sessions_.find(id);
    if (found == sessions_.end()) return false;
    session = std::move(found->second);
    sessions_.erase(found);
  }
  finish({session});
  return true;
}

void SessionTable::clear() {
  std::vector<std::shared_ptr<Session>> gone;
  {
    std::lock_guard lock(mutex_);
    for (auto& [id, session] : sessions_) gone.push_back(session);
    sessions_.clear();
  }
  finish(gone);
}

std::size_t SessionTable::size() const {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

std::vector<std::shared_ptr<Session>> SessionTable::expire(base::Instant now) {
  std::vector<std::shared_ptr<Session>> gone;
  swept_ = now;
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    if (now - it->second->last_used() > limits_.idle && !it->second->busy()) {
      gone.push_back(std::move(it->second));
      it = sessions_.erase(it);
    } else {
      ++it;
    }
  }
  return gone;
}

void SessionTable::finish(const std::vector<std::shared_ptr<Session>>& gone) {
  for (const auto& session : gone) {
    session->close();
    if (ended_) ended_(*session);
  }
}

}  // namespace sdk
