#include "gateway/kept_sessions.h"

#include "base/json.h"
#include "base/log.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using store::SessionStore;
using store::StoredSession;
using Clock = std::chrono::system_clock;

namespace {

// Sessions are kept for a day after their last use, and a sealed id is good for as long as one may be used.
constexpr SessionStore::Limits kLimits{.most = 100'000, .idle = std::chrono::hours(24)};
constexpr std::chrono::hours kIdLives{24 * 365};

std::string as_array(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    base::append_json_string(out, text);
  }
  return out + ']';
}

std::vector<std::string> from_array(const std::string& array) {
  std::vector<std::string> out;
  if (!base::validate_json(array)) return out;
  base::Elements elements(array);
  while (elements.next())
    if (auto text = base::json_string(elements.value())) out.push_back(*std::move(text));
  return out;
}

}  // namespace

std::string KeptSessions::new_id(std::string_view) {
  return parts_.carrier.seal(CarriedKind::session, sdk::random_id(), "", Clock::now() + kIdLives);
}

std::string KeptSessions::inside(std::string_view id) const {
  auto opened = parts_.carrier.open(CarriedKind::session, id, "", Clock::now());
  return opened ? std::move(opened->body) : std::string();
}

StoredSession KeptSessions::stored(const sdk::Session& session) const {
  StoredSession out;
  out.id = inside(session.id());
  out.instance = parts_.carrier.instance();
  out.principal = session.principal();
  out.revision = session.revision().name;
  out.info = session.client_info();
  out.capabilities = session.client_capabilities();
  if (auto level = session.log_level()) out.level = protocol::log_level_name(*level);
  out.subscribed = as_array(session.subscriptions());
  out.used = Clock::now();
  return out;
}

void KeptSessions::report(const Result<>& outcome) const {
  if (!outcome) base::log::warn("a session is not kept in the store", {{"reason", outcome.error().message}});
}

Task<void> KeptSessions::began(std::shared_ptr<sdk::Session> session, std::string path) {
  StoredSession row = stored(*session);
  row.path = std::move(path);
  auto work = [store = &parts_.store, row = std::move(row)] { return store->insert(row, kLimits); };
  Result<> kept = co_await parts_.pool.run(parts_.loop, std::move(work));
  report(kept);
}

Task<void> KeptSessions::changed(std::shared_ptr<sdk::Session> session) {
  auto work = [store = &parts_.store, row = stored(*session)] { return store->update(row); };
  Result<> kept = co_await parts_.pool.run(parts_.loop, std::move(work));
  report(kept);
}

Task<void> KeptSessions::ended(std::shared_ptr<sdk::Session> session) {
  auto work = [store = &parts_.store, id = inside(session->id())] { return store->remove(id); };
  Result<> gone = co_await parts_.pool.run(parts_.loop, std::move(work));
  report(gone);
}

Task<std::string> KeptSessions::place(std::string id) {
  const std::string self = parts_.carrier.instance();
  const std::string key = inside(id);
  if (key.empty()) co_return std::string();
  // Whoever is faster than us wins, and may be slower than somebody else.
  for (int round = 0; round < 8; ++round) {
    auto look = [store = &parts_.store, key] { return store->find(key); };
    Result<std::optional<StoredSession>> looked = co_await parts_.pool.run(parts_.loop, std::move(look));
    std::optional<StoredSession> found = co_await std::move(looked);
    if (!found) co_return std::string();
    if (found->instance == self || parts_.alive(found->instance)) co_return found->instance;
    auto claim = [store = &parts_.store, key, from = found->instance, self] { return store->claim(key, from, self, Clock::now()); };
    Result<bool> claimed = co_await parts_.pool.run(parts_.loop, std::move(claim));
    if (co_await std::move(claimed)) co_return self;
  }
  co_return Error(Code::unavailable, "several instances take this session from each other; are all of them in each other's peers?");
}

Task<std::optional<sdk::KeptSession>> KeptSessions::take(std::string id, std::string principal, std::string path) {
  std::optional<sdk::KeptSession> out;
  const std::string where = co_await place(id);
  if (where.empty()) co_return out;
  if (where != parts_.carrier.instance())
    co_return Error(Code::unavailable, "another instance serves this session; send the request again");
  auto look = [store = &parts_.store, key = inside(id)] { return store->find(key); };
  Result<std::optional<StoredSession>> looked = co_await parts_.pool.run(parts_.loop, std::move(look));
  std::optional<StoredSession> found = co_await std::move(looked);
  if (!found || found->principal != principal || found->path != path) co_return out;
  out.emplace();
  out->revision = std::move(found->revision);
  out->info = std::move(found->info);
  out->capabilities = std::move(found->capabilities);
  out->level = std::move(found->level);
  out->subscribed = from_array(found->subscribed);
  co_return out;
}

}  // namespace gateway
