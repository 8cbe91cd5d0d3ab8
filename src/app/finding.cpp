#include "app/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace app {

std::string Finding::line() const {
  std::string where = place.line > 0 ? fmt::format("{}:{}:{}", place.file, place.line, place.column) : place.file;
  return fmt::format("{}: {}{}", where, level == Level::warning ? "warning: " : "", text);
}

bool Findings::any_error() const {
  return std::any_of(all_.begin(), all_.end(), [](const Finding& f) { return f.level == Finding::Level::error; });
}

std::vector<Finding> Findings::sorted() && {
  std::stable_sort(all_.begin(), all_.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  return std::move(all_);
}

void Findings::add(Finding::Level level, int line, int column, std::string text) {
  Finding finding;
  finding.level = level;
  finding.place.file = file_;
  finding.place.line = line;
  finding.place.column = column;
  finding.text = std::move(text);
  all_.push_back(std::move(finding));
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
