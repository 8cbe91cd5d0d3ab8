// What a text costs models whose vocabulary is not at hand: estimates, and said to be that.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tokens {

// A family of models and how many of its tokens stand for one of o200k_base.
struct Family {
  std::string_view name;    // what a person calls it
  std::string_view begins;  // how names of its models begin, with spaces between
  double factor;
  bool exact;              // the count is the model's own
  std::string_view basis;  // where the factor is from
};

// All families known; the last is for any other model.
std::span<const Family> families();
// The family of a model's name, in any case: "claude-opus-4" is Claude. Never fails: the last one is for all others.
const Family& family_of(std::string_view model);

// `tokens` of o200k_base as this family would count them.
std::size_t estimated(std::size_t tokens, const Family& family);

// The count of a text that nobody has counted, by its bytes.
inline std::size_t estimated_by_size(std::size_t bytes) { return (bytes + 3) / 4; }

}  // namespace tokens
