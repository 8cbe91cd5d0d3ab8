// What of GitHub's answers a model gets to see.
#pragma once

#include <string>
#include <string_view>

#include "mcp/content.h"
#include "mcp/json.h"
#include "servers/rest/trim.h"

namespace servers::github {

// JSON pointers, one a line.
inline constexpr const char* kIssueFields =
    "/number\n/title\n/state\n/state_reason\n/user/login\n/labels/*/name\n/assignees/*/login\n/milestone/title\n/comments\n/created_at\n"
    "/updated_at\n/closed_at\n/html_url\n/pull_request/url\n/body";
inline constexpr const char* kPullFields =
    "/number\n/title\n/state\n/draft\n/merged\n/mergeable\n/mergeable_state\n/user/login\n/labels/*/name\n/requested_reviewers/*/login\n"
    "/head/ref\n/head/sha\n/base/ref\n/commits\n/additions\n/deletions\n/changed_files\n/created_at\n/updated_at\n/merged_at\n/html_url\n/"
    "body";
inline constexpr const char* kCommentFields = "/id\n/user/login\n/created_at\n/updated_at\n/html_url\n/body";

// `fields` for what stands at `at`: "/items/*" puts that before each.
rest::Trim fields(const char* fields, std::string_view at = {});

// The trimmed JSON, with what was cut and how to get the next page.
mcp::ToolResult shown(mcp::JsonView value, const rest::Trim& trim, std::string_view more = {});

}  // namespace servers::github
