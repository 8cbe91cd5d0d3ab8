#include "access/keys/key_desk.h"

#include <algorithm>

#include "access/keys/key_text.h"
#include "base/log.h"

namespace authz {

using base::Task;
using mcp::Code;
using mcp::Error;
using mcp::Result;
using store::StoredKey;
using Who = std::shared_ptr<const oauth::Principal>;

namespace {

Error refused(std::string why) { return Error(Code::unauthenticated, std::move(why), "the API key is not good"); }

struct Changed {
  std::int64_t version = 0;
  std::vector<StoredKey> keys;
  bool same = false;
};

// The keys, where they are others than at `version`.
Result<Changed> changes(store::KeyStore& store, std::int64_t version) {
  auto now = store.version();
  if (!now) return std::move(now).error();
  Changed out{*now, {}, *now == version};
  if (out.same) return out;
  auto all = store.list();
  if (!all) return std::move(all).error();
  out.keys = *std::move(all);
  return out;
}

}  // namespace

KeyDesk::KeyDesk(Parts parts) : parts_(std::move(parts)) {}
KeyDesk::~KeyDesk() = default;

Result<> KeyDesk::load() {
  auto found = changes(parts_.store, version_);
  if (!found) return std::move(found).error();
  version_ = found->version;
  asked_ = parts_.steady();
  if (!found->same) take(std::move(found->keys));
  return {};
}

void KeyDesk::take(std::vector<StoredKey> all) {
  keys_.clear();
  verified_ = decltype(verified_)(kMostVerified);
  for (StoredKey& key : all) {
    std::string id = key.id;
    auto who = std::make_shared<const base::Principal>(principal_of(key));
    keys_.emplace(std::move(id), Known{std::move(key), std::move(who)});
  }
}

void KeyDesk::start() {
  noted_ = parts_.steady();
  work_.spawn(keep_looking());
}

Task<void> KeyDesk::stop() {
  work_.stop();
  co_await work_.join();
  co_await note_uses();
}

Result<Who> KeyDesk::identify(std::string_view text) {
  if (parts_.steady() - asked_ > kBelieved)
    return Error(Code::unavailable, "the store could not be asked for keys for more than a minute", "the keys cannot be checked now");
  auto id = parse_key_text(text);
  if (!id) return refused("no API key: " + id.error().message);
  const oauth::Sha256 hash = oauth::sha256_array(text);
  Verified* known = verified_.find(hash);
  if (known && known->who->expires > parts_.now()) {
    uses_[known->id] = parts_.now();
    return known->who;
  }
  return verify(text, *id, hash);
}

Result<Who> KeyDesk::verify(std::string_view text, std::string_view id, const oauth::Sha256& hash) {
  auto found = keys_.find(std::string(id));
  if (found == keys_.end()) return refused("there is no API key with this id");
  const StoredKey& key = found->second.key;
  const std::string digest = key_digest(parts_.pepper, text);
  const KeyTime now = parts_.now();
  const bool current = same_digest(digest, key.digest), before = !key.old_digest.empty() && same_digest(digest, key.old_digest);
  if (!current && !before) return refused("a wrong secret for the key " + key.name);
  if (key.revoked != KeyTime()) return refused("the key " + key.name + " was revoked");
  const KeyTime until = current ? key.expires : key.old_until;
  if (until <= now)
    return refused("the key " + key.name + (current ? " has expired" : " was rotated, and the grace of the old one is over"));
  auto who = std::make_shared<oauth::Principal>();
  who->issuer = "gatehouse";
  who->subject = key.id;
  who->key = "gatehouse#" + key.id;
  who->client_id = key.name;
  who->expires = until;
  who->who = found->second.who;
  verified_.put(hash, {who, key.id});
  uses_[key.id] = now;
  return who;
}

Task<void> KeyDesk::look() {
  auto ask = [store = &parts_.store, version = version_] { return changes(*store, version); };
  Result<Changed> found = co_await parts_.pool.run(parts_.loop, ask);
  if (!found) {
    if (parts_.steady() - asked_ > kLook * 5) base::log::warn("the API keys cannot be read", {{"reason", found.error().message}});
    co_return;
  }
  asked_ = parts_.steady();
  // Another look may have been faster.
  if (found->same || found->version <= version_) co_return;
  version_ = found->version;
  take(std::move(found->keys));
}

Task<void> KeyDesk::keep_looking() {
  std::stop_token stop = work_.stop_token();
  while (!stop.stop_requested()) {
    co_await look();
    if (parts_.steady() - noted_ >= kNote) co_await note_uses();
    if (told_ == base::Instant{} || parts_.steady() - told_ >= kAlerts) co_await tell();
    co_await parts_.loop.timers().sleep(kLook, stop);
  }
}

Task<void> KeyDesk::note_uses() {
  noted_ = parts_.steady();
  if (uses_.empty()) co_return;
  std::vector<std::pair<std::string, KeyTime>> uses(uses_.begin(), uses_.end());
  uses_.clear();
  auto note = [store = &parts_.store, all = std::move(uses)] { return store->touch(all); };
  Result<> noted = co_await parts_.pool.run(parts_.loop, note);
  if (!noted) base::log::warn("the last use of API keys was not noted", {{"reason", noted.error().message}});
}

std::int64_t KeyDesk::due(const StoredKey& key) const {
  if (key.revoked != KeyTime() || key.expires <= parts_.now()) return 0;
  std::int64_t mark = 0;
  for (std::int64_t days : kMarks)
    if (key.expires - parts_.now() <= std::chrono::hours(24 * days)) mark = days;
  // What was made for less was meant so.
  if (mark == 0 || key.expires - key.created <= std::chrono::hours(24 * mark)) return 0;
  return key.alerted == 0 || mark < key.alerted ? mark : 0;
}

Task<void> KeyDesk::tell() {
  told_ = parts_.steady();
  std::vector<std::pair<StoredKey, std::int64_t>> all;
  for (const auto& [id, known] : keys_)
    if (std::int64_t mark = due(known.key)) all.emplace_back(known.key, mark);
  for (auto& [key, mark] : all) {
    KeyAlert alert{key.name, key.owner, mark, key.expires};
    key.alerted = mark;
    auto claim = [store = &parts_.store, mine = key] { return store->replace(mine); };
    // Who could note it tells it: so it is told once.
    Result<bool> claimed = co_await parts_.pool.run(parts_.loop, claim);
    if (!claimed || !*claimed) continue;
    ++alerts_;
    base::log::warn("an API key ends soon; gatehouse keys rotate gives it another life",
                    {{"key", alert.name}, {"owner", alert.owner}, {"days", alert.days}});
    if (parts_.alert) parts_.alert(alert);
  }
}

std::vector<std::pair<std::string, std::int64_t>> KeyDesk::seconds_left() const {
  std::vector<std::pair<std::string, std::int64_t>> out;
  for (const auto& [id, known] : keys_)
    if (known.key.revoked == KeyTime())
      out.emplace_back(known.key.name, std::chrono::duration_cast<std::chrono::seconds>(known.key.expires - parts_.now()).count());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace authz
