#include "edge/pages.h"

#include <fmt/format.h>

#include "base/json.h"

namespace edge {
namespace {

using base::quoted;

constexpr std::string_view kKnown[] = {"/",        "/mcp",    "/mcp/s/<server>", "/mcp/p/<profile>", "/console/",
                                       "/healthz", "/readyz", "/metrics",        "/budget"};

std::string_view truth(bool b) { return b ? "true" : "false"; }

template <class Range>
std::string quoted_list(const Range& range) {
  std::string out = "[";
  for (const auto& item : range) {
    if (out.size() > 1) out += ',';
    base::append_json_string(out, item);
  }
  return out + ']';
}

std::string upstream_json(const gateway::UpstreamStatus& upstream) {
  std::string out =
      fmt::format(R"({{"id":{},"kind":{},"state":{},"required":{},"tools":{},"reason":{},"in_flight":{},"queued":{},"failures":{})",
                  quoted(upstream.id), quoted(upstream.kind), quoted(upstream.state), truth(upstream.required), upstream.tools,
                  quoted(upstream.reason), upstream.in_flight, upstream.queued, upstream.failures);
  if (!upstream.last_error.empty()) out += ",\"last_error\":" + quoted(upstream.last_error);
  if (!upstream.sandbox.empty()) out += ",\"sandbox\":" + quoted(upstream.sandbox);
  if (upstream.next_try) out += fmt::format(",\"next_try_ms\":{}", upstream.next_try->count());
  return out + '}';
}

}  // namespace

Page front_page(std::string_view version) {
  return {.type = "text/plain; charset=utf-8",
          .body = fmt::format("Gatehouse {}: a gateway for the Model Context Protocol.\n\n"
                              "  /mcp              all servers as one, for MCP clients\n"
                              "  /mcp/s/<server>   one server alone\n"
                              "  /mcp/p/<profile>  what a profile of the config names\n"
                              "  /console/         what happens here, for people\n"
                              "  /readyz           how the servers are\n"
                              "  /metrics          for Prometheus\n",
                              version)};
}

Page health_page() { return {.body = "{\"ok\":true}\n"}; }

Page unsigned_page() { return {.status = 401, .body = "{\"error\":\"this page is for who is signed in; bring an API key\"}\n"}; }

Page bare_ready_page(const gateway::Status& status, const mcp::Result<>& store) {
  Page page = ready_page(status, store);
  page.body = fmt::format("{{\"ready\":{}}}\n", truth(page.status == 200));
  return page;
}

Page ready_page(const gateway::Status& status, const mcp::Result<>& store) {
  bool ready = store.ok();
  std::string upstreams;
  for (const gateway::UpstreamStatus& upstream : status.upstreams) {
    if (upstream.required && upstream.enabled && !gateway::can_serve(upstream.state)) ready = false;
    if (!upstreams.empty()) upstreams += ',';
    upstreams += upstream_json(upstream);
  }
  Page page;
  page.status = ready ? 200 : 503;
  page.body = fmt::format("{{\"ready\":{},\"store\":{},\"upstreams\":[{}]}}\n", truth(ready),
                          quoted(store ? "ok" : store.error().leaving()), upstreams);
  return page;
}

Page usage_page(std::string usage) { return {.body = std::move(usage) + "\n"}; }

Page metrics_page(std::string text) { return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = std::move(text)}; }

Page unknown_page(std::string_view path, const std::vector<std::string>& servers, const std::vector<std::string>& profiles) {
  return {.status = 404,
          .body = fmt::format("{{\"error\":\"not found\",\"path\":{},\"known\":{},\"servers\":{},\"profiles\":{}}}\n",
                              quoted(path.substr(0, 200)), quoted_list(kKnown), quoted_list(servers), quoted_list(profiles))};
}

Page read_only_page() { return {.status = 405, .body = "{\"error\":\"this page can only be read; use GET\"}\n", .allow = "GET, HEAD"}; }

Page post_only_page() {
  Page page = plain_page(405, "send a POST here");
  page.allow = "POST";
  return page;
}

Page plain_page(int status, std::string text) { return {status, "text/plain", std::move(text) + "\n", {}}; }

Page foreign_page() {
  return {.status = 403, .body = "{\"error\":\"this Host or Origin is not allowed; see allowed_hosts and allowed_origins\"}\n"};
}

}  // namespace edge
