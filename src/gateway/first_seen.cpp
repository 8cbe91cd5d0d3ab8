#include "gateway/first_seen.h"

#include "base/event.h"

namespace gateway {
namespace {

void tell(const base::Principal& who, const sdk::Inbound& in, std::string_view how) {
  base::Event event;
  event.kind = "client.connected";
  event.subject = std::string_view(in.client_info).substr(0, 1'024);
  event.actor = who.id;
  event.outcome = "ok";
  event.detail.append(how).append(" in revision ").append(in.revision().name).append(in.http ? " over http" : " over stdio");
  base::events::happened(event);
}

}  // namespace

void FirstSeen::connected(const base::Principal& who, const sdk::Inbound& in) { tell(who, in, "initialized"); }

void FirstSeen::called(const base::CallRecord& call, const sdk::Inbound& in) {
  if (!call.caller || !in.modern()) return;
  std::string key;
  key.reserve(kLongest);
  key.append(call.caller->id).append("\n").append(call.revision).append("\n");
  key.append(std::string_view(in.client_info).substr(0, kLongest));
  if (known_.find(key)) return;
  known_.put(std::move(key), true);
  tell(*call.caller, in, "first request");
}

}  // namespace gateway
