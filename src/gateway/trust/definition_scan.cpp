#include "gateway/trust/definition_scan.h"

#include <boost/json/value.hpp>

#include "base/json.h"
#include "base/log.h"
#include "trust/scan/definitions.h"

namespace gateway {

std::string scan_objection(const ScanConfig& config, std::string_view server, std::string_view definition) {
  if (config.definitions == OnDefinitions::off) return {};
  auto parsed = base::parse_json(definition);
  if (!parsed) return "it is no JSON object that can be scanned";
  const std::vector<trust::Finding> findings = trust::scan_definition(*parsed, server, {});
  for (const trust::Finding& finding : findings)
    base::log::warn("a definition was found to be suspicious",
                    {{"server", server}, {"finding", finding.id}, {"tier", trust::tier_name(finding.tier)}, {"where", finding.where}});
  if (config.definitions != OnDefinitions::block || trust::worst_of(findings) != trust::Tier::block) return {};
  return "the scanner blocks it: " + findings.front().id + " at " + findings.front().where + "; gatehouse scan says why";
}

}  // namespace gateway
