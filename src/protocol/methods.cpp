#include "protocol/methods.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "protocol/params.h"

namespace protocol {
namespace {

constexpr auto kRequest = MethodKind::request;
constexpr auto kNotification = MethodKind::notification;

// In the order of the enumerators. "modern" and "legacy" say in which era it is a message of its own.
constexpr std::array kMethods = {
    MethodFacts{},
    MethodFacts{.method = Method::server_discover, .name = "server/discover", .modern = true, .from_client = true, .cacheable = true},
    MethodFacts{.method = Method::initialize, .name = "initialize", .legacy = true, .from_client = true},
    MethodFacts{.method = Method::ping, .name = "ping", .legacy = true, .from_client = true, .from_server = true},
    MethodFacts{.method = Method::tools_list,
                .name = "tools/list",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .cacheable = true,
                .server_capability = "tools"},
    MethodFacts{.method = Method::tools_call,
                .name = "tools/call",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .name_source = NameSource::name,
                .may_ask_input = true,
                .server_capability = "tools"},
    MethodFacts{.method = Method::prompts_list,
                .name = "prompts/list",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .cacheable = true,
                .server_capability = "prompts"},
    MethodFacts{.method = Method::prompts_get,
                .name = "prompts/get",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .name_source = NameSource::name,
                .may_ask_input = true,
                .server_capability = "prompts"},
    MethodFacts{.method = Method::resources_list,
                .name = "resources/list",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .cacheable = true,
                .server_capability = "resources"},
    MethodFacts{.method = Method::resources_templates_list,
                .name = "resources/templates/list",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .cacheable = true,
                .server_capability = "resources"},
    MethodFacts{.method = Method::resources_read,
                .name = "resources/read",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .name_source = NameSource::uri,
                .cacheable = true,
                .may_ask_input = true,
                .server_capability = "resources"},
    MethodFacts{.method = Method::resources_subscribe,
                .name = "resources/subscribe",
                .legacy = true,
                .from_client = true,
                .server_capability = "resources"},
    MethodFacts{.method = Method::resources_unsubscribe,
                .name = "resources/unsubscribe",
                .legacy = true,
                .from_client = true,
                .server_capability = "resources"},
    MethodFacts{.method = Method::completion_complete,
                .name = "completion/complete",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .server_capability = "completions"},
    MethodFacts{.method = Method::logging_set_level,
                .name = "logging/setLevel",
                .legacy = true,
                .from_client = true,
                .server_capability = "logging"},
    MethodFacts{.method = Method::subscriptions_listen, .name = "subscriptions/listen", .modern = true, .from_client = true},
    MethodFacts{.method = Method::tasks_get,
                .name = "tasks/get",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .from_server = true,
                .name_source = NameSource::task_id,
                .client_extension = kTasksExtension},
    MethodFacts{.method = Method::tasks_update,
                .name = "tasks/update",
                .modern = true,
                .from_client = true,
                .name_source = NameSource::task_id,
                .client_extension = kTasksExtension},
    MethodFacts{.method = Method::tasks_cancel,
                .name = "tasks/cancel",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .from_server = true,
                .name_source = NameSource::task_id,
                .client_extension = kTasksExtension},
    MethodFacts{.method = Method::tasks_list,
                .name = "tasks/list",
                .legacy = true,
                .from_client = true,
                .from_server = true,
                .server_capability = "tasks"},
    MethodFacts{.method = Method::tasks_result,
                .name = "tasks/result",
                .legacy = true,
                .from_client = true,
                .from_server = true,
                .server_capability = "tasks"},
    MethodFacts{.method = Method::skills_list,
                .name = "skills/list",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .cacheable = true,
                .server_extension = kSkillsExtension},
    MethodFacts{.method = Method::skills_get,
                .name = "skills/get",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .cacheable = true,
                .server_extension = kSkillsExtension},
    MethodFacts{.method = Method::resources_directory_read,
                .name = "resources/directory/read",
                .modern = true,
                .legacy = true,
                .from_client = true,
                .cacheable = true,
                .server_extension = kSkillsExtension},
    MethodFacts{.method = Method::elicitation_create, .name = "elicitation/create", .legacy = true, .from_server = true},
    MethodFacts{.method = Method::sampling_create_message, .name = "sampling/createMessage", .legacy = true, .from_server = true},
    MethodFacts{.method = Method::roots_list, .name = "roots/list", .legacy = true, .from_server = true},
    MethodFacts{
        .method = Method::initialized, .name = "notifications/initialized", .kind = kNotification, .legacy = true, .from_client = true},
    MethodFacts{.method = Method::cancelled,
                .name = "notifications/cancelled",
                .kind = kNotification,
                .modern = true,
                .legacy = true,
                .from_client = true,
                .from_server = true},
    MethodFacts{.method = Method::progress,
                .name = "notifications/progress",
                .kind = kNotification,
                .modern = true,
                .legacy = true,
                .from_client = true,
                .from_server = true},
    MethodFacts{.method = Method::message,
                .name = "notifications/message",
                .kind = kNotification,
                .modern = true,
                .legacy = true,
                .from_server = true},
    MethodFacts{.method = Method::tools_list_changed,
                .name = "notifications/tools/list_changed",
                .kind = kNotification,
                .modern = true,
                .legacy = true,
                .from_server = true},
    MethodFacts{.method = Method::prompts_list_changed,
                .name = "notifications/prompts/list_changed",
                .kind = kNotification,
                .modern = true,
                .legacy = true,
                .from_server = true},
    MethodFacts{.method = Method::resources_list_changed,
                .name = "notifications/resources/list_changed",
                .kind = kNotification,
                .modern = true,
                .legacy = true,
                .from_server = true},
    MethodFacts{.method = Method::resources_updated,
                .name = "notifications/resources/updated",
                .kind = kNotification,
                .modern = true,
                .legacy = true,
                .from_server = true},
    MethodFacts{.method = Method::roots_list_changed,
                .name = "notifications/roots/list_changed",
                .kind = kNotification,
                .legacy = true,
                .from_client = true},
    MethodFacts{.method = Method::elicitation_complete,
                .name = "notifications/elicitation/complete",
                .kind = kNotification,
                .legacy = true,
                .from_server = true},
    MethodFacts{.method = Method::subscriptions_acknowledged,
                .name = "notifications/subscriptions/acknowledged",
                .kind = kNotification,
                .modern = true,
                .from_server = true},
    MethodFacts{.method = Method::tasks, .name = "notifications/tasks", .kind = kNotification, .modern = true, .from_server = true},
    MethodFacts{.method = Method::tasks_status,
                .name = "notifications/tasks/status",
                .kind = kNotification,
                .legacy = true,
                .from_client = true,
                .from_server = true},
};
static_assert(kMethods.size() == kMethodCount);
static_assert([] {
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    if (static_cast<std::size_t>(kMethods[i].method) != i) return false;
  }
  return true;
}());

// The names in alphabetical order, for find_method.
constexpr auto kByName = [] {
  std::array<Method, kMethodCount> order{};
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Method>(i);
  std::sort(order.begin(), order.end(),
            [](Method a, Method b) { return kMethods[static_cast<std::size_t>(a)].name < kMethods[static_cast<std::size_t>(b)].name; });
  return order;
}();

}  // namespace

const MethodFacts& facts(Method method) { return kMethods[static_cast<std::size_t>(method)]; }

Method find_method(std::string_view name) {
  auto at = std::lower_bound(kByName.begin(), kByName.end(), name, [](Method m, std::string_view n) { return facts(m).name < n; });
  return at != kByName.end() && facts(*at).name == name ? *at : Method::unknown;
}

std::string_view name_member(NameSource source) {
  switch (source) {
    case NameSource::name: return "name";
    case NameSource::uri: return "uri";
    case NameSource::task_id: return "taskId";
    case NameSource::none: break;
  }
  return {};
}

MethodSet MethodSet::everything() {
  MethodSet all;
  for (const MethodFacts& f : kMethods) {
    if (f.kind == kRequest && f.from_client && f.server_extension.empty()) all.add(f.method);
  }
  return all;
}

}  // namespace protocol
