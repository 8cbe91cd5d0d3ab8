#include "gateway/budget/kept_results.h"

#include <utility>

#include "sdk/session.h"

namespace gateway {
namespace {

// 96 bits: short, as a model has to repeat it.
constexpr std::size_t kHandleSize = 16;
constexpr std::string_view kDropped = "\n[the rest was too large to be kept]\n";

}  // namespace

std::string KeptResults::new_handle() { return "r" + sdk::random_id().substr(0, kHandleSize); }

void KeptResults::drop(Order::iterator one) {
  const std::size_t size = one->rest->size();
  bytes_ -= size;
  if (auto of = of_caller_.find(one->caller); of != of_caller_.end() && (of->second -= size) == 0) of_caller_.erase(of);
  by_handle_.erase(one->handle);
  kept_.erase(one);
}

void KeptResults::make_room(std::string_view caller, std::size_t size, base::Instant now) {
  while (!kept_.empty() && kept_.front().until <= now) drop(kept_.begin());
  while (!kept_.empty() && bytes_ + size > kMostBytes) drop(kept_.begin());
  const std::string key(caller);
  for (auto at = kept_.begin(); at != kept_.end();) {
    auto of = of_caller_.find(key);
    if (of == of_caller_.end() || of->second + size <= kMostOfCaller) break;
    auto one = at++;
    if (one->caller == caller) drop(one);
  }
}

void KeptResults::keep(std::string handle, std::string_view caller, std::string rest, base::Instant now) {
  if (rest.size() > kMostOfCaller) {
    std::size_t end = kMostOfCaller - kDropped.size();
    while (end > 0 && (static_cast<unsigned char>(rest[end]) & 0xc0U) == 0x80) --end;
    rest.resize(end);
    rest += kDropped;
  }
  if (rest.empty()) rest = "\n";
  make_room(caller, rest.size(), now);
  bytes_ += rest.size();
  of_caller_[std::string(caller)] += rest.size();
  kept_.push_back({std::move(handle), std::string(caller), std::make_shared<const std::string>(std::move(rest)), now + kLives});
  by_handle_.emplace(kept_.back().handle, std::prev(kept_.end()));
}

std::shared_ptr<const std::string> KeptResults::find(std::string_view handle, std::string_view caller, base::Instant now) {
  auto found = by_handle_.find(handle);
  if (found == by_handle_.end() || found->second->caller != caller) return nullptr;
  if (found->second->until <= now) {
    drop(found->second);
    return nullptr;
  }
  found->second->until = now + kLives;
  kept_.splice(kept_.end(), kept_, found->second);
  return kept_.back().rest;
}

}  // namespace gateway
