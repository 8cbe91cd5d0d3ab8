// A table that forgets what was not used for longest.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

namespace oauth {

// At most `most` entries; one more takes the place of the one used longest ago.
// Threads: one.
template <class Key, class Value, class Hash = std::hash<Key>>
class BoundedTable {
 public:
  explicit BoundedTable(std::size_t most) : most_(most) {}

  // The entry, which counts as used now; null when there is none. Good until the next put(), erase() or clear().
  Value* find(const Key& key) {
    auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }
  Value& put(const Key& key, Value value) {
    if (Value* old = find(key)) return *old = std::move(value);
    if (entries_.size() >= most_ && !entries_.empty()) {
      places_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, std::move(value));
    places_.emplace(key, entries_.begin());
    return entries_.front().second;
  }
  void erase(const Key& key) {
    auto found = places_.find(key);
    if (found == places_.end()) return;
    entries_.erase(found->second);
    places_.erase(found);
  }
  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;
  std::size_t most_;
  Entries entries_;  // the one used last comes first
  std::unordered_map<Key, typename Entries::iterator, Hash> places_;
};

}  // namespace oauth
