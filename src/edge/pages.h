// The answers of the routes that are not MCP, as values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/status.h"
#include "mcp/result.h"

namespace edge {

// The Referrer-Policy of a page with a form. Of a no-referrer page browsers post the form with `Origin: null`, which is refused as
// foreign.
inline constexpr std::string_view kFormReferrerPolicy = "same-origin";

// A whole answer.
struct Page {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::string allow;  // where the method was wrong: the ones that are right
};

// `GET /`: what this is and where to go.
Page front_page(std::string_view version);
// `/healthz`: the loop turns, or this would not be said.
Page health_page();
// `/readyz`: 200 when the store works and every required upstream can serve, else 503; either way the reason for each upstream.
Page ready_page(const gateway::Status& status, const mcp::Result<>& store);
// The same to who may not see how the servers are.
Page bare_ready_page(const gateway::Status& status, const mcp::Result<>& store);
// 401 for a page that is for who is signed in.
Page unsigned_page();
// `/budget`: `usage` is a JSON object.
Page usage_page(std::string usage);
// `/metrics`: `text` as Prometheus reads it.
Page metrics_page(std::string text);
// 404 for a path that is none of ours; names the paths that are, and the servers and profiles that `/mcp/s/<server>` and
// `/mcp/p/<profile>` take.
Page unknown_page(std::string_view path, const std::vector<std::string>& servers, const std::vector<std::string>& profiles = {});
// 405 for a page that can only be read.
Page read_only_page();
// 405 for what can only be sent to.
Page post_only_page();
// A plain answer to a machine.
Page plain_page(int status, std::string text);
// 403 for a request that a foreign web page made a browser send.
Page foreign_page();

}  // namespace edge
