#include "app/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace app {

std::string Finding::line() const {
  std::string where = place.line > 0 ? fmt::format("{}:{}:{}", place.file, place.line, place.column) : place.file;
  return fmt::format("{}: {}{}", where, level == Level::warning ? "warning: " : "", text);
}

std::vector<Finding> Findings::sorted() && {
  // By place, and at one place in the order in which they were found.
  std::vector<std::size_t> order(all_.size());
  std::iota(order.begin(), order.end(), 0);
  auto key = [this](std::size_t i) { return std::tuple(all_[i].place.line, all_[i].place.column, i); };
  std::sort(order.begin(), order.end(), [&key](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<Finding> out;
  out.reserve(order.size());
  for (std::size_t i : order) out.push_back(std::move(all_[i]));
  if (more_ > 0) out.push_back(at(any_error_ ? Finding::Level::error : Finding::Level::warning, 0, 0, fmt::format("and {} more", more_)));
  return out;
}

void Findings::add(Finding::Level level, int line, int column, std::string text) {
  any_error_ = any_error_ || level == Finding::Level::error;
  if (all_.size() < kMost)
    all_.push_back(at(level, line, column, std::move(text)));
  else
    ++more_;
}

Finding Findings::at(Finding::Level level, int line, int column, std::string text) const {
  Finding finding;
  finding.level = level;
  finding.place.file = file_;
  finding.place.line = line;
  finding.place.column = column;
  finding.text = std::move(text);
  return finding;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 60;
  bool cut = text.size() > kMost;
  if (cut) {
    std::size_t end = kMost;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string out = "\"";
  for (unsigned char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '"' || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else if (c < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", c);
    else
      out += static_cast<char>(c);
  }
  return out + (cut ? "…\"" : "\"");
}

}  // namespace app
