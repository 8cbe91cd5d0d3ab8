#include "gateway/carried.h"

#include <algorithm>

namespace gateway {
namespace {

// What the keys of each kind are derived for. Never renamed: what was sealed before would not open any more.
constexpr std::array<std::string_view, kCarriedKinds> kPurposes = {"call state", "upstream state", "task",    "cursor",
                                                                   "handle",     "session",        "consent", "sign in"};

// Both, unambiguously: there is no dot in an instance's name.
std::string context(std::string_view instance, std::string_view caller) { return std::string(instance) + "." + std::string(caller); }

}  // namespace

Carrier::Carrier(std::string instance, std::span<const sdk::Sealer::KeyMaterial> state_keys) : instance_(std::move(instance)) {
  for (std::size_t kind = 0; kind < kCarriedKinds; ++kind)
    sealers_[kind] = std::make_unique<const sdk::Sealer>(state_keys, kPurposes[kind]);
}

std::string_view carried_by(std::string_view sealed) {
  std::size_t dot = sealed.find('.');
  return dot == std::string_view::npos ? std::string_view() : sealed.substr(0, dot);
}

std::string Carrier::seal(CarriedKind kind, std::string_view body, std::string_view caller, WallTime expires) const {
  std::string out = instance_ + ".";
  return out += sealer(kind).seal(body, context(instance_, caller), expires);
}

mcp::Result<Carried> Carrier::open(CarriedKind kind, std::string_view sealed, std::string_view caller, WallTime now) const {
  const std::string_view instance = carried_by(sealed);
  auto opened = sealer(kind).open(sealed.substr(std::min(sealed.size(), instance.size() + 1)), context(instance, caller), now);
  if (!opened) return std::move(opened).error();
  return Carried{std::string(instance), *std::move(opened)};
}

}  // namespace gateway
