// The formats of JSON Schema (Validation, section 7.3).
#pragma once

#include <cstddef>
#include <string_view>

namespace protocol::schema {

// One format.
struct Format {
  std::string_view name;
  bool (*is)(std::string_view text);
  std::size_t steps;  // what a check costs, besides the length of the text
};

// The format of that name; null for one that is not known, which accepts everything. `idn-hostname` is not known: it would take the
// tables of IDNA.
const Format* find_format(std::string_view name);

}  // namespace protocol::schema
