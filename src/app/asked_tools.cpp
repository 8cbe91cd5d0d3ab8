#include "app/asked_tools.h"

#include <fmt/format.h>

#include "app/build_info.h"
#include "base/json.h"
#include "disclosure/cost.h"
#include "net/http_client.h"

namespace app {
namespace {

mcp::Task<std::vector<mcp::ToolInfo>> list(std::string url, std::string client_name,
                                           std::vector<std::pair<std::string, std::string>> headers) {
  mcp::ClientOptions options;
  options.headers = std::move(headers);
  options.name = std::move(client_name);
  options.version = build_version();
  mcp::Client client = co_await mcp::Client::open_http(std::move(url), std::move(options));
  std::vector<mcp::ToolInfo> tools = co_await client.list_tools();
  (void)co_await client.close().result();
  co_return tools;
}

base::Task<std::string> fetch(net::HttpClient* client, net::Url url, const AskedGateway* gateway) {
  constexpr std::size_t kLargest = 4 * 1024 * 1024;
  net::HttpClientRequest request;
  request.url = &url;
  std::vector<net::HttpHeader> lines;
  for (const auto& [name, value] : gateway->headers()) lines.push_back({name, value});
  request.headers = lines;
  request.repeat = net::Repeat::harmless;
  net::HttpResponse response = co_await client->send(request, {}, base::Timers::now() + base::Millis(10'000));
  std::string body = co_await response.body(kLargest);
  if (response.status() != 200 && response.status() != 503)
    co_await mcp::fail(mcp::Code::upstream_failed, fmt::format("the gateway answered with {}", response.status()));
  co_return body;
}

}  // namespace

mcp::Result<std::vector<mcp::ToolInfo>> list_tools(const AskedGateway& gateway, const std::string& url, std::string_view client) {
  return mcp::block_on(list(url, std::string(client), gateway.headers()));
}

std::size_t cost_of(const mcp::ToolInfo& tool) {
  return disclosure::definition_tokens(base::quoted(tool.name), base::quoted(tool.description), tool.input_schema);
}

mcp::Result<std::string> read_page(const AskedGateway& gateway, std::string_view path) {
  auto url = net::parse_url(gateway.page_url(path));
  if (!url) return std::move(url).error();
  base::Loop loop;
  net::HttpClient client(loop, {});
  return loop.block_on(fetch(&client, *std::move(url), &gateway));
}

}  // namespace app
