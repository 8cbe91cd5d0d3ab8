// Any bytes as a text, as a definition and as a result: findings stay inside of what was given, and what is changed is still JSON.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json.h"
#include "trust/scan/hidden.h"
#include "trust/scan/lines.h"
#include "trust/scan/results.h"
#include "trust/scan/visible.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  trust::Neighbours neighbours;
  neighbours.add("other", "read_file");
  for (const trust::Finding& finding : trust::scan_text(text, "", "here", neighbours))
    check(finding.begin <= finding.end && finding.end <= size && !finding.id.empty() && finding.tier != trust::Tier::clean);
  // What was made visible drives no terminal and spells nothing.
  for (const trust::scan::HiddenRun& run : trust::scan::find_hidden(trust::visible(text)))
    check(run.kind != trust::scan::Hiding::escape && run.kind != trust::scan::Hiding::control && run.kind != trust::scan::Hiding::tag &&
          run.kind != trust::scan::Hiding::broken);
  if (auto line = trust::scan_line(text, 1, neighbours)) check(base::validate_json(line->json).ok());
  if (!base::validate_json(text)) return 0;
  for (trust::OnOrders orders : {trust::OnOrders::mark, trust::OnOrders::cut}) {
    const trust::ResultRules rules{orders, trust::OnSecrets::redact};
    const auto found = trust::scan_result(text, "here", neighbours, rules);
    const auto verdict = trust::judge_result(text, found, rules);
    if (verdict.changed) check(base::validate_json(*verdict.changed).ok());
  }
  return 0;
}
