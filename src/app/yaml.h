// YAML text as a plain tree with a place for every node, and with limits on everything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/finding.h"

namespace app::yaml {

inline constexpr std::size_t kLargestFile = 1024 * 1024;
inline constexpr std::size_t kMostNodes = 20'000;  // aliases count as what they stand for
inline constexpr int kDeepest = 32;

struct Mark {
  int line = 1;
  int column = 1;
};

struct Member;

// One node. A scalar keeps its text as written (after unquoting); what it means is for its reader to say.
struct Value {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Mark mark;
  bool quoted = false;          // a scalar in quotes or a block: never a number, a flag or null
  std::string text;             // scalar
  std::vector<Value> items;     // list
  std::vector<Member> members;  // map, in the file's order

  // The member's value, or null when there is none.
  const Value* find(std::string_view key) const;
  // "a list", "a map", "a number", "nothing" and so on, for messages.
  std::string_view kind_name() const;
};

struct Member {
  std::string key;
  Mark mark;  // of the key
  Value value;
};

// Reads one document. Anchors and aliases work within kMostNodes; tags, several documents, keys that are not text, and control
// characters are refused. Duplicate keys are reported, all of them, and the first one counts.
// Returns nothing when the text cannot be read as YAML at all; then an error is among `findings`.
std::optional<Value> parse(std::string_view text, Findings& findings);

}  // namespace app::yaml
