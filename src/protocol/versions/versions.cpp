#include "protocol/versions/versions.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "protocol/versions/v2024_11_05.h"
#include "protocol/versions/v2025_03_26.h"
#include "protocol/versions/v2025_06_18.h"
#include "protocol/versions/v2025_11_25.h"
#include "protocol/versions/v2026_07_28.h"

namespace protocol {
namespace {

// The newest first. A new revision is its file pair and its line here.
constexpr std::array kRevisions = {
    &versions::k2026_07_28, &versions::k2025_11_25, &versions::k2025_06_18, &versions::k2025_03_26, &versions::k2024_11_05,
};

const Revision* first_of(std::span<const Revision* const> revisions, Era era) {
  auto found = std::find_if(revisions.begin(), revisions.end(), [era](const Revision* r) { return r->era == era; });
  return found == revisions.end() ? nullptr : *found;
}

std::string names(std::span<const Revision* const> revisions, const Era* era) {
  std::string out = "[";
  for (const Revision* revision : revisions) {
    if (era && revision->era != *era) continue;
    if (out.size() > 1) out += ',';
    base::append_json_string(out, revision->name);
  }
  return out += ']';
}

}  // namespace

std::span<const Revision* const> all_revisions() { return kRevisions; }

const Revision* find_revision(std::string_view name) {
  auto found = std::find_if(kRevisions.begin(), kRevisions.end(), [name](const Revision* r) { return r->name == name; });
  return found == kRevisions.end() ? nullptr : *found;
}

const Revision& latest_modern() { return *first_of(kRevisions, Era::modern); }
const Revision& latest_legacy() { return *first_of(kRevisions, Era::legacy); }
const Revision& headerless_legacy() { return versions::k2025_03_26; }

RevisionSet::RevisionSet() : revisions_(kRevisions.begin(), kRevisions.end()) {}

RevisionSet::RevisionSet(std::span<const std::string> names) {
  for (const std::string& name : names) {
    const Revision* revision = find_revision(name);
    if (revision && !find(name)) revisions_.push_back(revision);
  }
}

const Revision* RevisionSet::find(std::string_view name) const {
  auto found = std::find_if(revisions_.begin(), revisions_.end(), [name](const Revision* r) { return r->name == name; });
  return found == revisions_.end() ? nullptr : *found;
}

const Revision* RevisionSet::newest(Era era) const { return first_of(revisions_, era); }
mcp::Result<RevisionSet> parse_revisions(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    auto comma = list.find(',');
    std::string_view name = list.substr(0, comma);
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.empty()) continue;
    if (!find_revision(name))
      return mcp::Error(mcp::Code::invalid_argument,
                        "'" + std::string(name) + "' is no revision that is known here; there are " + RevisionSet().names_json());
    names.emplace_back(name);
  }
  if (names.empty()) return mcp::Error(mcp::Code::invalid_argument, "no revision is named; there are " + RevisionSet().names_json());
  return RevisionSet(names);
}

std::string RevisionSet::names_json(Era era) const { return names(revisions_, &era); }
std::string RevisionSet::names_json() const { return names(revisions_, nullptr); }

}  // namespace protocol
