#include "gateway/carried.h"

namespace gateway {
namespace {

// What the keys of each kind are derived for. Never renamed: what was sealed before would not open any more.
constexpr std::array<std::string_view, kCarriedKinds> kPurposes = {"call state", "upstream state", "task", "cursor", "handle", "session"};

}  // namespace

Carrier::Carrier(std::string instance, std::span<const sdk::Sealer::KeyMaterial> state_keys) : instance_(std::move(instance)) {
  for (std::size_t kind = 0; kind < kCarriedKinds; ++kind)
    sealers_[kind] = std::make_unique<const sdk::Sealer>(state_keys, kPurposes[kind]);
}

std::string Carrier::seal(CarriedKind kind, std::string_view body, std::string_view caller, WallTime expires) const {
  std::string text = std::to_string(instance_.size()) + ":" + instance_;
  return sealer(kind).seal(text.append(body), caller, expires);
}

mcp::Result<Carried> Carrier::open(CarriedKind kind, std::string_view sealed, std::string_view caller, WallTime now) const {
  auto opened = sealer(kind).open(sealed, caller, now);
  if (!opened) return std::move(opened).error();
  // What opens was written by seal(): a length, a colon, the instance, the body.
  std::size_t colon = opened->find(':');
  std::size_t size = std::stoul(opened->substr(0, colon));
  return Carried{opened->substr(colon + 1, size), opened->substr(colon + 1 + size)};
}

}  // namespace gateway
