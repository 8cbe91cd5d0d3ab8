#include "app/bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace app {

std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3;) out.insert(at -= 3, ",");
  return out;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return part > 0 && percent < 0.05 ? "<0.1 %" : fmt::format("{:.1f} %", percent);
}

std::string bar(std::uint64_t part, std::uint64_t most, std::size_t width) {
  constexpr std::array<std::string_view, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (part == 0 || most == 0) return "";
  const double full = static_cast<double>(std::min(part, most)) / static_cast<double>(most) * static_cast<double>(width * 8);
  const std::size_t eighths = std::max<std::size_t>(1, static_cast<std::size_t>(full));
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
  return out += kEighths[eighths % 8];
}

}  // namespace app
