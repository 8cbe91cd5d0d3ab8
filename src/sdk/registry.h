// What was registered on a mcp::Server.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mcp/server.h"

namespace mcp::detail {

// Kinds of change that a server tells.
enum class Change { tools, prompts, resources, resource };

// A skill as skills/list shows it, and the URI of its SKILL.md.
struct SkillEntry {
  std::string uri, definition;
};

struct Registry {
  std::string name, version, title, instructions;
  std::chrono::milliseconds ttl{0};
  std::size_t page_size = 1000;
  TaskOptions tasks;

  std::optional<Protection> protection;

  std::vector<ToolEntry> tools;
  std::vector<PromptEntry> prompts;
  std::vector<ResourceEntry> resources;
  std::vector<TemplateEntry> templates;
  Erased<std::string, ResourcePage> resource_list;
  bool has_resource_list = false;
  // Skills, and the directories that their files are in: by URI, the definitions of what is in each by its URI.
  std::vector<SkillEntry> skills;
  std::map<std::string, std::map<std::string, std::string>, std::less<>> directories;
  std::size_t skill_bytes = 0;
  bool has_skills = false;
  bool tool_changes = false, prompt_changes = false, resource_changes = false, resource_updates = false;

  std::vector<std::string> problems;

  // Whoever serves this registry hears of changes. Threads: any; a listener must not call back.
  std::mutex mutex;
  std::map<const void*, std::function<void(Change, const std::string& uri)>> listeners;
  void tell(Change change, const std::string& uri);
};

}  // namespace mcp::detail
