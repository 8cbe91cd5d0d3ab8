// What tools cost a model: each way to show them, each server and tool, and what calls took and gave.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/asked_gateway.h"
#include "app/asked_tools.h"
#include "app/bars.h"
#include "app/commands.h"
#include "app/terminal.h"
#include "gateway/disclosure/mode.h"
#include "mcp/json.h"
#include "tokens/estimate.h"

namespace app {
namespace {

constexpr std::size_t kWindow = 200'000;
constexpr std::size_t kMostRows = 15;
// Where tools of the gateway's own stand.
constexpr std::string_view kOwn = "(gatehouse)";

struct Priced {
  std::string name;
  std::size_t tools = 0;
  std::size_t tokens = 0;
};

// One way to show the tools, by what it is called in the config.
struct Mode {
  Priced cost;
  bool there = false;  // not there: this gateway does not show its tools that way
};

struct Report {
  const tokens::Family* family = nullptr;
  std::size_t window = kWindow;
  std::vector<Mode> modes;
  std::vector<Priced> servers;
  std::vector<Priced> tools;  // the most expensive first
  std::string auto_mode, auto_why;
  mcp::Json usage;  // of the gateway's page; an object
  bool has_usage = false;
};

Mode price(std::string name, const std::vector<mcp::ToolInfo>& tools, const tokens::Family& family) {
  Mode mode{{std::move(name), tools.size(), 0}, true};
  for (const mcp::ToolInfo& tool : tools) mode.cost.tokens += tokens::estimated(cost_of(tool), family);
  return mode;
}

std::string server_of(std::string_view public_name) {
  const std::size_t end = public_name.find("__");
  return end == std::string_view::npos ? std::string(kOwn) : std::string(public_name.substr(0, end));
}

void sort_by_cost(std::vector<Priced>& all) {
  std::ranges::sort(all, [](const Priced& a, const Priced& b) { return a.tokens != b.tokens ? a.tokens > b.tokens : a.name < b.name; });
}

void price_each(const std::vector<mcp::ToolInfo>& tools, Report& report) {
  std::map<std::string, Priced> servers;
  for (const mcp::ToolInfo& tool : tools) {
    const std::size_t cost = tokens::estimated(cost_of(tool), *report.family);
    report.tools.push_back({tool.name, 1, cost});
    Priced& server = servers[server_of(tool.name)];
    ++server.tools;
    server.tokens += cost;
  }
  for (auto& [name, server] : servers) {
    server.name = name;
    report.servers.push_back(server);
  }
  sort_by_cost(report.servers);
  sort_by_cost(report.tools);
}

// The same endpoint, asked to show its tools in this mode and in no other.
std::string with_mode(std::string url, std::string_view mode) {
  constexpr std::string_view kKey = "disclosure=";
  const std::size_t at = url.find(kKey, std::min(url.find('?'), url.size()));
  if (at != std::string::npos) {
    const std::size_t end = std::min(url.find('&', at), url.size());
    return url.substr(0, at) + std::string(kKey) + std::string(mode) + url.substr(end);
  }
  return fmt::format("{}{}disclosure={}", url, url.find('?') == std::string::npos ? '?' : '&', mode);
}

mcp::Result<Report> make_report(const AskedGateway& gateway, const BudgetOptions& options) {
  Report report;
  report.family = options.model.empty() ? &tokens::family_of("o200k") : &tokens::family_of(options.model);
  auto all = list_tools(gateway, with_mode(gateway.url(), "all"), "gatehouse-budget");
  if (!all) return std::move(all).error();
  report.modes.push_back(price("all", *all, *report.family));
  price_each(*all, report);
  const auto size = [&] {
    gateway::CatalogSize is;
    for (const mcp::ToolInfo& tool : *all) {
      if (server_of(tool.name) == kOwn) continue;
      ++is.tools;
      is.tokens += cost_of(tool);
    }
    return is;
  };
  const gateway::DisclosureChoice choice = gateway::choose_disclosure(gateway::Disclosure::automatic, "", size);
  for (const char* mode : {"search", "code"}) {
    auto tools = list_tools(gateway, with_mode(gateway.url(), mode), "gatehouse-budget");
    const bool there = tools && std::ranges::any_of(*tools, [](const mcp::ToolInfo& tool) { return tool.name == "find_tools"; });
    report.modes.push_back(there ? price(mode, *tools, *report.family) : Mode{{mode, 0, 0}, false});
    // What chooses nothing has nothing to explain.
    if (!there) continue;
    report.auto_mode = gateway::disclosure_name(choice.mode);
    report.auto_why = choice.why;
  }
  if (auto page = read_page(gateway, "budget")) {
    auto usage = mcp::Json::parse(*page);
    if (usage && (*usage)["tools"].is(mcp::JsonView::Kind::array)) {
      report.window = static_cast<std::size_t>((*usage)["window"].integer_or(kWindow));
      report.usage = *std::move(usage);
      report.has_usage = true;
    }
  }
  if (options.window != 0) report.window = options.window;
  return report;
}

void write(mcp::JsonWriter& out, const Priced& one, const Report& report, std::string_view key) {
  out.object()
      .field(key, one.name)
      .field("tools", static_cast<std::int64_t>(one.tools))
      .field("tokens", static_cast<std::int64_t>(one.tokens));
  out.field("share", static_cast<double>(one.tokens) / static_cast<double>(report.window)).end();
}

std::string as_json(const Report& report) {
  mcp::JsonWriter out;
  out.object().field("encoding", "o200k_base").field("model", report.family->name).field("exact", report.family->exact);
  out.field("basis", report.family->basis).field("window", static_cast<std::int64_t>(report.window));
  out.key("modes").array();
  for (const Mode& mode : report.modes)
    if (mode.there) write(out, mode.cost, report, "mode");
  out.end();
  if (!report.auto_mode.empty()) out.key("auto").object().field("mode", report.auto_mode).field("why", report.auto_why).end();
  out.key("servers").array();
  for (const Priced& server : report.servers) write(out, server, report, "server");
  out.end().key("tools").array();
  for (const Priced& tool : report.tools)
    out.object().field("name", tool.name).field("tokens", static_cast<std::int64_t>(tool.tokens)).end();
  out.end();
  if (report.has_usage) out.key("usage").raw(report.usage.text());
  out.end();
  return out.text() + "\n";
}

std::string modes_text(const Report& report) {
  std::size_t most = 0;
  for (const Mode& mode : report.modes) most = std::max(most, mode.cost.tokens);
  std::vector<std::vector<std::string>> rows;
  for (const Mode& mode : report.modes) {
    if (!mode.there) continue;
    rows.push_back({"  " + mode.cost.name, fmt::format("{:>4} tools", mode.cost.tools), padded(grouped(mode.cost.tokens), 9),
                    padded(share(mode.cost.tokens, report.window), 7), bar(mode.cost.tokens, most)});
  }
  return table(rows);
}

std::string priced_text(const std::vector<Priced>& all, const Report& report) {
  std::vector<std::vector<std::string>> rows;
  for (const Priced& one : all) {
    if (rows.size() == kMostRows) {
      rows.push_back({fmt::format("  … {} more", all.size() - kMostRows), "", "", ""});
      break;
    }
    rows.push_back({"  " + harmless(one.name), padded(grouped(one.tokens), 9), padded(share(one.tokens, report.window), 7),
                    bar(one.tokens, all.front().tokens)});
  }
  return table(rows);
}

// What calls took and gave since the gateway was started.
std::string calls_text(const Report& report) {
  struct Row {
    std::string name;
    std::uint64_t calls, arguments, results, largest, cut;
    bool exact;
  };
  std::vector<Row> all;
  report.usage["tools"].each_element([&](mcp::JsonView tool) {
    const auto number = [&](std::string_view key) {
      return static_cast<std::uint64_t>(std::max<std::int64_t>(0, tool[key].integer_or(0)));
    };
    all.push_back({fmt::format("{}.{}", tool["server"].string_or(""), tool["tool"].string_or("")), number("calls"), number("arguments"),
                   number("results"), number("largest"), number("cut"), tool["exact"].boolean_or(false)});
  });
  std::ranges::sort(all, [](const Row& a, const Row& b) { return a.results != b.results ? a.results > b.results : a.name < b.name; });
  if (all.empty()) return "  no call yet\n";
  std::vector<std::vector<std::string>> rows{{"  tool", "calls", "arguments", "results", "largest", "cut", ""}};
  for (const Row& row : all) {
    if (rows.size() > kMostRows) break;
    const char* about = row.exact ? "" : "~";
    rows.push_back({"  " + harmless(row.name), padded(grouped(row.calls), 5), padded(about + grouped(row.arguments), 9),
                    padded(about + grouped(row.results), 7), padded(about + grouped(row.largest), 7), padded(grouped(row.cut), 3),
                    bar(row.results, all.front().results)});
  }
  return table(rows);
}

std::string as_text(const Report& report) {
  std::string out;
  if (report.family->exact)
    out = fmt::format("tokens of o200k_base, as share of a window of {}\n", grouped(report.window));
  else
    out = fmt::format("tokens of {}, an estimate: {} of o200k_base ({}); as share of a window of {}\n", report.family->name,
                      report.family->factor, report.family->basis, grouped(report.window));
  out += "\nwhat a model is shown at first, by disclosure\n" + modes_text(report);
  if (!report.auto_mode.empty()) out += fmt::format("  auto shows {}: {}\n", report.auto_mode, report.auto_why);
  if (!report.servers.empty()) out += "\nby server, of all\n" + priced_text(report.servers, report);
  if (!report.tools.empty()) out += "\nby tool, of all\n" + priced_text(report.tools, report);
  if (report.has_usage) out += "\nwhat calls took and gave\n" + calls_text(report);
  return out;
}

}  // namespace

int budget(const BudgetOptions& options, net::Reaper& reaper) {
  auto gateway = AskedGateway::find(options.config, options.url, reaper);
  if (!gateway) {
    if (!gateway.error().message.empty()) complain(gateway.error().message);
    return gateway.error().code == mcp::Code::invalid_argument ? kUsage : kFailed;
  }
  auto report = make_report(*gateway, options);
  if (!report) {
    complain(report.error().message);
    return kFailed;
  }
  print(options.output == Output::json ? as_json(*report) : as_text(*report));
  return kGood;
}

}  // namespace app
