#include "app/nearest.h"

#include <algorithm>

#include "base/edit_distance.h"

namespace app {

std::optional<std::string_view> find_nearest(std::string_view word, std::span<const std::string_view> known) {
  constexpr std::size_t kLongest = 64;  // the table is quadratic; nobody mistypes a longer key
  if (word.empty() || word.size() > kLongest) return {};
  int best = 2 * std::clamp(static_cast<int>(word.size() + 1) / 3, 1, 3) + 1;
  std::optional<std::string_view> found;
  for (std::string_view candidate : known) {
    int d = base::edit_distance(word, candidate);
    if (d >= best) continue;
    best = d;
    found = candidate;
  }
  return found;
}

}  // namespace app
