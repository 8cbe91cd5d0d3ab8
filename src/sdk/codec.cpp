#include "mcp/detail/codec.h"

#include <algorithm>
#include <numeric>

#include "sdk/nearest.h"

namespace sdk {

std::string_view nearest(std::string_view name, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(2, name.size() / 3) + 1;
  if (name.size() > 100) return best;
  for (std::string_view candidate : known) {
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        std::size_t replace = diagonal + (name[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replace, row[j] + 1, row[j + 1] + 1});
      }
    }
    // A name that is part of the other one counts as near, too: `max` for `max_results`.
    std::size_t edits = row.back();
    if (name.size() >= 3 && (candidate.find(name) != std::string_view::npos || name.find(candidate) != std::string_view::npos))
      edits = std::min<std::size_t>(edits, 2);
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

}  // namespace sdk

namespace mcp::detail {

bool fault_at(Fault& fault, std::string_view step) {
  std::string path(step.substr(0, 100));
  if (!fault.path.empty() && fault.path.front() != '[') path += '.';
  fault.path = path + fault.path;
  return false;
}
bool fault_at_index(Fault& fault, std::size_t index) {
  std::string path = "[" + std::to_string(index) + "]";
  if (!fault.path.empty() && fault.path.front() != '[') path += '.';
  fault.path = path + fault.path;
  return false;
}
bool fault(Fault& fault, std::string expected) {
  fault.expected = std::move(expected);
  return false;
}
bool fault_unknown(Fault& fault, std::string_view name, std::span<const std::string_view> known) {
  fault.unknown = true;
  fault.path = std::string(name.substr(0, 100));
  if (auto near = sdk::nearest(name, known); !near.empty()) {
    fault.expected = "; did you mean '" + std::string(near) + "'?";
  } else if (known.empty()) {
    fault.expected = "; there are none";
  } else {
    std::string all;
    for (auto one : known) all += (all.empty() ? "'" : ", '") + std::string(one) + "'";
    fault.expected = "; known are " + all;
  }
  return false;
}

std::string fault_text(const Fault& fault, std::string_view what) {
  std::string where(what);
  if (fault.unknown) return "unknown " + where + " '" + fault.path + "'" + fault.expected;
  if (fault.path.empty()) return "the " + where + "s must be " + fault.expected;
  return where + " '" + fault.path + "' must be " + fault.expected;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string limits_text(std::string_view what, std::string_view min, std::string_view max) {
  std::string text(what);
  if (!min.empty() && !max.empty())
    text.append(" from ").append(min).append(" to ").append(max);
  else if (!min.empty())
    text.append(" of at least ").append(min);
  else if (!max.empty())
    text.append(" of at most ").append(max);
  return text;
}

}  // namespace mcp::detail
