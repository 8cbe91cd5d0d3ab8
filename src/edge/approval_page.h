// The page behind a one-time link: one call that waits, and two buttons.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "access/approvals/approval.h"
#include "mcp/task.h"
#include "net/http_server.h"

namespace edge {

inline constexpr std::string_view kApprovalPrefix = "/approvals/";

// What the page asks. Called on the server's loop.
struct ApprovalParts {
  std::function<mcp::Task<authz::Approval>(std::string link)> find;
  std::function<mcp::Task<authz::Approval>(std::string link, authz::Word word)> decide;
};

// Answers a request for `/approvals/<link>`. Reading changes nothing, as programs look at links before people do; a form posts the
// decision, and then the link is used up. Errors: as HttpExchange::respond.
mcp::Task<void> serve_approval(const ApprovalParts* parts, net::HttpExchange* exchange);

// The page as text. `note` is said on top.
std::string approval_page(const authz::Approval& approval, std::string_view note);

// `text` as it may stand in HTML, characters that hide others made visible.
std::string html_text(std::string_view text);

}  // namespace edge
