#include <fmt/format.h>

#include "app/commands.h"
#include "app/known_names.h"
#include "app/launch_report.h"
#include "app/terminal.h"
#include "base/json.h"
#include "mcp/json.h"

namespace app {
namespace {

// What each server that fetches a package, or is elsewhere, is called, beside the names that are known.
std::string packages_json(const ReadConfig& read, const trust::KnownList& list) {
  mcp::JsonWriter out;
  out.array();
  if (read.config)
    for (const gateway::ServerConfig& server : read.config->gateway.servers) {
      auto judged = judge_server(server, list);
      if (!judged) continue;
      out.object().field("server", server.id).field("ecosystem", trust::ecosystem_name(judged->name.ecosystem));
      out.field("name", judged->name.written).field("verdict", trust::likeness_name(judged->likeness.kind));
      out.field("nearest", judged->likeness.nearest).field("reason", judged->likeness.reason).end();
    }
  out.end();
  return std::move(out).text();
}

std::string packages_text(const AppConfig& config, const trust::KnownList& list) {
  std::string out;
  for (const gateway::ServerConfig& server : config.gateway.servers)
    // A URL like no known one is what most URLs are.
    if (auto judged = judge_server(server, list);
        judged && (judged->name.ecosystem != trust::Ecosystem::remote || judged->likeness.kind != trust::Likeness::Kind::clean))
      out.append(fmt::format("  {}: {}\n", server.id, likeness_text(*judged, "      ")));
  return out;
}

std::string as_json(const std::string& file, const ReadConfig& read, const std::vector<ServerLaunch>& launches,
                    const trust::KnownList& list) {
  std::string findings;
  for (const Finding& finding : read.findings) {
    if (!findings.empty()) findings += ',';
    findings += fmt::format(R"({{"level":"{}","file":{},"line":{},"column":{},"message":{}}})",
                            finding.level == Finding::Level::error ? "error" : "warning", base::quoted(finding.place.file),
                            finding.place.line, finding.place.column, base::quoted(finding.text));
  }
  std::string servers;
  if (read.config)
    for (const gateway::ServerConfig& server : read.config->gateway.servers) {
      if (!servers.empty()) servers += ',';
      base::append_json_string(servers, server.id);
    }
  return fmt::format("{{\"file\":{},\"ok\":{},\"servers\":[{}],\"launches\":{},\"packages\":{},\"findings\":[{}]}}\n", base::quoted(file),
                     read.config ? "true" : "false", servers, launches_json(launches), packages_json(read, list), findings);
}

std::string count(std::size_t number, std::string_view word) { return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s"); }

}  // namespace

int check(const CheckOptions& options) {
  if (!options.launch.empty()) return check_launches(options);
  auto list = read_known_names(options.known);
  if (!list) {
    complain(list.error().message);
    return kUsage;
  }
  auto file = find_config(options.config, process_environment);
  if (!file) {
    complain(file.error().message);
    return kUsage;
  }
  ReadConfig read = read_config(*file, process_environment);
  const std::vector<ServerLaunch> launches = read.config ? judge_launches(*read.config) : std::vector<ServerLaunch>();
  int status = !read.config ? kUsage : any_denied(launches) ? kFailed : kGood;
  if (options.output == Output::json) {
    print(as_json(*file, read, launches, **list));
    return status;
  }
  show_findings(read.findings);
  std::size_t errors = 0;
  for (const Finding& finding : read.findings) errors += finding.level == Finding::Level::error ? 1 : 0;
  std::size_t warnings = read.findings.size() - errors;
  if (read.config)
    print(fmt::format("{}: good, {}{}\n", *file, count(read.config->gateway.servers.size(), "server"),
                      warnings ? ", " + count(warnings, "warning") : "") +
          launches_text(launches) + packages_text(*read.config, **list));
  else
    fmt::print(stderr, "{}: {}\n", *file, count(errors, "error"));
  return status;
}

}  // namespace app
