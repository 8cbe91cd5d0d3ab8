#include "trust/lookalike/slips.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

namespace trust {
namespace {

// Where a key is, in quarters of a key; rows are shifted against each other.
struct Key {
  int row = -1;
  int column = 0;
};

Key key_of(char c) {
  constexpr std::array<std::string_view, 4> kRows{"1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm"};
  constexpr std::array<int, 4> kShift{0, 2, 3, 5};
  for (std::size_t row = 0; row < kRows.size(); ++row)
    if (const std::size_t at = kRows[row].find(c); at != std::string_view::npos)
      return {static_cast<int>(row), static_cast<int>(at) * 4 + kShift[row]};
  return {};
}

bool beside(char a, char b) {
  const Key one = key_of(a);
  const Key other = key_of(b);
  return one.row >= 0 && other.row >= 0 && std::abs(one.row - other.row) <= 1 && std::abs(one.column - other.column) <= 4;
}

bool one_bit(char a, char b) {
  const unsigned differ = static_cast<unsigned char>(a) ^ static_cast<unsigned char>(b);
  return (differ & (differ - 1)) == 0;
}

// The characters of `text`, each as it is to be shown.
std::vector<std::string> shown(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size() && out.size() < kMostAligned;) {
    const auto first = static_cast<unsigned char>(text[at]);
    std::size_t size = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
    char32_t point = size > 1 ? first & (0xFFU >> (size + 1)) : first;
    for (std::size_t i = 1; i < size; ++i) {
      if (at + i >= text.size() || (static_cast<unsigned char>(text[at + i]) & 0xC0U) != 0x80) {
        size = 0;
        break;
      }
      point = point << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    const bool shapeless = (point >= 0x300 && point <= 0x36F) || (point >= 0x2000 && point <= 0x200F) ||
                           (point >= 0x2028 && point <= 0x206F) || point == 0xAD || point == 0xFEFF ||
                           (point >= 0xFE00 && point <= 0xFE0F) || point >= 0xE0000;
    if (size == 0)
      out.push_back(fmt::format("<{:02X}>", first));
    else if (size == 1 ? first < 0x20 || first == 0x7F : shapeless || point < 0xA0)
      out.push_back(fmt::format("<U+{:04X}>", static_cast<std::uint32_t>(point)));
    else
      out.emplace_back(text.substr(at, size));
    at += std::max<std::size_t>(size, 1);
  }
  return out;
}

// Columns that `piece` takes: what is shown by its number takes as many as it has characters.
std::size_t width(const std::string& piece) { return piece.starts_with('<') && piece.size() > 1 ? piece.size() : 1; }

}  // namespace

std::size_t slips(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t more = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (more > limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
    std::swap(before, last);
    std::swap(last, row);
  }
  return std::min(last[b.size()], limit + 1);
}

bool single_slip(std::string_view a, std::string_view b) {
  if (a.size() == b.size()) {
    const auto [in_a, in_b] = std::ranges::mismatch(a, b);
    if (in_a == a.end()) return false;
    const auto at = static_cast<std::size_t>(in_a - a.begin());
    if (a.substr(at + 1) == b.substr(at + 1)) return beside(a[at], b[at]) || one_bit(a[at], b[at]);
    return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] && a.substr(at + 2) == b.substr(at + 2);
  }
  if (a.size() != b.size() + 1) return false;
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  if (a.substr(at + 1) != b.substr(at)) return false;
  return (at > 0 && a[at] == a[at - 1]) || (at + 1 == a.size() && a[at] == 's');
}

Alignment align(std::string_view first, std::string_view second) {
  const std::vector<std::string> a = shown(first);
  const std::vector<std::string> b = shown(second);
  // cost[i][j]: of the rest of both from i and j on.
  const std::size_t wide = b.size() + 1;
  std::vector<std::uint32_t> cost((a.size() + 1) * wide);
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return cost[i * wide + j]; };
  for (std::size_t i = a.size() + 1; i-- > 0;)
    for (std::size_t j = b.size() + 1; j-- > 0;) {
      if (i == a.size() || j == b.size()) {
        at(i, j) = static_cast<std::uint32_t>(a.size() - i + b.size() - j);
        continue;
      }
      at(i, j) = std::min({at(i + 1, j) + 1, at(i, j + 1) + 1, at(i + 1, j + 1) + (a[i] == b[j] ? 0U : 1U)});
    }
  Alignment out;
  const auto column = [&out](const std::string& one, const std::string& other, char mark) {
    const std::size_t columns = std::max(width(one), width(other));
    out.first.append(one).append(columns - width(one), ' ');
    out.second.append(other).append(columns - width(other), ' ');
    out.marks.append(columns, mark);
  };
  const std::string gap = "·";
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (i < a.size() && j < b.size() && at(i, j) == at(i + 1, j + 1) + (a[i] == b[j] ? 0U : 1U)) {
      column(a[i], b[j], a[i] == b[j] ? ' ' : '^');
      ++i, ++j;
    } else if (i < a.size() && at(i, j) == at(i + 1, j) + 1) {
      column(a[i++], gap, '^');
    } else {
      column(gap, b[j++], '^');
    }
  }
  while (out.marks.ends_with(' ')) out.marks.pop_back();
  return out;
}

}  // namespace trust
