// The profiles that come with the program.
#include <array>

#include "servers/tasks/profile.h"

namespace servers::tasks {
namespace {

struct Known {
  std::string_view name;
  std::string_view json;
};

constexpr std::array<Known, 2> kKnown{{
    {"paperclip", R"({
  "base_url": "http://127.0.0.1:3100/api",
  "needs": ["company"],
  "idempotency_header": "Idempotency-Key",
  "statuses": ["backlog", "todo", "in_progress", "in_review", "blocked", "done", "cancelled"],
  "final_statuses": ["done", "cancelled"],
  "actions": {
    "list": {"path": "/companies/{company}/issues", "query": {"status": "{status}", "assigneeAgentId": "{assignee}", "q": "{text}"}},
    "get": {"path": "/issues/{id}"},
    "comments": {"path": "/issues/{id}/comments"},
    "comment": {"method": "POST", "path": "/issues/{id}/comments", "body": {"body": "{text}"}},
    "status": {"method": "PATCH", "path": "/issues/{id}", "body": {"status": "{status}", "comment": "{text}"}},
    "assign": {"method": "PATCH", "path": "/issues/{id}", "body": {"assigneeAgentId": "{assignee}"}}
  },
  "issue": {"id": "/id", "key": "/identifier", "title": "/title", "status": "/status", "priority": "/priority", "assignee": "/assigneeAgentId",
            "assigned_user": "/assigneeUserId", "project": "/projectId", "parent": "/parentId", "updated": "/updatedAt", "text": "/description"},
  "comment": {"id": "/id", "author": "/authorAgentId", "author_user": "/authorUserId", "created": "/createdAt", "text": "/body"},
  "webhook": {"header": "x-paperclip-signature", "prefix": "sha256=", "id": "/issue/id"}
})"},
    {"github", R"({
  "base_url": "https://api.github.com",
  "needs": ["repository"],
  "statuses": ["open", "closed"],
  "final_statuses": ["closed"],
  "headers": {"Accept": "application/vnd.github+json"},
  "actions": {
    "list": {"path": "/repos/{+repository}/issues", "query": {"state": "{status}", "assignee": "{assignee}", "per_page": "{limit}"}},
    "get": {"path": "/repos/{+repository}/issues/{id}"},
    "comments": {"path": "/repos/{+repository}/issues/{id}/comments"},
    "comment": {"method": "POST", "path": "/repos/{+repository}/issues/{id}/comments", "body": {"body": "{text}"}},
    "status": {"method": "PATCH", "path": "/repos/{+repository}/issues/{id}", "body": {"state": "{status}"}},
    "assign": {"method": "PATCH", "path": "/repos/{+repository}/issues/{id}", "body": {"assignees": ["{assignee}"]}}
  },
  "issue": {"id": "/number", "title": "/title", "status": "/state", "assignee": "/assignee/login", "author": "/user/login", "updated": "/updated_at",
            "url": "/html_url", "text": "/body"},
  "comment": {"id": "/id", "author": "/user/login", "created": "/created_at", "text": "/body"},
  "webhook": {"header": "x-hub-signature-256", "prefix": "sha256=", "id": "/issue/number"}
})"},
}};

}  // namespace

std::optional<std::string_view> find_profile(std::string_view name) {
  for (const Known& known : kKnown)
    if (known.name == name) return known.json;
  return std::nullopt;
}

std::vector<std::string_view> profile_names() {
  std::vector<std::string_view> out;
  out.reserve(kKnown.size());
  for (const Known& known : kKnown) out.push_back(known.name);
  return out;
}

}  // namespace servers::tasks
