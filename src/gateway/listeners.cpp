#include "gateway/listeners.h"

#include <algorithm>
#include <vector>

#include "base/json.h"
#include "protocol/params.h"
#include "protocol/splice.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using protocol::DefinitionKind;
using protocol::Method;

namespace {

// Before an acknowledgement: more than this does not happen in the seconds that it takes.
constexpr std::size_t kMostWaiting = 1'000;

Result<bool> flag(std::string_view key, std::string_view value) {
  if (value == "true") return true;
  if (value == "false") return false;
  return Error(Code::invalid_argument, "notifications." + std::string(key) + " must be true or false");
}

Result<> strings(std::string_view key, std::string_view value, std::set<std::string, std::less<>>& into) {
  base::Elements all(value);
  while (all.next()) {
    auto one = base::json_string(all.value());
    if (!one) return Error(Code::invalid_argument, "notifications." + std::string(key) + " must hold strings");
    into.insert(*std::move(one));
  }
  if (all.error()) return Error(Code::invalid_argument, "notifications." + std::string(key) + " must be an array");
  return {};
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
    } else if (members.key() == "resourceSubscriptions" || members.key() == "taskIds") {
      auto& target_set = members.key() == "taskIds" ? filter.task_ids : filter.uris;
      if (auto read = strings(members.key(), members.value(), target_set); !read) return std::move(read).error();
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
  auto list = [&](std::string_view key, const std::set<std::string, std::less<>>& values) {
    if (values.empty()) return;
    std::string member = base::quoted(key) + ":[";
    for (const auto& value : values) {
      if (member.back() != '[') member += ',';
      base::append_json_string(member, value);
    }
    add(member + "]");
  };
  list("resourceSubscriptions", filter.uris);
  list("taskIds", filter.task_ids);
  return out + '}';
}

Listeners::Seat::Seat(Listeners& listeners, ChangeFilter filter, sdk::Outlet& outlet)
    : listeners_(listeners), filter_(std::move(filter)), outlet_(outlet), acknowledged_(filter_.subscription_id.empty()) {
  listeners_.seats_.insert(this);
  if (filter_.session) listeners_.by_session_.emplace(filter_.session.get(), this);
}

Listeners::Seat::~Seat() {
  listeners_.seats_.erase(this);
  auto [begin, end] = listeners_.by_session_.equal_range(filter_.session.get());
  auto mine = std::find_if(begin, end, [this](const auto& one) { return one.second == this; });
  if (mine != end) listeners_.by_session_.erase(mine);
}

Result<> Listeners::Seat::acknowledge(const ChangeFilter& granted) {
  acknowledged_ = true;
  const std::string params = "{\"notifications\":" + encode_change_filter(granted) + "}";
  const std::string with_id = protocol::with_meta(params, {{protocol::meta_key::kSubscriptionId, filter_.subscription_id}});
  if (auto said = outlet_.notify(Method::subscriptions_acknowledged, with_id); !said) return said;
  for (const auto& [method, what] : std::exchange(waiting_, {})) tell(method, what);
  return {};
}

void Listeners::Seat::updated(std::string_view uri) { tell(Method::resources_updated, "{\"uri\":" + base::quoted(uri) + "}"); }

void Listeners::Seat::tell(Method method, std::string_view params) {
  if (!acknowledged_) {
    if (waiting_.size() < kMostWaiting) waiting_.emplace(method, params);
    return;
  }
  // A client that does not read loses it, and hears of the next one.
  if (filter_.subscription_id.empty())
    (void)outlet_.notify(method, params);
  else
    (void)outlet_.notify(method, protocol::with_meta(params, {{protocol::meta_key::kSubscriptionId, filter_.subscription_id}}));
}

template <class Visit>
void Listeners::each(Visit visit) {
  std::vector<Seat*> now(seats_.begin(), seats_.end());
  for (Seat* seat : now)
    if (seats_.contains(seat)) visit(*seat);
}

void Listeners::list_changed(std::string_view server, DefinitionKind kind) {
  each([&](Seat& seat) {
    const ChangeFilter& filter = seat.filter_;
    if (!(filter.server.empty() || filter.server == server) || !wants(filter, kind)) return;
    if (!filter.hears || filter.hears(server, kind)) seat.tell(changed_method(kind), "{}");
  });
}

void Listeners::updated(const sdk::Session& session, std::string_view uri) {
  tell(session, Method::resources_updated, "{\"uri\":" + base::quoted(uri) + "}");
}

void Listeners::tell(const sdk::Session& session, Method method, std::string_view params) {
  auto [begin, end] = by_session_.equal_range(&session);
  std::vector<Seat*> now;
  for (auto it = begin; it != end; ++it) now.push_back(it->second);
  for (Seat* seat : now)
    if (seats_.contains(seat)) seat->tell(method, params);
}

}  // namespace gateway
