#include "gateway/cache.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "protocol/splice.h"
#include "protocol/subscriptions.h"

namespace gateway {

using base::Instant;
using base::Millis;

namespace {

constexpr std::int64_t kLongestTtl = 24 * 3600 * 1000;

}  // namespace

std::optional<std::string> ReadCache::find(const Key& key) {
  // What everybody may know, first.
  for (std::string_view caller : {std::string_view(), std::string_view(key.caller)}) {
    auto found = by_id_.find(Id(key.server, key.uri, key.capabilities, caller));
    if (found == by_id_.end()) continue;
    Millis left = std::chrono::duration_cast<Millis>(found->second->until - options_.now());
    if (left.count() <= 0) {
      erase(found->second);
      continue;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    const std::string ttl = std::to_string(left.count());
    return protocol::with_members(found->second->result, {{"ttlMs", ttl}});
  }
  return std::nullopt;
}

void ReadCache::put(const Key& key, std::string_view result, std::uint64_t since) {
  if (since != changes_ || result.size() > options_.largest || !base::is_object(result)) return;
  if (protocol::result_type(result) != protocol::ResultType::complete) return;
  auto ttl = base::json_integer(base::find_member(result, "ttlMs"));
  if (!ttl || *ttl <= 0) return;
  const bool everybody = base::find_member(result, "cacheScope") == "\"public\"";
  Id id(key.server, key.uri, key.capabilities, everybody ? std::string() : key.caller);
  if (auto old = by_id_.find(id); old != by_id_.end()) erase(old->second);
  entries_.push_front({id, std::string(result), options_.now() + Millis(std::min(*ttl, kLongestTtl))});
  by_id_.emplace(std::move(id), entries_.begin());
  bytes_ += result.size();
  while (bytes_ > options_.bytes) erase(std::prev(entries_.end()));
}

void ReadCache::erase(Entries::iterator entry) {
  bytes_ -= entry->result.size();
  by_id_.erase(entry->id);
  entries_.erase(entry);
}

void ReadCache::updated(std::string_view server, std::string_view uri) {
  ++changes_;
  for (auto it = entries_.begin(); it != entries_.end();) {
    auto entry = it++;
    const std::string& kept = std::get<1>(entry->id);
    if (std::get<0>(entry->id) == server && (protocol::subscription_covers(kept, uri) || protocol::subscription_covers(uri, kept)))
      erase(entry);
  }
}

void ReadCache::drop(std::string_view server) {
  ++changes_;
  for (auto it = entries_.begin(); it != entries_.end();) {
    auto entry = it++;
    if (std::get<0>(entry->id) == server) erase(entry);
  }
}

bool ReadCache::plain(const protocol::Params& params) {
  using namespace protocol;
  if (!params.input_responses.empty() || !params.request_state.empty()) return false;
  base::Members members(params.raw);
  while (members.next())
    if (members.key() != "uri" && members.key() != "_meta") return false;
  if (members.error()) return false;
  if (params.meta.raw.empty()) return true;
  constexpr std::array kOwn = {meta_key::kProtocolVersion, meta_key::kClientCapabilities, meta_key::kClientInfo, meta_key::kProgressToken,
                               meta_key::kTraceparent,     meta_key::kTracestate,         meta_key::kBaggage,    meta_key::kLogLevel};
  base::Members meta(params.meta.raw);
  while (meta.next())
    if (std::find(kOwn.begin(), kOwn.end(), meta.key()) == kOwn.end()) return false;
  return !meta.error();
}

}  // namespace gateway
