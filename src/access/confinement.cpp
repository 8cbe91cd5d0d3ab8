#include "access/confinement.h"

#include <algorithm>

namespace authz {

bool Confinement::holds(const Part& part, const Principal& who) const {
  if (std::find(who.profiles.begin(), who.profiles.end(), part.name) != who.profiles.end()) return true;
  return part.confines && part.confines->fits(who);
}

bool Confinement::confined(const Principal& who) const {
  return !who.profiles.empty() ||
         std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) { return part.confines && part.confines->fits(who); });
}

bool Confinement::outside(const Principal& who, const Subject& subject) const {
  if (!confined(who)) return false;
  return std::none_of(parts_.begin(), parts_.end(), [&](const Part& part) {
    if (!part.has_server(subject.server) || !holds(part, who)) return false;
    return subject.kind() != Subject::Kind::tool || part.has_tool(subject.server, subject.name);
  });
}

Sight Confinement::sight(const Principal& who, std::string_view server, Subject::Kind kind) const {
  if (!confined(who)) return Sight::all;
  Sight out = Sight::nothing;
  for (const Part& part : parts_) {
    if (!part.has_server(server) || !holds(part, who)) continue;
    if (kind != Subject::Kind::tool || part.all_tools) return Sight::all;
    out = Sight::something;
  }
  return out;
}

std::string Confinement::standing(const Principal& who) const {
  if (!confined(who)) return {};
  std::string out = "/";
  for (const Part& part : parts_) out += holds(part, who) ? '1' : '0';
  return out;
}

bool Confinement::by_caller() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.confines.has_value(); });
}

}  // namespace authz
