#include <fmt/format.h>

#include "app/asked_gateway.h"
#include "app/build_info.h"
#include "app/commands.h"
#include "app/terminal.h"
#include "app/tool_search.h"
#include "mcp/client.h"
#include "net/http_client.h"

namespace app {
namespace {

mcp::Task<std::vector<mcp::ToolInfo>> list(std::string url) {
  mcp::ClientOptions options;
  options.name = "gatehouse-tools";
  options.version = build_version();
  mcp::Client client = co_await mcp::Client::open_http(std::move(url), std::move(options));
  std::vector<mcp::ToolInfo> tools = co_await client.list_tools();
  (void)co_await client.close().result();
  co_return tools;
}

std::string first_line(std::string_view text) {
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
  return std::string(text.substr(0, text.find('\n')));
}

std::string as_json(const std::vector<mcp::ToolInfo>& tools) {
  mcp::JsonWriter out;
  out.array();
  for (const mcp::ToolInfo& tool : tools) {
    out.object().field("name", tool.name);
    if (!tool.title.empty()) out.field("title", tool.title);
    out.field("description", tool.description).key("inputSchema").raw(tool.input_schema.empty() ? "{}" : tool.input_schema);
    if (!tool.output_schema.empty()) out.key("outputSchema").raw(tool.output_schema);
    if (!tool.annotations.empty()) out.key("annotations").raw(tool.annotations);
    out.end();
  }
  out.end();
  return out.text() + "\n";
}

// Reads a page of the gateway as text. A page that says 503 is read all the same: it says why.
base::Task<std::string> read_page(net::HttpClient* client, net::Url url) {
  constexpr std::size_t kLargest = 4 * 1024 * 1024;
  net::HttpClientRequest request;
  request.url = &url;
  request.repeat = net::Repeat::harmless;
  net::HttpResponse response = co_await client->send(request, {}, base::Timers::now() + base::Millis(10'000));
  std::string body = co_await response.body(kLargest);
  if (response.status() != 200 && response.status() != 503)
    co_await mcp::fail(mcp::Code::upstream_failed, fmt::format("the gateway answered with {}", response.status()));
  co_return body;
}

mcp::Result<std::string> read_status(const AskedGateway& gateway) {
  auto url = net::parse_url(gateway.page_url("readyz"));
  if (!url) return std::move(url).error();
  base::Loop loop;
  net::HttpClient client(loop, {});
  return loop.block_on(read_page(&client, *std::move(url)));
}

// "3 run, 2 wait, 1 failed", as far as there is something to say.
std::string load(mcp::JsonView upstream) {
  std::string out;
  for (auto [key, word] : {std::pair("in_flight", "run"), std::pair("queued", "wait"), std::pair("failures", "failed")})
    if (auto count = upstream[key].integer_or(0); count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, word);
  return out;
}

std::string reason(mcp::JsonView upstream) {
  std::string out(upstream["reason"].string_or(""));
  // Of what works now, what was wrong last is still worth a word.
  if (out.empty() && upstream["failures"].integer_or(0) > 0) out = fmt::format("last: {}", upstream["last_error"].string_or(""));
  if (auto next = upstream["next_try_ms"].integer()) return fmt::format("next try in {:.1f} s: {}", static_cast<double>(*next) / 1000, out);
  return out;
}

int show_status(const AskedGateway& gateway, Output output) {
  auto page = read_status(gateway);
  auto status = page ? mcp::Json::parse(*page) : mcp::Result<mcp::Json>(page.error());
  if (!status || !(*status)["upstreams"].is(mcp::JsonView::Kind::array)) {
    complain(status ? "there is no gateway at " + gateway.url() : status.error().message);
    return kFailed;
  }
  if (output == Output::json) {
    print((*status)["upstreams"].text() + "\n");
    return kGood;
  }
  std::vector<std::vector<std::string>> rows;
  (*status)["upstreams"].each_element([&](mcp::JsonView upstream) {
    rows.push_back({std::string(upstream["id"].string_or("")), std::string(upstream["kind"].string_or("")),
                    std::string(upstream["state"].string_or("")), fmt::format("{} tools", upstream["tools"].integer_or(0)), load(upstream),
                    harmless(first_line(reason(upstream)))});
  });
  print(table(rows));
  return kGood;
}

}  // namespace

int tools(const ToolsOptions& options, net::Reaper& reaper) {
  auto gateway = AskedGateway::find(options.config, options.url, reaper);
  if (!gateway) {
    if (!gateway.error().message.empty()) complain(gateway.error().message);
    return gateway.error().code == mcp::Code::invalid_argument ? kUsage : kFailed;
  }
  // Asking for the tools is what makes every server show how it is.
  auto listed = mcp::block_on(list(gateway->url()));
  if (options.show == ToolsOptions::Show::status) return show_status(*gateway, options.output);
  if (!listed) {
    complain(listed.error().message);
    return kFailed;
  }
  *listed = fitting_tools(*std::move(listed), options.query);
  if (options.output == Output::json) {
    print(as_json(*listed));
    return kGood;
  }
  std::vector<std::vector<std::string>> rows;
  for (const mcp::ToolInfo& tool : *listed) rows.push_back({harmless(tool.name), harmless(first_line(tool.description))});
  print(table(rows));
  if (listed->empty()) fmt::print(stderr, "{}\n", options.query.empty() ? "no tools" : "no tool matches");
  return kGood;
}

}  // namespace app
