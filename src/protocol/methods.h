// The methods of all revisions, as a closed list with what is known of each.
#pragma once

#include <bitset>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>

#include "protocol/versions/revision.h"

namespace protocol {

// A method of the protocol. `unknown` is any other.
enum class Method {
  unknown,
  // requests of a client
  server_discover,
  initialize,
  ping,
  tools_list,
  tools_call,
  prompts_list,
  prompts_get,
  resources_list,
  resources_templates_list,
  resources_read,
  resources_subscribe,
  resources_unsubscribe,
  completion_complete,
  logging_set_level,
  subscriptions_listen,
  tasks_get,
  tasks_update,
  tasks_cancel,
  tasks_list,
  tasks_result,
  skills_list,
  skills_get,
  resources_directory_read,
  // requests of a legacy server; in the modern era only as values of `inputRequests`
  elicitation_create,
  sampling_create_message,
  roots_list,
  // notifications
  initialized,
  cancelled,
  progress,
  message,
  tools_list_changed,
  prompts_list_changed,
  resources_list_changed,
  resources_updated,
  roots_list_changed,
  elicitation_complete,
  subscriptions_acknowledged,
  tasks,
  tasks_status,
};
inline constexpr std::size_t kMethodCount = static_cast<std::size_t>(Method::tasks_status) + 1;

enum class MethodKind { request, notification };
// Which member of `params` the header Mcp-Name repeats (HTTP, "Request Metadata"; the tasks extension).
enum class NameSource { none, name, uri, task_id };

// What is known of a method.
struct MethodFacts {
  Method method = Method::unknown;
  std::string_view name;
  MethodKind kind = MethodKind::request;
  bool modern = false;  // a peer of the modern era may send it as a message
  bool legacy = false;  // a peer of the legacy era may
  bool from_client = false;
  bool from_server = false;
  NameSource name_source = NameSource::none;
  bool cacheable = false;              // its complete result carries ttlMs and cacheScope
  bool may_ask_input = false;          // it may be answered with resultType input_required
  std::string_view server_capability;  // the key in ServerCapabilities that offers it, or empty: always there
  std::string_view client_extension;   // the extension that the client must have declared, or empty
  std::string_view server_extension;   // the extension of a server without which there is no such method, or empty
};

const MethodFacts& facts(Method method);
// The method of that name; Method::unknown when there is none. Exact, case included.
Method find_method(std::string_view name);
inline std::string_view method_name(Method method) { return facts(method).name; }
// The member's name in `params`, or empty.
std::string_view name_member(NameSource source);

// A set of methods: what a server serves.
class MethodSet {
 public:
  MethodSet() = default;
  MethodSet(std::initializer_list<Method> methods) {
    for (auto m : methods) add(m);
  }
  // Each method that a server of either era can serve, but for those of extensions that a server must have.
  static MethodSet everything();

  void add(Method method) { bits_.set(static_cast<std::size_t>(method)); }
  void remove(Method method) { bits_.reset(static_cast<std::size_t>(method)); }
  bool has(Method method) const { return bits_.test(static_cast<std::size_t>(method)); }

 private:
  std::bitset<kMethodCount> bits_;
};

}  // namespace protocol
