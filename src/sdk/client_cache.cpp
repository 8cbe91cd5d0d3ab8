#include "sdk/client_cache.h"

#include <algorithm>

#include "base/json.h"
#include "protocol/subscriptions.h"

namespace mcp {

ClientCache::ClientCache(CacheLimits limits) : store_(std::make_shared<detail::CacheStore>(std::move(limits))) {}
ClientCache::Counters ClientCache::counters() const { return store_->counters(); }
void ClientCache::clear() { store_->clear(); }

namespace detail {
namespace {

// What may be shared by all who ask the server has no credentials in its key.
std::string key_of(std::string_view server, std::string_view credentials, protocol::Method method, std::string_view params) {
  std::string key(server);
  key.append("\n").append(credentials).append("\n").append(protocol::method_name(method)).append("\n").append(params);
  return key;
}

std::int64_t ttl_of(std::string_view result) {
  auto ttl = base::json_integer(base::find_member(result, "ttlMs"));
  return ttl ? std::max<std::int64_t>(*ttl, 0) : 0;
}

}  // namespace

std::chrono::steady_clock::time_point CacheStore::now() const { return limits_.clock ? limits_.clock() : std::chrono::steady_clock::now(); }

void CacheStore::erase(Entries::iterator entry) {
  counters_.bytes -= entry->key.size() + entry->result.size();
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

template <class F>
void CacheStore::erase_if(F&& gone) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    auto one = at++;
    if (gone(*one)) erase(one);
  }
}

std::optional<std::string> CacheStore::find(const CacheOwner& owner, protocol::Method method, std::string_view params) {
  std::scoped_lock lock(mutex_);
  for (std::string_view credentials : {std::string_view(owner.credentials), std::string_view()}) {
    auto found = by_key_.find(key_of(owner.server, credentials, method, params));
    if (found == by_key_.end()) continue;
    if (found->second->good_until <= now()) {
      erase(found->second);
      continue;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    ++counters_.hits;
    return found->second->result;
  }
  ++counters_.misses;
  return std::nullopt;
}

void CacheStore::put(const CacheOwner& owner, protocol::Method method, std::string_view params, std::string_view result) {
  const auto ttl = std::min(std::chrono::milliseconds(std::min(ttl_of(result), std::int64_t{1} << 40)), limits_.longest);
  const bool shared = base::find_member(result, "cacheScope") == "\"public\"";
  std::string key = key_of(owner.server, shared ? std::string_view() : std::string_view(owner.credentials), method, params);
  std::scoped_lock lock(mutex_);
  if (auto old = by_key_.find(key); old != by_key_.end()) erase(old->second);
  const std::size_t size = key.size() + result.size();
  if (ttl.count() == 0 || limits_.most_entries == 0 || size > limits_.most_bytes) return;
  while (!entries_.empty() && (entries_.size() >= limits_.most_entries || counters_.bytes + size > limits_.most_bytes))
    erase(std::prev(entries_.end()));
  std::string uri;
  if (method == protocol::Method::resources_read)
    if (auto text = base::json_string(base::find_member(params, "uri"))) uri = *std::move(text);
  entries_.push_front({key, owner.server, std::move(uri), std::string(result), method, now() + ttl});
  by_key_.emplace(std::move(key), entries_.begin());
  counters_.bytes += size;
}

void CacheStore::drop(std::string_view server, protocol::Method method) {
  std::scoped_lock lock(mutex_);
  erase_if([&](const Entry& entry) { return entry.method == method && entry.server == server; });
}

void CacheStore::drop_resource(std::string_view server, std::string_view uri) {
  std::scoped_lock lock(mutex_);
  erase_if([&](const Entry& entry) {
    return entry.method == protocol::Method::resources_read && entry.server == server &&
           (protocol::subscription_covers(entry.uri, uri) || protocol::subscription_covers(uri, entry.uri));
  });
}

std::string CacheStore::legacy_verdict(std::string_view server) {
  std::scoped_lock lock(mutex_);
  auto found = verdicts_.find(server);
  if (found == verdicts_.end()) return {};
  if (found->second.good_until > now()) return found->second.revision;
  verdicts_.erase(found);
  return {};
}

void CacheStore::judge_legacy(std::string_view server, std::string_view revision) {
  std::scoped_lock lock(mutex_);
  if (verdicts_.size() >= kMostVerdicts) verdicts_.clear();
  verdicts_.insert_or_assign(std::string(server), Verdict{std::string(revision), now() + limits_.legacy_verdict});
}

void CacheStore::forget_verdict(std::string_view server) {
  std::scoped_lock lock(mutex_);
  if (auto found = verdicts_.find(server); found != verdicts_.end()) verdicts_.erase(found);
}

ClientCache::Counters CacheStore::counters() const {
  std::scoped_lock lock(mutex_);
  ClientCache::Counters out = counters_;
  out.entries = entries_.size();
  return out;
}

void CacheStore::clear() {
  std::scoped_lock lock(mutex_);
  entries_.clear();
  by_key_.clear();
  verdicts_.clear();
  counters_.bytes = 0;
}

}  // namespace detail
}  // namespace mcp
