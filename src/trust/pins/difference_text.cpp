#include "trust/pins/difference_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/json.h"
#include "trust/pins/utf8.h"

namespace trust {
namespace {

constexpr std::size_t kAround = 60;     // characters that are shown before and after what differs
constexpr std::size_t kLongest = 4000;  // ... of what differs itself

bool hidden(char32_t c) {
  return (c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0xa0 || c == 0xad || c == 0x34f || c == 0x61c || c == 0x115f ||
         c == 0x1160 || c == 0x17b4 || c == 0x17b5 || (c >= 0x180b && c <= 0x180f) || (c >= 0x2000 && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) || c == 0x2800 || c == 0x3164 || (c >= 0xfe00 && c <= 0xfe0f) ||
         c == 0xfeff || c == 0xffa0 || (c >= 0xfff0 && c <= 0xfffb) || (c >= 0x1bca0 && c <= 0x1bca3) || (c >= 0x1d173 && c <= 0x1d17a) ||
         (c >= 0xe0000 && c <= 0xe0fff) || (c >= 0xd800 && c < 0xe000) || (c >= 0xe000 && c <= 0xf8ff) || c >= 0xf0000;
}

std::vector<std::string> runes_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const Rune rune = first_rune(text);
    out.emplace_back(text.substr(0, rune.size));
    text.remove_prefix(rune.size);
  }
  return out;
}

// What differs of both, with what stands around it.
std::pair<std::string, std::string> focused(std::string_view before, std::string_view after) {
  const std::vector<std::string> was = runes_of(before), is = runes_of(after);
  const std::size_t least = std::min(was.size(), is.size());
  std::size_t head = 0, tail = 0;
  while (head < least && was[head] == is[head]) ++head;
  while (tail < least - head && was[was.size() - 1 - tail] == is[is.size() - 1 - tail]) ++tail;
  auto part = [&](const std::vector<std::string>& all) {
    const std::size_t begin = head > kAround ? head - kAround : 0, differs_until = all.size() - tail;
    const std::size_t end = std::min({all.size(), differs_until + kAround, head + kLongest});
    std::string out = begin > 0 ? "… " : "";
    for (std::size_t i = begin; i < end; ++i) out.append(all[i]);
    if (end < differs_until)
      out.append(fmt::format(" … [{} more characters]", differs_until - end));
    else if (end < all.size())
      out.append(" …");
    return out;
  };
  return {part(was), part(is)};
}

// A JSON value as text: of a string what it says.
std::string said(const std::string& value) {
  if (value.empty()) return {};
  if (base::is_string(value))
    if (auto text = base::json_string(value)) return *std::move(text);
  return value;
}

// Lines of at most `width` characters; an escape such as <U+200B> is not cut.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t taken = 0;
  auto end_line = [&] {
    lines.push_back(std::exchange(line, {}));
    taken = 0;
  };
  while (!text.empty()) {
    const Rune rune = first_rune(text);
    std::string_view piece = text.substr(0, rune.size);
    text.remove_prefix(rune.size);
    if (piece == "\n") {
      end_line();
      continue;
    }
    const std::string shown = unhidden(piece);
    const std::size_t takes = shown.size() == piece.size() ? 1 : shown.size();
    if (taken + takes > width) end_line();
    line.append(shown);
    taken += takes;
  }
  if (!line.empty() || lines.empty()) end_line();
  return lines;
}

std::size_t length(std::string_view line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void append_columns(std::string& out, const std::vector<std::string>& left, const std::vector<std::string>& right, std::size_t column) {
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string_view a = i < left.size() ? std::string_view(left[i]) : std::string_view();
    const std::string_view b = i < right.size() ? std::string_view(right[i]) : std::string_view();
    out.append("    ").append(a).append(column - std::min(column, length(a)), ' ').append(a == b ? "   " : " | ").append(b).append("\n");
  }
}

std::string label(const Difference& difference) {
  std::string out(pin_kind_name(difference.kind));
  if (!difference.name.empty()) out.append(" ").append(unhidden(difference.name));
  return out;
}

}  // namespace

std::string unhidden(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Rune rune = first_rune(text);
    const std::string_view piece = text.substr(0, rune.size);
    if (!rune.good)
      out.append(fmt::format("<0x{:02X}>", static_cast<unsigned>(rune.code)));
    else if (rune.code >= 0xe0020 && rune.code < 0xe007f)
      out.append(fmt::format("<U+{:04X} {}>", static_cast<unsigned>(rune.code), static_cast<char>(rune.code - 0xe0000)));
    else if (hidden(rune.code))
      out.append(fmt::format("<U+{:04X}>", static_cast<unsigned>(rune.code)));
    else
      out.append(piece);
    text.remove_prefix(rune.size);
  }
  return out;
}

std::string side_by_side(const Difference& difference, std::size_t width) {
  const std::size_t column = (std::max<std::size_t>(width, 40) - 7) / 2;
  std::string out = fmt::format("{}: {}\n", label(difference), change_name(difference.change));
  if (!difference.like.empty()) out.append(fmt::format("  it can be taken for {}\n", unhidden(difference.like)));
  for (const FieldChange& field : difference.fields) {
    if (!field.where.empty()) out.append(fmt::format("  {} ({})\n", unhidden(field.where), field.meaning));
    const auto [before, after] = focused(said(field.before), said(field.after));
    const std::string nothing = "(not there)";
    append_columns(out, wrapped(field.before.empty() ? nothing : before, column), wrapped(field.after.empty() ? nothing : after, column),
                   column);
  }
  if (difference.more_fields > 0) out.append(fmt::format("  and {} more places\n", difference.more_fields));
  return out;
}

std::string differences_json(std::span<const Difference> all) {
  std::string out = "[";
  for (const Difference& one : all) {
    out.append(out.size() > 1 ? ",\n" : "");
    auto text_or_null = [](const std::string& text) { return text.empty() ? std::string("null") : base::quoted(text); };
    out.append(fmt::format(R"({{"change":"{}","kind":"{}","name":{},"before":{},"after":{},"like":{},"fields":[)", change_name(one.change),
                           pin_kind_name(one.kind), base::quoted(one.name), text_or_null(one.before), text_or_null(one.after),
                           text_or_null(one.like)));
    for (std::size_t i = 0; i < one.fields.size(); ++i) {
      const FieldChange& field = one.fields[i];
      out.append(fmt::format(R"({}{{"where":{},"before":{},"after":{},"meaning":{}}})", i > 0 ? "," : "", base::quoted(field.where),
                             field.before.empty() ? "null" : field.before, field.after.empty() ? "null" : field.after,
                             base::quoted(field.meaning)));
    }
    out.append(fmt::format("],\"more_fields\":{}}}", one.more_fields));
  }
  return out.append("]");
}

}  // namespace trust
