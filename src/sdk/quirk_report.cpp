#include "sdk/quirk_report.h"

#include <string>

#include "base/json.h"
#include "base/log.h"
#include "sdk/once.h"

namespace sdk {
namespace {

std::string member(std::string_view object, std::string_view key) {
  return base::is_object(object) ? base::json_string(base::find_member(object, key)).value_or("") : std::string();
}

}  // namespace

void report_quirks(protocol::QuirkSet quirks, protocol::Strictness strictness, std::string_view client_info, std::string_view user_agent) {
  static OncePerPeer told;
  if (quirks.empty()) return;
  std::string name = member(client_info, "name");
  const std::string version = member(client_info, "version");
  if (name.empty()) name = user_agent.substr(0, user_agent.find_first_of("/ "));
  const std::string peer = peer_name(name, version);
  for (const protocol::QuirkFacts& one : protocol::all_quirks()) {
    if (!quirks.has(one.quirk) || !told.first(peer, one.name)) continue;
    const bool served = strictness == protocol::Strictness::lenient && one.lenient == protocol::QuirkFacts::Lenient::served;
    std::string text(one.does);
    text.append(served ? "; served all the same. It should " : "; refused. It should ").append(one.remedy);
    text.append(" (").append(one.where).append(")");
    base::log::warn(text, {{"quirk", one.name}, {"peer", peer}, {"known", protocol::is_known(name, version, one.quirk) ? "yes" : "no"}});
  }
}

}  // namespace sdk
