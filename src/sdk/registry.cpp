#include "sdk/registry.h"

#include <algorithm>

#include "base/json.h"
#include "protocol/param_headers.h"
#include "sdk/protection.h"
#include "sdk/tool_schemas.h"
#include "sdk/uri_template.h"

namespace mcp {
namespace detail {

void Registry::tell(Change change, const std::string& uri) {
  std::lock_guard lock(mutex);
  for (auto& [key, listener] : listeners) listener(change, uri);
}

}  // namespace detail

namespace {

// Empty when the name is good.
std::string name_problem(std::string_view what, std::string_view name) {
  std::string where = std::string(what) + " '" + std::string(name) + "'";
  if (name.empty()) return std::string(what) + " without a name";
  if (name.size() > 64) return where + ": the name is longer than 64 characters";
  for (char c : name) {
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!good) return where + ": a name is made of A-Z a-z 0-9 _ - .";
  }
  return {};
}

// Arguments are an object in every revision; a result may be of any type in some.
void schema_problems(std::vector<std::string>& problems, const std::string& where, detail::ToolEntry& entry) {
  const std::string& input = entry.about.input_schema;
  const std::string& output = entry.about.output_schema;
  std::size_t before = problems.size();
  if (auto valid = base::validate_json(input); !valid || !base::is_object(input))
    problems.push_back(where + ": its input schema is not a JSON object");
  else if (base::find_member(input, "type") != "\"object\"")
    problems.push_back(where + ": its input schema must have \"type\":\"object\" at its root");
  if (!output.empty() && (!base::validate_json(output) || !base::is_object(output)))
    problems.push_back(where + ": its output schema is not a JSON object");
  if (entry.checks == detail::ToolEntry::Checks::types || problems.size() > before) return;
  auto schemas = sdk::ToolSchemas::compile(entry.about);
  if (schemas)
    sdk::check_by_schemas(entry, *std::move(schemas));
  else
    problems.push_back(where + ": " + schemas.error().message);
}

}  // namespace

Server::Server(std::string name, std::string version) : registry_(std::make_shared<detail::Registry>()) {
  registry_->name = std::move(name);
  registry_->version = std::move(version);
}
Server::~Server() = default;
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;

Server& Server::instructions(std::string text) {
  registry_->instructions = std::move(text);
  return *this;
}
Server& Server::title(std::string text) {
  registry_->title = std::move(text);
  return *this;
}
Server& Server::cache_for(std::chrono::milliseconds ttl) {
  registry_->ttl = ttl;
  return *this;
}
Server& Server::page_size(std::size_t entries) {
  registry_->page_size = std::max<std::size_t>(1, entries);
  return *this;
}

Server& Server::tasks(TaskOptions options) {
  if (options.ttl <= std::chrono::milliseconds(0)) registry_->problems.emplace_back("tasks: ttl must be more than nothing");
  if (options.poll <= std::chrono::milliseconds(0)) registry_->problems.emplace_back("tasks: poll must be more than nothing");
  registry_->tasks = std::move(options);
  return *this;
}

Server& Server::add(detail::ToolEntry entry) {
  auto& r = *registry_;
  std::string where = "tool '" + entry.about.name + "'";
  if (auto problem = name_problem("tool", entry.about.name); !problem.empty()) r.problems.push_back(problem);
  if (std::any_of(r.tools.begin(), r.tools.end(), [&](const auto& t) { return t.about.name == entry.about.name; }))
    r.problems.push_back(where + " was added twice");
  schema_problems(r.problems, where, entry);
  if (auto headers = protocol::tool_header_map(entry.about.input_schema); !headers)
    r.problems.push_back(where + ": " + headers.error().message);
  if (entry.about.options.blocking && entry.run.waits)
    r.problems.push_back(where + ": a Task cannot be .blocking; use Call::blocking inside it");
  const ToolOptions& options = entry.about.options;
  if (options.task_start == TaskStart::by_handler && (options.task == TaskSupport::forbidden || !entry.run.waits))
    r.problems.push_back(where + ": task_start by_handler needs a handler that is a Task, and .task optional or required");
  r.tools.push_back(std::move(entry));
  return *this;
}

