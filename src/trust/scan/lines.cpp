#include "trust/scan/lines.h"

#include <fmt/format.h>

#include <boost/json/value.hpp>

#include "base/json.h"

namespace trust {

std::string finding_json(const Finding& finding) {
  return fmt::format(R"({{"id":{},"tier":"{}","where":{},"begin":{},"end":{},"reason":{}}})", base::quoted(finding.id),
                     tier_name(finding.tier), base::quoted(finding.where), finding.begin, finding.end, base::quoted(finding.reason));
}

mcp::Result<ScannedLine> scan_line(std::string_view line, std::size_t number, const Neighbours& neighbours) {
  const auto bad = [number](std::string_view why) {
    return mcp::Error(mcp::Code::invalid_argument,
                      fmt::format("line {}: {}; a line is {{\"server\",\"tool\",\"description\",…}} or {{\"text\"}}", number, why));
  };
  auto definition = base::parse_json(line);
  if (!definition) return bad(definition.error().message);
  const auto* members = definition->if_object();
  if (!members) return bad("not a JSON object");
  if (members->empty()) return bad("nothing to scan");
  std::string_view server;
  ScannedLine out;
  out.json = "{";
  for (std::string_view key : {"id", "server", "tool"}) {
    const auto* value = members->if_contains(key);
    const auto* text = value ? value->if_string() : nullptr;
    if (!text) continue;
    if (key == "server") server = *text;
    out.json.append("\"").append(key).append("\":").append(base::quoted(*text)).append(",");
  }
  const std::vector<Finding> findings = scan_definition(*definition, server, neighbours);
  out.tier = worst_of(findings);
  out.json.append("\"tier\":\"").append(tier_name(out.tier)).append("\",\"findings\":[");
  for (std::size_t i = 0; i < findings.size(); ++i) out.json.append(i == 0 ? "" : ",").append(finding_json(findings[i]));
  out.json.append("]}");
  return out;
}

}  // namespace trust
