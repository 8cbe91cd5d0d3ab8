// One thing that the scanner found in a definition or a result.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace trust {

// review: shown to a person; block: held back until a person approves it.
enum class Tier { clean, review, block };

struct Finding {
  std::string id;  // stable, e.g. `hidden.tags`
  Tier tier = Tier::review;
  std::string where;               // JSON pointer to the string
  std::size_t begin = 0, end = 0;  // bytes within that string
  std::string reason;              // one sentence, safe to print
};

// `clean`, `review` or `block`: as commands print it.
std::string_view tier_name(Tier tier);

}  // namespace trust
