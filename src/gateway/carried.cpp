#include "gateway/carried.h"

namespace gateway {
namespace {

// Purpose and caller, unambiguously.
std::string context(CarriedKind kind, std::string_view caller) {
  return std::to_string(static_cast<int>(kind)) + ":" + std::string(caller);
}

}  // namespace

std::string Carrier::seal(CarriedKind kind, std::string_view body, std::string_view caller, WallTime expires) const {
  std::string text = std::to_string(instance_.size()) + ":" + instance_;
  return sealer_.seal(text.append(body), context(kind, caller), expires);
}

mcp::Result<Carried> Carrier::open(CarriedKind kind, std::string_view sealed, std::string_view caller, WallTime now) const {
  auto opened = sealer_.open(sealed, context(kind, caller), now);
  if (!opened) return std::move(opened).error();
  // What opens was written by seal(): a length, a colon, the instance, the body.
  std::size_t colon = opened->find(':');
  std::size_t size = std::stoul(opened->substr(0, colon));
  return Carried{opened->substr(colon + 1, size), opened->substr(colon + 1 + size)};
}

}  // namespace gateway
