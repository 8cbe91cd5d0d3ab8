// The latest used of many values.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

namespace gateway {

// At most `most` values by key; the least lately used one goes first.
// Threads: one only.
template <class Key, class Value>
class Recent {
 public:
  explicit Recent(std::size_t most) : most_(most) {}

  // Null when it is not there. Counts as a use.
  template <class K>
  Value* find(const K& key) {
    auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    values_.splice(values_.begin(), values_, found->second);
    return &found->second->second;
  }

  // In place of what stood under `key`.
  Value& put(Key key, Value value) {
    if (Value* old = find(key)) return *old = std::move(value);
    values_.emplace_front(key, std::move(value));
    by_key_.emplace(std::move(key), values_.begin());
    if (values_.size() > most_) {
      by_key_.erase(values_.back().first);
      values_.pop_back();
    }
    return values_.front().second;
  }

  void clear() {
    by_key_.clear();
    values_.clear();
  }

  std::size_t size() const { return values_.size(); }

 private:
  using Values = std::list<std::pair<Key, Value>>;
  std::size_t most_;
  Values values_;
  std::map<Key, typename Values::iterator, std::less<>> by_key_;
};

}  // namespace gateway
