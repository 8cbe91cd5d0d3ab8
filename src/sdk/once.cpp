#include "sdk/once.h"

#include "base/json.h"

namespace sdk {
namespace {

constexpr std::size_t kLongestName = 100;

// What a peer says of itself may be anything: of a name, the printable beginning is enough.
std::string tame(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, kLongestName)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out;
}

}  // namespace

bool OncePerPeer::first(std::string_view peer, std::string_view what) {
  std::string key(peer.substr(0, 2 * kLongestName));
  key.append("\n").append(what);
  std::lock_guard lock(mutex_);
  if (!known_.insert(key).second) return false;
  order_.push_back(std::move(key));
  if (order_.size() > most_) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

std::size_t OncePerPeer::size() const {
  std::lock_guard lock(mutex_);
  return known_.size();
}

std::string peer_name(std::string_view name, std::string_view version) {
  if (name.empty()) return "a peer without a name";
  return version.empty() ? tame(name) : tame(name) + " " + tame(version);
}

std::string peer_name(std::string_view implementation_json) {
  if (!base::is_object(implementation_json)) return peer_name({}, {});
  auto name = base::json_string(base::find_member(implementation_json, "name")).value_or("");
  return peer_name(name, base::json_string(base::find_member(implementation_json, "version")).value_or(""));
}

}  // namespace sdk
