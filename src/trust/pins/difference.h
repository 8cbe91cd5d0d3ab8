// What differs between what was approved and what is there now, piece by piece.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trust/pins/pin.h"

namespace trust {

enum class Change { added, removed, changed };
// `added`, `removed`, `changed`.
std::string_view change_name(Change change);

// One place within a definition.
struct FieldChange {
  std::string where;         // JSON pointer; empty: the whole
  std::string before;        // canonical JSON; empty: it was not there
  std::string after;         // ... it is not there any more
  std::string_view meaning;  // what that place is for, such as `words that the model reads`
};

struct Difference {
  Change change = Change::changed;
  PinKind kind = PinKind::tool;
  std::string name;
  std::string before, after;  // digests; empty where there is none
  std::vector<FieldChange> fields;
  std::size_t more_fields = 0;  // that are not listed
  std::string like;             // an added one: the name of another that it can be taken for
};

inline constexpr std::size_t kMostFields = 100;

// The places in which two canonical texts differ, at most kMostFields; `more`, unless null, becomes the number of the others.
std::vector<FieldChange> field_changes(PinKind kind, const std::string& before, const std::string& after, std::size_t* more = nullptr);

// Compares two offers by kind and name, whatever the order of names. Where one name comes several times, their order counts, as the
// first one is used. Sorted by kind and name.
std::vector<Difference> differences(std::span<const Pin> before, std::span<const Pin> after);

// What is different in one line: `inputSchema, description`.
std::string changed_places(const Difference& difference);

}  // namespace trust
