#include <fmt/format.h>

#include "app/commands.h"
#include "app/terminal.h"
#include "base/json.h"

namespace app {
namespace {

std::string as_json(const std::string& file, const ReadConfig& read) {
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
  return fmt::format("{{\"file\":{},\"ok\":{},\"servers\":[{}],\"findings\":[{}]}}\n", base::quoted(file), read.config ? "true" : "false",
                     servers, findings);
}

std::string count(std::size_t number, std::string_view word) { return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s"); }

}  // namespace

int check(const CheckOptions& options) {
  auto file = find_config(options.config, process_environment);
  if (!file) {
    complain(file.error().message);
    return kUsage;
  }
  ReadConfig read = read_config(*file, process_environment);
  int status = read.config ? kGood : kUsage;
  if (options.output == Output::json) {
    print(as_json(*file, read));
    return status;
  }
  show_findings(read.findings);
  std::size_t errors = 0;
  for (const Finding& finding : read.findings) errors += finding.level == Finding::Level::error ? 1 : 0;
  std::size_t warnings = read.findings.size() - errors;
  if (read.config)
    print(fmt::format("{}: good, {}{}\n", *file, count(read.config->gateway.servers.size(), "server"),
                      warnings ? ", " + count(warnings, "warning") : ""));
  else
    fmt::print(stderr, "{}: {}\n", *file, count(errors, "error"));
  return status;
}

}  // namespace app
