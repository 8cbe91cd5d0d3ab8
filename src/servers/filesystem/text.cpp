#include "servers/filesystem/text.h"

#include <fmt/format.h>
#include <algorithm>

#include <array>
#include <cstdint>
#include <utility>

namespace servers {

namespace {

// The length of the well-formed sequence at the start of `s`, or 0.
std::size_t sequence(std::string_view s) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < s.size() && byte(i) >= low && byte(i) <= high;
  };
  unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return follows(1) ? 2 : 0;
  if (first < 0xF0) {
    unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    unsigned high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first > 0xF4) return 0;
  unsigned low = first == 0xF0 ? 0x90 : 0x80;
  unsigned high = first == 0xF4 ? 0x8F : 0xBF;
  return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
}

// Characters that change how a line reads: controls, direction marks, line separators.
bool is_unseen(std::string_view character) {
  if (character.size() == 1) return static_cast<unsigned char>(character[0]) < 0x20 || character[0] == 0x7F;
  if (character.size() == 2) return character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
  if (character.size() != 3 || character[0] != '\xE2') return false;
  auto last = static_cast<unsigned char>(character[2]);
  if (character[1] == '\x80') return (last >= 0x8B && last <= 0x8F) || (last >= 0xA8 && last <= 0xAE);
  return character[1] == '\x81' && last >= 0xA0 && last <= 0xAF;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 46> kTypes = {{
    {"md", "text/markdown"},        {"txt", "text/plain"},        {"html", "text/html"},
    {"htm", "text/html"},           {"css", "text/css"},          {"csv", "text/csv"},
    {"json", "application/json"},   {"js", "text/javascript"},    {"mjs", "text/javascript"},
    {"ts", "text/x-typescript"},    {"xml", "application/xml"},   {"yaml", "application/yaml"},
    {"yml", "application/yaml"},    {"toml", "application/toml"}, {"pdf", "application/pdf"},
    {"zip", "application/zip"},     {"gz", "application/gzip"},   {"tar", "application/x-tar"},
    {"wasm", "application/wasm"},   {"png", "image/png"},         {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},         {"gif", "image/gif"},         {"webp", "image/webp"},
    {"avif", "image/avif"},         {"bmp", "image/bmp"},         {"svg", "image/svg+xml"},
    {"ico", "image/x-icon"},        {"tif", "image/tiff"},        {"tiff", "image/tiff"},
    {"heic", "image/heic"},         {"mp3", "audio/mpeg"},        {"wav", "audio/wav"},
    {"ogg", "audio/ogg"},           {"oga", "audio/ogg"},         {"opus", "audio/opus"},
    {"flac", "audio/flac"},         {"m4a", "audio/mp4"},         {"aac", "audio/aac"},
    {"mp4", "video/mp4"},           {"webm", "video/webm"},       {"mov", "video/quicktime"},
    {"py", "text/x-python"},        {"cpp", "text/x-c++"},        {"h", "text/x-c"},
    {"canvas", "application/json"},
}};

}  // namespace

std::optional<std::size_t> find_bad_utf8(std::string_view bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (static_cast<unsigned char>(bytes[i]) < 0x80) {
      ++i;
      continue;
    }
    std::size_t n = sequence(bytes.substr(i));
    if (n == 0) return i;
    i += n;
  }
  return std::nullopt;
}

bool looks_binary(std::string_view bytes) { return bytes.substr(0, 8192).find('\0') != std::string_view::npos; }

std::string visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t n = sequence(text);
    std::string_view one = text.substr(0, n == 0 ? 1 : n);
    if (one == "\n")
      out += "\\n";
    else if (one == "\r")
      out += "\\r";
    else if (one == "\t")
      out += "\\t";
    else if (n == 0 || is_unseen(one))
      for (char c : one) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += one;
    text.remove_prefix(one.size());
  }
  return out;
}

std::string repaired(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    std::size_t bad = find_bad_utf8(bytes).value_or(bytes.size());
    out += bytes.substr(0, bad);
    bytes.remove_prefix(bad);
    if (bytes.empty()) break;
    out += "\xEF\xBF\xBD";
    bytes.remove_prefix(1);
  }
  return out;
}

std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::string_view media_type(std::string_view name) {
  std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos) {
    std::string ending(name.substr(dot + 1));
    for (char& c : ending)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const auto& [known, type] : kTypes)
      if (known == ending) return type;
  }
  return "application/octet-stream";
}

std::string size_text(std::size_t count) {
  static constexpr std::array<std::string_view, 5> kUnits = {"B", "KB", "MB", "GB", "TB"};
  auto amount = static_cast<double>(count);
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < kUnits.size()) {
    amount /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", count) : fmt::format("{:.2f} {}", amount, kUnits[unit]);
}

std::string_view first_lines(std::string_view text, std::size_t lines) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < lines; ++i) {
    std::size_t at = text.find('\n', end);
    if (at == std::string_view::npos) return text;
    end = at + 1;
  }
  return text.substr(0, end);
}

std::string_view last_lines(std::string_view text, std::size_t lines) {
  if (lines == 0) return {};
  std::size_t end = text.ends_with('\n') ? text.size() - 1 : text.size();
  std::size_t begin = end;
  for (std::size_t i = 0; i < lines; ++i) {
    if (begin == 0) return text;
    std::size_t at = text.rfind('\n', begin - 1);
    if (at == std::string_view::npos) return text;
    begin = at;
  }
  return text.substr(begin + 1);
}

std::string with_line_ends(std::string_view text, std::string_view line_end) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\n')
      out += line_end;
    else
      out += text[i];
  }
  return out;
}

std::size_t line_number(std::string_view text, std::size_t offset) {
  return static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n')) + 1;
}

}  // namespace servers
