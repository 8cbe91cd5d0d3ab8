#include "trust/scan/finding.h"

namespace trust {

std::string_view tier_name(Tier tier) {
  switch (tier) {
    case Tier::clean: return "clean";
    case Tier::review: return "review";
    case Tier::block: break;
  }
  return "block";
}

}  // namespace trust
