#include "gateway/listeners.h"

#include <vector>

#include "base/json.h"
#include "protocol/params.h"
#include "protocol/subscriptions.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using protocol::DefinitionKind;
using protocol::Method;

namespace {

Result<bool> flag(std::string_view key, std::string_view value) {
  if (value == "true") return true;
  if (value == "false") return false;
  return Error(Code::invalid_argument, "notifications." + std::string(key) + " must be true or false");
}

bool wants(const ChangeFilter& filter, DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::tool: return filter.tools;
    case DefinitionKind::prompt: return filter.prompts;
    case DefinitionKind::resource:
    case DefinitionKind::resource_template: return filter.resources;
  }
  return false;
}

Method changed_method(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::tool: return Method::tools_list_changed;
    case DefinitionKind::prompt: return Method::prompts_list_changed;
    case DefinitionKind::resource:
    case DefinitionKind::resource_template: break;
  }
  return Method::resources_list_changed;
}

}  // namespace

Result<ChangeFilter> parse_change_filter(std::string_view notifications) {
  ChangeFilter filter;
  if (notifications.empty() || notifications.front() != '{')
    return Error(Code::invalid_argument, "subscriptions/listen needs params.notifications, an object");
  base::Members members(notifications);
  while (members.next()) {
    bool* target = members.key() == "toolsListChanged"       ? &filter.tools
                   : members.key() == "promptsListChanged"   ? &filter.prompts
                   : members.key() == "resourcesListChanged" ? &filter.resources
                                                             : nullptr;
    if (target) {
      auto value = flag(members.key(), members.value());
      if (!value) return std::move(value).error();
      *target = *value;
    } else if (members.key() == "resourceSubscriptions") {
      base::Elements uris(members.value());
      while (uris.next()) {
        auto uri = base::json_string(uris.value());
        if (!uri) return Error(Code::invalid_argument, "notifications.resourceSubscriptions must hold strings");
        filter.uris.insert(*std::move(uri));
      }
      if (uris.error()) return Error(Code::invalid_argument, "notifications.resourceSubscriptions must be an array");
    }
  }
  if (members.error()) return Error(Code::invalid_argument, std::string("params.notifications: ") + members.error());
  return filter;
}

std::string encode_change_filter(const ChangeFilter& filter) {
  std::string out = "{";
  auto add = [&out](std::string_view member) {
    if (out.size() > 1) out += ',';
    out += member;
  };
  if (filter.tools) add("\"toolsListChanged\":true");
  if (filter.prompts) add("\"promptsListChanged\":true");
  if (filter.resources) add("\"resourcesListChanged\":true");
  if (!filter.uris.empty()) {
    add("\"resourceSubscriptions\":[");
    bool first = true;
    for (const auto& uri : filter.uris) {
      if (!first) out += ',';
      first = false;
      base::append_json_string(out, uri);
    }
    out += ']';
  }
  return out + '}';
}

Listeners::Seat::Seat(Listeners& listeners, ChangeFilter filter, sdk::Outlet& outlet)
    : listeners_(listeners), filter_(std::move(filter)), outlet_(outlet) {
  listeners_.seats_.insert(this);
}

Listeners::Seat::~Seat() { listeners_.seats_.erase(this); }

template <class Visit>
void Listeners::each(Visit visit) {
  std::vector<Seat*> now(seats_.begin(), seats_.end());
  for (Seat* seat : now)
    if (seats_.contains(seat)) visit(*seat);
}

void Listeners::list_changed(std::string_view server, DefinitionKind kind) {
  each([&](Seat& seat) {
    const ChangeFilter& filter = seat.filter_;
    if ((filter.server.empty() || filter.server == server) && wants(filter, kind)) tell(seat, changed_method(kind), {});
  });
}

void Listeners::resource_updated(std::string_view server, std::string_view uri) {
  each([&](Seat& seat) {
    const ChangeFilter& filter = seat.filter_;
    if (!filter.server.empty() && filter.server != server) return;
    bool wanted = filter.every_update && filter.session && filter.session->subscribed(std::string(uri));
    for (auto it = filter.uris.begin(); !wanted && it != filter.uris.end(); ++it) wanted = protocol::subscription_covers(*it, uri);
    if (wanted) tell(seat, Method::resources_updated, uri);
  });
}

void Listeners::tell(Seat& seat, Method method, std::string_view uri) {
  std::string params = "{";
  if (!seat.filter_.subscription_id.empty()) {
    params.append("\"_meta\":{\"").append(protocol::meta_key::kSubscriptionId).append("\":").append(seat.filter_.subscription_id);
    params += '}';
  }
  if (!uri.empty()) {
    if (params.size() > 1) params += ',';
    params += "\"uri\":";
    base::append_json_string(params, uri);
  }
  params += '}';
  (void)seat.outlet_.notify(method, params);  // a client that does not read loses it, and hears of the next one
}

}  // namespace gateway
