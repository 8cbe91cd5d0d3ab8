// Scans definitions: of a running gateway or a config, or of a file in bulk.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>

#include "app/asked_gateway.h"
#include "app/asked_tools.h"
#include "app/build_info.h"
#include "app/commands.h"
#include "app/scanned_catalog.h"
#include "app/terminal.h"
#include "base/json.h"
#include "trust/scan/lines.h"
#include "trust/scan/visible.h"

namespace app {
namespace {

// Bytes of one line of a file.
constexpr std::size_t kLongestLine = 8 * 1024 * 1024;

// Calls `f(line, number)` for each line with something in it. A line that is too long comes as an empty one.
void each_line(std::istream& in, const std::function<void(const std::string&, std::size_t)>& f) {
  std::string line;
  std::size_t number = 1;
  bool too_long = false;
  for (int c = in.get(); c != std::istream::traits_type::eof() || !line.empty() || too_long; c = in.get()) {
    const bool end = c == '\n' || c == std::istream::traits_type::eof();
    if (!end && line.size() >= kLongestLine) too_long = true;
    if (!end && !too_long) line.push_back(static_cast<char>(c));
    if (!end) continue;
    if (too_long) line.clear();
    if (too_long || line.find_first_not_of(" \t\r") != std::string::npos) f(line, number);
    line.clear();
    too_long = false;
    ++number;
    if (c == std::istream::traits_type::eof()) break;
  }
}

std::string text_of(const boost::json::value& row, std::string_view key) {
  const auto* members = row.if_object();
  const auto* value = members ? members->if_contains(key) : nullptr;
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

int scan_file(const ScanOptions& options) {
  std::ifstream file;
  const bool from_stdin = options.definitions == "-";
  if (!from_stdin) file.open(options.definitions);
  if (!from_stdin && !file) {
    complain(fmt::format("{}: cannot be read", options.definitions));
    return kUsage;
  }
  std::istream& in = from_stdin ? std::cin : file;
  trust::Neighbours neighbours;
  if (options.together) {
    if (from_stdin) {
      complain("--together reads the lines twice, which stdin cannot be");
      return kUsage;
    }
    each_line(in, [&](const std::string& line, std::size_t) {
      auto row = base::parse_json(line);
      const std::string tool = row ? text_of(*row, text_of(*row, "name").empty() ? "tool" : "name") : std::string();
      if (!tool.empty()) neighbours.add(text_of(*row, "server"), tool);
    });
    file.clear();
    file.seekg(0);
  }
  int status = kGood;
  each_line(in, [&](const std::string& line, std::size_t number) {
    auto scanned = trust::scan_line(line, number, neighbours);
    if (!scanned) {
      print(fmt::format("{{\"line\":{},\"error\":{}}}\n", number, base::quoted(scanned.error().message)));
      status = kUsage;
      return;
    }
    print(scanned->json + "\n");
    if (scanned->tier == trust::Tier::block && status == kGood) status = kFailed;
  });
  return status;
}

mcp::Result<ScannedCatalog> scan_servers(const ScanOptions& options, net::Reaper& reaper) {
  auto config = open_config(options.config);
  if (!config) return mcp::Error(mcp::Code::invalid_argument, "");
  return scan_config(*config, options.server, reaper);
}

mcp::Result<ScannedCatalog> scan_gateway(const ScanOptions& options, net::Reaper& reaper) {
  auto gateway = AskedGateway::find(options.config, options.url, reaper);
  if (!gateway) return std::move(gateway).error();
  const std::string url = gateway->url() + (gateway->url().find('?') == std::string::npos ? "?" : "&") + "disclosure=all";
  auto tools = list_tools(*gateway, url, "gatehouse-scan");
  if (!tools) return std::move(tools).error();
  auto scanned = scan_tools(*tools, options.server);
  if (!scanned) return std::move(scanned).error();
  return ScannedCatalog{*std::move(scanned), {}};
}

// A tool is named as it is; of what is none, its kind is said.
std::string shown_name(const Scanned& one) {
  const std::string name = fmt::format("{}.{}", trust::visible(one.server), trust::visible(one.name));
  return one.kind == "tool" || one.kind == one.name ? name : fmt::format("{} {}", one.kind, name);
}

std::string as_json(const std::vector<Scanned>& all) {
  std::string out = "[";
  for (const Scanned& one : all) {
    out.append(out.size() > 1 ? "," : "").append("{\"server\":").append(base::quoted(one.server));
    out.append(fmt::format(R"(,"kind":"{}","name":{},)", one.kind, base::quoted(one.name)));
    if (one.kind == "tool") out.append("\"tool\":").append(base::quoted(one.name)).append(",");
    out.append("\"tier\":\"").append(trust::tier_name(trust::worst_of(one.findings)));
    out.append("\",\"findings\":[");
    for (std::size_t i = 0; i < one.findings.size(); ++i) out.append(i == 0 ? "" : ",").append(trust::finding_json(one.findings[i]));
    out.append("]}");
  }
  return out + "]\n";
}

// SARIF 2.1.0: a rule per kind of finding, a logical place per definition, since a catalog is no file.
std::string as_sarif(const std::vector<Scanned>& all) {
  std::set<std::string> ids;
  for (const Scanned& one : all)
    for (const trust::Finding& finding : one.findings) ids.insert(finding.id);
  std::string rules, results;
  for (const std::string& id : ids)
    rules.append(rules.empty() ? "" : ",").append(fmt::format(R"({{"id":{0},"shortDescription":{{"text":{0}}}}})", base::quoted(id)));
  for (const Scanned& one : all)
    for (const trust::Finding& finding : one.findings)
      results.append(results.empty() ? "" : ",")
          .append(fmt::format(R"({{"ruleId":{},"ruleIndex":{},"level":"{}","message":{{"text":{}}},)", base::quoted(finding.id),
                              std::distance(ids.begin(), ids.find(finding.id)), finding.tier == trust::Tier::block ? "error" : "warning",
                              base::quoted(finding.reason)))
          .append(fmt::format(R"("locations":[{{"logicalLocations":[{{"name":{},"fullyQualifiedName":{},"kind":"member"}}]}}],)",
                              base::quoted(one.name), base::quoted(one.server + "." + one.name + finding.where)))
          .append(fmt::format(R"("properties":{{"begin":{},"end":{}}}}})", finding.begin, finding.end));
  return fmt::format(
             R"({{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"gatehouse","version":{},"rules":[{}]}}}},"columnKind":"utf16CodeUnits","results":[{}]}}]}})",
             base::quoted(build_version()), rules, results) +
         "\n";
}

std::string as_text(const std::vector<Scanned>& all) {
  std::string out;
  std::size_t flagged = 0;
  for (const Scanned& one : all) {
    if (one.findings.empty()) continue;
    ++flagged;
    out.append(fmt::format("{}: {}\n", trust::tier_name(trust::worst_of(one.findings)), shown_name(one)));
    for (const trust::Finding& finding : one.findings)
      out.append(fmt::format("  {} {} at {}:{}-{}: {}\n", trust::tier_name(finding.tier), finding.id,
                             without_controls(trust::visible(finding.where)), finding.begin, finding.end,
                             without_controls(finding.reason)));
  }
  return out + fmt::format("{} of {} definitions have findings\n", flagged, all.size());
}

}  // namespace

int scan(const ScanOptions& options, net::Reaper& reaper) {
  if (!options.definitions.empty()) return scan_file(options);
  auto found = options.url.empty() ? scan_servers(options, reaper) : scan_gateway(options, reaper);
  if (!found) {
    if (!found.error().message.empty()) complain(found.error().message);
    return found.error().code == mcp::Code::invalid_argument ? kUsage : kFailed;
  }
  for (const std::string& line : found->unseen) complain(line);
  print(options.form == ScanOptions::Form::sarif  ? as_sarif(found->all)
        : options.form == ScanOptions::Form::json ? as_json(found->all)
                                                  : as_text(found->all));
  const bool blocked =
      std::ranges::any_of(found->all, [](const Scanned& one) { return trust::worst_of(one.findings) == trust::Tier::block; });
  return blocked || !found->unseen.empty() ? kFailed : kGood;
}

}  // namespace app
