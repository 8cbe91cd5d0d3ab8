#include "trust/launch/verdict.h"

namespace trust {

std::string_view ruling_name(Ruling ruling) {
  switch (ruling) {
    case Ruling::allow: return "allow";
    case Ruling::review: return "review";
    case Ruling::deny: break;
  }
  return "deny";
}

}  // namespace trust
