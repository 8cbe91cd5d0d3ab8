#include "trust/launch/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/json.h"

namespace trust {
namespace {

constexpr std::size_t kShown = 60;
constexpr std::size_t kLongestPlaceholder = 80;
constexpr char32_t kBroken = 0x110000;

struct Range {
  char32_t first, last;
};
// Controls, formats, fillers, variation selectors, private use: what has no look of its own. Sorted.
constexpr std::array<Range, 36> kUnseen{{
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},     {0x0600, 0x0605},   {0x061C, 0x061C},
    {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x08E2, 0x08E2},   {0x115F, 0x1160},     {0x17B4, 0x17B5},   {0x180B, 0x180F},
    {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},     {0xD800, 0xF8FF},   {0xFE00, 0xFE0F},
    {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},     {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
    {0x13430, 0x1345F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0x1FFFE, 0x1FFFF},   {0x2FFFE, 0x2FFFF}, {0x3FFFE, 0x3FFFF},
    {0xE0000, 0xE0FFF}, {0xEFFFE, 0xEFFFF}, {0xF0000, 0xFFFFF}, {0x100000, 0x10FFFF}, {kBroken, kBroken}, {kBroken + 1, 0xFFFFFFFF},
}};

bool is_unseen(char32_t c) {
  const auto* range = std::ranges::lower_bound(kUnseen, c, {}, &Range::last);
  return range != kUnseen.end() && c >= range->first;
}

// Takes the next character off `text`; kBroken for a byte that begins none.
char32_t next_character(std::string_view& text) {
  const auto byte = [&text](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const unsigned lead = byte(0);
  const std::size_t size = lead < 0x80                   ? 1
                           : lead >= 0xC2 && lead < 0xE0 ? 2
                           : lead >= 0xE0 && lead < 0xF0 ? 3
                           : lead >= 0xF0 && lead < 0xF5 ? 4
                                                         : 0;
  char32_t c = size == 1 ? lead : size == 2 ? lead & 0x1F : size == 3 ? lead & 0x0F : lead & 0x07;
  bool good = size != 0 && size <= text.size();
  for (std::size_t i = 1; good && i < size; ++i) {
    good = (byte(i) & 0xC0) == 0x80;
    c = c << 6 | (byte(i) & 0x3F);
  }
  const bool too_short = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
  if (!good || too_short || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) {
    text.remove_prefix(1);
    return kBroken;
  }
  text.remove_prefix(size);
  return c;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_character(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

// The size of the `<…>` at the front of `text` that a person is to replace: it begins with a letter or a path, and holds only words.
std::size_t angled_size(std::string_view text) {
  if (text.size() < 3 || text[0] != '<' || !(is_letter(text[1]) || text[1] == '/' || text[1] == '~')) return 0;
  const std::size_t end = std::min(text.find('>'), text.size());
  if (end >= text.size() || end > kLongestPlaceholder) return 0;
  const auto word = [](char c) { return is_name_character(c) || std::string_view(" -./:~,'").contains(c); };
  return std::ranges::all_of(text.substr(1, end - 1), word) ? end + 1 : 0;
}

// `name=value;name=value`, as databases take it.
bool is_list_of_settings(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view part = text.substr(0, end);
    const std::size_t equals = part.find('=');
    const auto in_name = [](char c) { return is_name_character(c) || std::string_view(" -.:").contains(c); };
    if (!part.empty() && (equals == std::string_view::npos || equals == 0 || !std::ranges::all_of(part.substr(0, equals), in_name)))
      return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out = "\"";
  const bool cut = text.size() > kShown;
  text = text.substr(0, kShown);
  while (!text.empty()) {
    const char byte = text.front();
    const char32_t c = next_character(text);
    if (c == kBroken)
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(byte));
    else if (c < 0x20 || c >= 0x7F)
      fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(c));
    else
      out.push_back(byte);
  }
  out.append(cut ? "…\"" : "\"");
  return out;
}

std::optional<std::string> find_unseen(std::string_view text) {
  while (!text.empty()) {
    const char32_t c = next_character(text);
    if (c == kBroken) return "bytes that are no UTF-8";
    if (is_unseen(c)) return fmt::format("the character U+{:04X}, which cannot be seen", static_cast<std::uint32_t>(c));
  }
  return {};
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

std::optional<std::string_view> find_substitution(std::string_view text) {
  if (text.contains('`')) return "a backtick";
  if (text.contains("$(")) return "$(";
  // `${name}` is a name to fill in; what computes in there is for a shell.
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    std::string_view inside = text.substr(at + 2);
    const std::size_t end = inside.find('}');
    if (end == std::string_view::npos) return {};
    inside = inside.substr(0, end);
    const auto in_name = [](char c) { return is_name_character(c) || std::string_view(":./- ").contains(c); };
    if (inside == "IFS" || !std::ranges::all_of(inside, in_name)) return "${…} with more than a name";
  }
  if (text.contains("$IFS")) return "$IFS";
  return {};
}

std::optional<std::string_view> find_operator(std::string_view text) {
  if (const std::size_t equals = text.find('='); text.starts_with('-') && equals != std::string_view::npos) text.remove_prefix(equals + 1);
  if (!text.empty() && (text[0] == '{' || text[0] == '[') && base::validate_json(text)) return {};
  const bool url = is_url(text) && !text.contains(' ');
  const bool settings = text.contains('=') && is_list_of_settings(text);
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t size = angled_size(text.substr(at))) {
      at += size;
      continue;
    }
    switch (text[at]) {
      case ';':
        if (!url && !settings) return ";";
        break;
      case '&':
        if (!url) return "&";
        break;
      case '|': return "|";
      case '<': return "<";
      case '>': return ">";
      default: break;
    }
    ++at;
  }
  return {};
}

bool has_placeholder(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '<' && angled_size(text.substr(at)) != 0) return true;
    if (text[at] != '$' || at + 1 >= text.size()) continue;
    if (text[at + 1] == '{' || is_letter(text[at + 1]) || text[at + 1] == '_') return true;
  }
  return false;
}

bool is_url(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0 || !is_letter(text[0])) return false;
  return std::ranges::all_of(text.substr(0, end), [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '.' || c == '-'; });
}

}  // namespace trust
