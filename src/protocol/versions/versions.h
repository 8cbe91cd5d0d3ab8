// All revisions that this program can speak.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "protocol/versions/revision.h"

namespace protocol {

// Every revision, the newest first.
std::span<const Revision* const> all_revisions();

// The revision of that name, or null: an unknown name is neither new nor old, it is unknown.
const Revision* find_revision(std::string_view name);

const Revision& latest_modern();
const Revision& latest_legacy();
// What a legacy HTTP request without MCP-Protocol-Version speaks (Streamable HTTP of 2025-06-18, "Protocol Version Header").
const Revision& headerless_legacy();

// The revisions that one endpoint speaks, the preferred one first. Values are pointers into all_revisions().
class RevisionSet {
 public:
  // All of them.
  RevisionSet();
  // Only these. Names that are unknown are left out.
  explicit RevisionSet(std::span<const std::string> names);

  const Revision* find(std::string_view name) const;
  bool speaks(Era era) const { return newest(era) != nullptr; }
  // The first of that era, or null.
  const Revision* newest(Era era) const;
  std::span<const Revision* const> all() const { return revisions_; }
  // The names as a JSON array, for `supported` and `supportedVersions`; of one era, or of both.
  std::string names_json(Era era) const;
  std::string names_json() const;

 private:
  std::vector<const Revision*> revisions_;
};

// The revisions that a comma-separated list names, in its order.
// Errors: invalid_argument (one that is unknown, or none at all; it says which there are).
mcp::Result<RevisionSet> parse_revisions(std::string_view list);

}  // namespace protocol
