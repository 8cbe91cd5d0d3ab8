#include <fmt/format.h>

#include <algorithm>

#include "app/asked_gateway.h"
#include "app/asked_tools.h"
#include "app/bars.h"
#include "app/commands.h"
#include "app/terminal.h"
#include "app/tool_search.h"
#include "mcp/client.h"

namespace app {
namespace {

std::string first_line(std::string_view text) {
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
  return std::string(text.substr(0, text.find('\n')));
}

// With `costs`, one for each tool, or none.
std::string as_json(const std::vector<mcp::ToolInfo>& tools, const std::vector<std::size_t>& costs) {
  mcp::JsonWriter out;
  out.array();
  for (std::size_t i = 0; i < tools.size(); ++i) {
    const mcp::ToolInfo& tool = tools[i];
    out.object().field("name", tool.name);
    if (!tool.title.empty()) out.field("title", tool.title);
    out.field("description", tool.description).key("inputSchema").raw(tool.input_schema.empty() ? "{}" : tool.input_schema);
    if (!tool.output_schema.empty()) out.key("outputSchema").raw(tool.output_schema);
    if (!tool.annotations.empty()) out.key("annotations").raw(tool.annotations);
    if (i < costs.size()) out.field("tokens", static_cast<std::int64_t>(costs[i]));
    out.end();
  }
  out.end();
  return out.text() + "\n";
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

// What a person is to know of a server's sandbox: nothing, where all is as it should be.
std::string box_of(mcp::JsonView upstream) {
  const std::string_view sandbox = upstream["sandbox"].string_or("");
  return sandbox.empty() || sandbox == "on" ? std::string() : fmt::format("sandbox {}", sandbox);
}

std::string with_costs(const std::vector<mcp::ToolInfo>& tools, const std::vector<std::size_t>& costs) {
  std::size_t all = 0, most = 0;
  for (std::size_t cost : costs) {
    all += cost;
    most = std::max(most, cost);
  }
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < tools.size(); ++i)
    rows.push_back({harmless(tools[i].name), padded(grouped(costs[i]), 7), bar(costs[i], most)});
  rows.push_back({fmt::format("{} tools", tools.size()), padded(grouped(all), 7), "tokens of o200k_base"});
  return table(rows);
}

int show_status(const AskedGateway& gateway, Output output) {
  auto page = read_page(gateway, "readyz");
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
                    harmless(box_of(upstream)), harmless(first_line(reason(upstream)))});
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
  auto listed = list_tools(*gateway, gateway->url(), "gatehouse-tools");
  if (options.show == ToolsOptions::Show::status) return show_status(*gateway, options.output);
  if (!listed) {
    complain(listed.error().message);
    return kFailed;
  }
  *listed = fitting_tools(*std::move(listed), options.query);
  std::vector<std::size_t> costs;
  if (options.show == ToolsOptions::Show::tokens)
    for (const mcp::ToolInfo& tool : *listed) costs.push_back(cost_of(tool));
  if (options.output == Output::json) {
    print(as_json(*listed, costs));
    return kGood;
  }
  if (options.show == ToolsOptions::Show::tokens && !listed->empty()) {
    print(with_costs(*listed, costs));
    return kGood;
  }
  std::vector<std::vector<std::string>> rows;
  for (const mcp::ToolInfo& tool : *listed) rows.push_back({harmless(tool.name), harmless(first_line(tool.description))});
  print(table(rows));
  if (listed->empty()) fmt::print(stderr, "{}\n", options.query.empty() ? "no tools" : "no tool matches");
  return kGood;
}

}  // namespace app