Server& Server::add(detail::PromptEntry entry) {
  auto& r = *registry_;
  if (auto problem = name_problem("prompt", entry.name); !problem.empty()) r.problems.push_back(problem);
  if (std::any_of(r.prompts.begin(), r.prompts.end(), [&](const auto& p) { return p.name == entry.name; }))
    r.problems.push_back("prompt '" + entry.name + "' was added twice");
  r.prompts.push_back(std::move(entry));
  return *this;
}

Server& Server::add(detail::ResourceEntry entry) {
  auto& r = *registry_;
  if (entry.info.uri.find(':') == std::string::npos)
    r.problems.push_back("resource '" + entry.info.uri + "': a URI has a scheme, such as notes:");
  if (std::any_of(r.resources.begin(), r.resources.end(), [&](const auto& e) { return e.info.uri == entry.info.uri; }))
    r.problems.push_back("resource '" + entry.info.uri + "' was added twice");
  r.resources.push_back(std::move(entry));
  return *this;
}

Server& Server::add(detail::TemplateEntry entry) {
  auto& r = *registry_;
  if (auto parsed = sdk::UriTemplate::parse(entry.uri_template); !parsed) r.problems.push_back(parsed.error().message);
  if (std::any_of(r.templates.begin(), r.templates.end(), [&](const auto& e) { return e.uri_template == entry.uri_template; }))
    r.problems.push_back("template '" + entry.uri_template + "' was added twice");
  r.templates.push_back(std::move(entry));
  return *this;
}

Server& Server::set_resource_list(detail::Erased<std::string, ResourcePage> list) {
  if (registry_->has_resource_list) registry_->problems.emplace_back("resource_list was given twice");
  registry_->resource_list = std::move(list);
  registry_->has_resource_list = true;
  return *this;
}

Server& Server::add_completion(std::string_view owner, bool of_prompt, std::string name,
                               detail::Erased<CompletionRequest, Completion> run) {
  auto& r = *registry_;
  std::string where = "completion of '" + name + "' in '" + std::string(owner) + "'";
  if (of_prompt) {
    for (auto& prompt : r.prompts) {
      if (prompt.name != owner) continue;
      bool known = std::any_of(prompt.arguments.begin(), prompt.arguments.end(), [&](const auto& a) { return a.name == name; });
      if (!known) r.problems.push_back(where + ": the prompt has no such argument");
      prompt.completions.emplace_back(std::move(name), std::move(run));
      return *this;
    }
  } else {
    for (auto& one : r.templates) {
      if (one.uri_template != owner) continue;
      auto parsed = sdk::UriTemplate::parse(owner);
      if (parsed && !parsed->has(name)) r.problems.push_back(where + ": the template has no such variable");
      one.completions.emplace_back(std::move(name), std::move(run));
      return *this;
    }
  }
  r.problems.push_back(where + ": add the " + (of_prompt ? "prompt" : "template") + " first");
  return *this;
}

Server& Server::announces_tool_changes() {
  registry_->tool_changes = true;
  return *this;
}
Server& Server::announces_prompt_changes() {
  registry_->prompt_changes = true;
  return *this;
}
Server& Server::announces_resource_changes() {
  registry_->resource_changes = true;
  return *this;
}
Server& Server::announces_resource_updates() {
  registry_->resource_updates = true;
  return *this;
}
void Server::notify_tools_changed() { registry_->tell(detail::Change::tools, {}); }
void Server::notify_prompts_changed() { registry_->tell(detail::Change::prompts, {}); }
void Server::notify_resources_changed() { registry_->tell(detail::Change::resources, {}); }
void Server::notify_resource_updated(std::string uri) { registry_->tell(detail::Change::resource, uri); }

std::string Server::problems() const {
  std::string all;
  for (const auto& problem : registry_->problems) all.append(all.empty() ? "" : "\n").append(problem);
  for (const auto& tool : registry_->tools)
    if (!tool.about.options.scopes.empty() && !registry_->protection)
      all.append(all.empty() ? "" : "\n").append("tool '" + tool.about.name + "': it needs scopes, and the server does not protect()");
  if (registry_->protection)
    for (const auto& problem : oauth::problems_of(sdk::protection_parts(*registry_).server))
      all.append(all.empty() ? "" : "\n").append("protect(): " + problem);
  return all;
}

}  // namespace mcp
