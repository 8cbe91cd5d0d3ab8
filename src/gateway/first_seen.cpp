#include "gateway/first_seen.h"

#include "base/event.h"
#include "base/json.h"

namespace gateway {
namespace {

void tell(const base::Principal& who, const sdk::Inbound& in, std::string_view info, std::string_view how) {
  base::Event event;
  event.kind = "client.connected";
  event.subject = info.substr(0, 1'024);
  event.actor = who.id;
  event.outcome = "ok";
  event.detail.append(how).append(in.http ? " over http" : " over stdio");
  base::events::happened(event);
}

}  // namespace

// Its revision is not settled yet; what it asked for stands in the request.
void FirstSeen::connected(const base::Principal& who, const sdk::Inbound& in) {
  const std::string_view params = in.rpc.message.params;
  if (!base::is_object(params)) return;
  const std::string asked = base::json_string(base::find_member(params, "protocolVersion")).value_or("");
  const std::string_view info = base::find_member(params, "clientInfo");
  tell(who, in, info.empty() ? in.client_info : info, "initialize, asks for revision " + asked.substr(0, 32));
}

void FirstSeen::called(const base::CallRecord& call, const sdk::Inbound& in) {
  if (!call.caller || !in.modern()) return;
  std::string key;
  key.reserve(kLongest);
  key.append(call.caller->id).append("\n").append(call.revision).append("\n");
  key.append(std::string_view(in.client_info).substr(0, kLongest));
  if (known_.find(key)) return;
  known_.put(std::move(key), true);
  tell(*call.caller, in, in.client_info, "first request in revision " + std::string(call.revision));
}

}  // namespace gateway
