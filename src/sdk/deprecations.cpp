#include "sdk/deprecations.h"

#include "base/log.h"
#include "sdk/once.h"

namespace sdk {

std::string deprecation_text(protocol::Deprecated feature) {
  const protocol::Deprecation& about = protocol::deprecation(feature);
  std::string text(about.name);
  text.append(": deprecated since ").append(about.since);
  text.append(", may be gone from ").append(about.earliest_removal).append(" on; instead, ").append(about.remedy);
  return text;
}

void report_deprecated(std::string_view peer, protocol::Deprecated feature) {
  static OncePerPeer told;
  if (told.first(peer, protocol::deprecation(feature).name))
    base::log::warn(deprecation_text(feature), {{"peer", peer.empty() ? std::string_view("unnamed") : peer}});
}

}  // namespace sdk
