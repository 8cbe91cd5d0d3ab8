#include "servers/rest/etag_cache.h"

#include "base/digest.h"

namespace servers::rest {

std::string EtagCache::key_of(const Request& request) {
  std::string text = request.url;
  for (const auto& [name, value] : request.headers) text.append("\n").append(name).append(":").append(value);
  for (const auto& [name, value] : request.secrets) text.append("\n").append(name).append(":").append(value.reveal());
  return base::sha256_hex(text);
}

std::string EtagCache::tag(const std::string& key) const {
  auto found = by_key_.find(key);
  return found == by_key_.end() ? std::string() : found->second->tag;
}

const Answer* EtagCache::find(const std::string& key) {
  auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return &found->second->answer;
}

void EtagCache::put(const std::string& key, const Answer& answer) {
  auto tag = answer.find("etag");
  if (auto found = by_key_.find(key); found != by_key_.end()) drop(found->second);
  if (answer.status != 200 || !tag || tag->empty() || answer.body.size() > bounds_.one) return;
  kept_.push_front({key, std::string(*tag), answer});
  by_key_[key] = kept_.begin();
  bytes_ += answer.body.size();
  while (kept_.size() > bounds_.entries || bytes_ > bounds_.bytes) drop(std::prev(kept_.end()));
}

void EtagCache::drop(std::list<Kept>::iterator place) {
  bytes_ -= place->answer.body.size();
  by_key_.erase(place->key);
  kept_.erase(place);
}

}  // namespace servers::rest
