#include "gateway/bridge/task_offer.h"

#include "base/json.h"
#include "protocol/params.h"
#include "protocol/splice.h"

namespace gateway {
namespace {

bool has_extension(std::string_view capabilities) { return protocol::declares_extension(capabilities, protocol::kTasksExtension); }

bool has_core(std::string_view capabilities) {
  for (std::string_view key : {"tasks", "requests", "tools", "call"}) {
    if (!base::is_object(capabilities)) return false;
    capabilities = base::find_member(capabilities, key);
  }
  return !capabilities.empty();
}

}  // namespace

TaskWords task_words(const Hello& hello) {
  // Nearly no upstream has them.
  if (!hello.revision || hello.capabilities.find("tasks") == std::string::npos) return TaskWords::none;
  if (hello.revision->era == protocol::Era::modern) return has_extension(hello.capabilities) ? TaskWords::extension : TaskWords::none;
  return hello.revision->features.tasks_core && has_core(hello.capabilities) ? TaskWords::core : TaskWords::none;
}

bool offers_tasks(std::string_view capabilities) {
  return capabilities.find("tasks") != std::string_view::npos && (has_extension(capabilities) || has_core(capabilities));
}

std::string with_task_capabilities(std::string_view capabilities) {
  std::string_view known = base::is_object(capabilities) ? base::find_member(capabilities, "extensions") : std::string_view();
  std::string extensions = protocol::with_members(base::is_object(known) ? known : "{}", {{protocol::kTasksExtension, "{}"}});
  return protocol::with_members(capabilities,
                                {{"tasks", R"({"list":{},"cancel":{},"requests":{"tools":{"call":{}}}})"}, {"extensions", extensions}});
}

void settle_execution(protocol::Definition& tool, TaskWords words) {
  if (words == TaskWords::core || (words == TaskWords::none && tool.task_support.empty())) return;
  if (words == TaskWords::none) {
    tool.task_support.clear();
    tool.raw = protocol::without_members(tool.raw, {"execution"});
    return;
  }
  tool.task_support = "optional";
  tool.raw = protocol::with_members(tool.raw, {{"execution", R"({"taskSupport":"optional"})"}});
}

bool client_has_tasks(const sdk::Inbound& in) {
  return in.modern() ? has_extension(in.client_capabilities) : in.revision().features.tasks_core;
}

std::string with_task_extension(std::string_view capabilities) {
  std::string_view known = base::is_object(capabilities) ? base::find_member(capabilities, "extensions") : std::string_view();
  std::string extensions = protocol::with_members(base::is_object(known) ? known : "{}", {{protocol::kTasksExtension, "{}"}});
  return protocol::with_members(base::is_object(capabilities) ? capabilities : "{}", {{"extensions", extensions}});
}

}  // namespace gateway
