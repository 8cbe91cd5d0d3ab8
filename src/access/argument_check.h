// Conditions of a rule on the arguments of a call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace authz {

// One value of the arguments, and what it has to be.
struct ArgumentCheck {
  // RFC 6901; a step `*` is every element or member.
  std::string pointer;
  // One of these fits: globs over a text, and over a number, a flag or null as it is written; numbers also by value.
  std::vector<std::string> values;
  std::optional<double> above, below;
  std::optional<bool> present;

  bool operator==(const ArgumentCheck&) const = default;
};

// How strictly to look. What lets a call pass must hold for all values that are meant (a list is all its elements) and is not taken in by
// `..`; what stops one holds as soon as one of them fits, also in disguise.
enum class Strict { lets_pass, stops };

// Whether the check holds. `arguments` is an object that passed base::validate_json, or empty, which is `{}`.
bool holds(const ArgumentCheck& check, std::string_view arguments, Strict how);

// Error: invalid_argument (not empty and not beginning with `/`).
mcp::Result<> check_pointer(std::string_view pointer);

}  // namespace authz
