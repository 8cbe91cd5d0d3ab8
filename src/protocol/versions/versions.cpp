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
std::string RevisionSet::names_json(Era era) const { return names(revisions_, &era); }
std::string RevisionSet::names_json() const { return names(revisions_, nullptr); }

}  // namespace protocol
