#include "mcp/handles.h"

#include <openssl/rand.h>

#include <map>
#include <mutex>

#include "base/digest.h"

namespace mcp::detail {
namespace {

using Clock = std::chrono::system_clock;

std::string random_hex() {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return {};
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned char byte : bytes) out.append({kHex[byte >> 4], kHex[byte & 15]});
  return out;
}

std::string owner_of(const Call& call) {
  const Principal& principal = call.principal();
  if (!principal.signed_in()) return {};
  return base::sha256_hex(std::to_string(principal.issuer.size()) + ":" + principal.issuer + principal.subject);
}

}  // namespace

struct HandleTable::State {
  std::string prefix;
  HandleOptions options;
  mutable std::mutex mutex;
  std::map<std::string, KeptHandle, std::less<>> kept;  // by key
  std::map<std::string, std::size_t> of_owner;
  Clock::time_point next_sweep = {};

  using Place = std::map<std::string, KeptHandle, std::less<>>::iterator;

  void add(KeptHandle one) {
    ++of_owner[one.owner];
    std::string key = one.key;
    kept.emplace(std::move(key), std::move(one));
  }

  Result<> remove(Place at) {
    Result<> erased;
    if (options.store) erased = options.store->erase(at->first);
    if (auto owner = of_owner.find(at->second.owner); owner != of_owner.end() && --owner->second == 0) of_owner.erase(owner);
    kept.erase(at);
    return erased;
  }

  // Drops what has expired; a store that cannot forget it now is asked again after the next start.
  void sweep(Clock::time_point now) {
    next_sweep = now + options.ttl / 4;
    for (auto it = kept.begin(); it != kept.end();) {
      auto at = it++;
      if (at->second.expires <= now) (void)remove(at);
    }
  }

  Result<> keep(const KeptHandle& one) { return options.store ? options.store->put(one) : Result<>(); }

  Error bad() const {
    std::string text = "this " + prefix + " does not exist, has expired, or belongs to someone else";
    text += options.remedy.empty() ? "; ask for a new one" : "; " + options.remedy;
    return Error(Code::invalid_argument, text);
  }

  // Where a good handle of this caller is.
  Result<Place> find(const Call& call, std::string_view handle, Clock::time_point now) {
    if (handle.size() != prefix.size() + 1 + 32) return bad();
    auto at = kept.find(base::sha256_hex(handle));
    if (at == kept.end() || at->second.owner != owner_of(call)) return bad();
    if (at->second.expires <= now) {
      (void)remove(at);
      return bad();
    }
    return at;
  }

  Error too_large(std::size_t size) const {
    return Error(Code::too_large,
                 "a " + prefix + " holds at most " + std::to_string(options.most_bytes) + " bytes; this would be " + std::to_string(size));
  }
};

HandleTable::HandleTable(std::string prefix, HandleOptions options) : state_(std::make_unique<State>()) {
  state_->prefix = std::move(prefix);
  state_->options = std::move(options);
  if (!state_->options.store) return;
  auto now = state_->options.now();
  for (auto& one : state_->options.store->load()) {
    if (one.expires > now && state_->kept.size() < state_->options.most)
      state_->add(std::move(one));
    else
      (void)state_->options.store->erase(one.key);
  }
}
HandleTable::~HandleTable() = default;
HandleTable::HandleTable(HandleTable&&) noexcept = default;
HandleTable& HandleTable::operator=(HandleTable&&) noexcept = default;

Result<std::string> HandleTable::make(const Call& call, std::string value) {
  State& s = *state_;
  if (value.size() > s.options.most_bytes) return s.too_large(value.size());
  std::string chance = random_hex();
  if (chance.empty()) return Error(Code::internal, "there are no random numbers", "internal error");
  std::string handle = s.prefix + "_" + chance;
  std::lock_guard lock(s.mutex);
  auto now = s.options.now();
  std::string owner = owner_of(call);
  auto full = [&] {
    auto own = s.of_owner.find(owner);
    return s.kept.size() >= s.options.most || (own != s.of_owner.end() && own->second >= s.options.most_of_one_caller);
  };
  if (now >= s.next_sweep || full()) s.sweep(now);
  if (full()) return Error(Code::rate_limited, "there are too many of " + s.prefix + " now; drop some, or try again later");
  KeptHandle one{base::sha256_hex(handle), std::move(owner), now + s.options.ttl, std::move(value)};
  if (auto kept = s.keep(one); !kept) return std::move(kept).error();
  s.add(std::move(one));
  return handle;
}

Result<std::string> HandleTable::get(const Call& call, std::string_view handle) {
  State& s = *state_;
  std::lock_guard lock(s.mutex);
  auto now = s.options.now();
  auto at = s.find(call, handle, now);
  if (!at) return std::move(at).error();
  KeptHandle& one = (*at)->second;
  // A longer life is written down only when it is worth it.
  bool worth = now + s.options.ttl - one.expires > s.options.ttl / 10;
  if (worth) {
    KeptHandle later = one;
    later.expires = now + s.options.ttl;
    if (auto kept = s.keep(later); !kept) return std::move(kept).error();
    one = std::move(later);
  }
  return one.value;
}

Result<> HandleTable::change(const Call& call, std::string_view handle,
                             const std::function<Result<std::string>(std::string_view old)>& change) {
  State& s = *state_;
  std::lock_guard lock(s.mutex);
  auto now = s.options.now();
  auto at = s.find(call, handle, now);
  if (!at) return std::move(at).error();
  Result<std::string> value = change((*at)->second.value);
  if (!value) return std::move(value).error();
  if (value->size() > s.options.most_bytes) return s.too_large(value->size());
  KeptHandle changed = (*at)->second;
  changed.expires = now + s.options.ttl;
  changed.value = *std::move(value);
  if (auto kept = s.keep(changed); !kept) return kept;
  (*at)->second = std::move(changed);
  return {};
}

Result<> HandleTable::drop(const Call& call, std::string_view handle) {
  State& s = *state_;
  std::lock_guard lock(s.mutex);
  auto at = s.find(call, handle, s.options.now());
  if (!at) return std::move(at).error();
  return s.remove(*at);
}

std::size_t HandleTable::size() const {
  std::lock_guard lock(state_->mutex);
  return state_->kept.size();
}

}  // namespace mcp::detail
