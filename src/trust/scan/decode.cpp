#include "trust/scan/decode.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace trust::scan {
namespace {

constexpr std::size_t kLeastBase64 = 16;
constexpr std::size_t kLeastHex = 24;
constexpr std::size_t kLeastEscapes = 2;
constexpr std::size_t kFarthestBack = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
int hex_of(char c) { return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

// Texts are for reading: nearly all of it printable, with letters, and not one unbroken blob.
bool reads_as_text(std::string_view bytes) {
  if (bytes.size() < 4) return false;
  std::size_t printable = 0, letters = 0;
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    printable += (byte >= 0x20 && byte < 0x7F) || c == '\n' || c == '\t' || c == '\r' ? 1 : 0;
    letters += is_letter(c) ? 1 : 0;
  }
  return printable * 20 >= bytes.size() * 19 && letters * 3 >= bytes.size();
}

std::string from_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (char c : text.substr(0, kLargestDecoded)) {
    const int six = sextet(c);
    if (six < 0) break;
    bits = (bits << 6) | static_cast<std::uint32_t>(six);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<char>((bits >> held) & 0xFF));
  }
  return out;
}

std::string from_hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < std::min(text.size(), kLargestDecoded); i += 2)
    out.push_back(static_cast<char>(hex_of(text[i]) * 16 + hex_of(text[i + 1])));
  return out;
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (c >> 6)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (c >> 12)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out.push_back('?');
  }
}

struct Unit {
  std::uint32_t value = 0;
  std::size_t length = 0;  // 0: none here
};

std::optional<std::uint32_t> hex_number(std::string_view digits) {
  std::uint32_t value = 0;
  for (char c : digits) {
    const int digit = hex_of(c);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return value;
}

Unit percent_unit(std::string_view at) {
  if (at.size() < 3 || at[0] != '%') return {};
  const auto value = hex_number(at.substr(1, 2));
  return value ? Unit{*value, 3} : Unit{};
}

Unit entity_unit(std::string_view at) {
  if (at.size() < 4 || at[0] != '&' || at[1] != '#') return {};
  const bool hex = at[2] == 'x' || at[2] == 'X';
  std::uint32_t value = 0;
  for (std::size_t i = hex ? 3 : 2; i < std::min<std::size_t>(at.size(), 11); ++i) {
    if (at[i] == ';') return i > (hex ? 3U : 2U) ? Unit{value, i + 1} : Unit{};
    const int digit = hex ? hex_of(at[i]) : is_digit(at[i]) ? at[i] - '0' : -1;
    if (digit < 0) return {};
    value = value * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
  }
  return {};
}

Unit escape_unit(std::string_view at) {
  if (at.size() < 4 || at[0] != '\\') return {};
  const std::size_t digits = at[1] == 'x' ? 2 : at[1] == 'u' ? 4 : 0;
  if (digits == 0 || at.size() < 2 + digits) return {};
  const auto value = hex_number(at.substr(2, digits));
  return value ? Unit{*value, 2 + digits} : Unit{};
}

// One run of units, in which up to three plain letters may stand between two.
void find_units(std::string_view text, std::string_view way, char begins, Unit (*unit)(std::string_view), std::vector<Decoded>& out) {
  for (std::size_t at = text.find(begins); at != std::string_view::npos && out.size() < kMostDecoded;) {
    if (unit(text.substr(at, 12)).length == 0) {
      at = text.find(begins, at + 1);
      continue;
    }
    // What stands before the first one within the same word belongs to it.
    std::size_t first = at;
    const std::size_t from = out.empty() || out.back().way != way ? 0 : out.back().end;
    while (first > from && at - first < kFarthestBack && static_cast<unsigned char>(text[first - 1]) > ' ') --first;
    Decoded run{way, first, at, std::string(text.substr(first, at - first))};
    std::size_t units = 0, plain = 0;
    while (at < text.size() && run.text.size() < kLargestDecoded) {
      const Unit next = text[at] == begins ? unit(text.substr(at, 12)) : Unit{};
      if (next.length > 0) {
        append_utf8(run.text, next.value);
        at += next.length;
        run.end = at;
        ++units;
        plain = 0;
        continue;
      }
      if (text[at] == '\n' || ++plain > 24) break;
      run.text.push_back(text[at]);
      ++at;
    }
    run.text.resize(run.text.size() - std::min(plain, run.text.size()));
    if (units >= kLeastEscapes && reads_as_text(run.text)) out.push_back(std::move(run));
    at = text.find(begins, at);
  }
}

void find_blobs(std::string_view text, std::vector<Decoded>& out) {
  const auto inner = [](char c) { return sextet(c) >= 0; };
  for (std::size_t at = 0; at < text.size() && out.size() < kMostDecoded;) {
    if (!inner(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    bool hex = true, upper = false, lower = false, other = false;
    for (; end < text.size() && inner(text[end]); ++end) {
      const char c = text[end];
      hex = hex && hex_of(c) >= 0;
      upper = upper || (c >= 'A' && c <= 'Z');
      lower = lower || (c >= 'a' && c <= 'z');
      other = other || !is_letter(c);
    }
    const std::string_view blob = text.substr(at, end - at);
    if (hex && blob.size() >= kLeastHex && blob.size() % 2 == 0) {
      Decoded one{"hex", at, end, from_hex(blob)};
      if (reads_as_text(one.text)) out.push_back(std::move(one));
    }
    if (blob.size() >= kLeastBase64 && upper && lower) {
      // A short word before the blob, as in `x-AAAA` or `path/AAAA`, shifts its letters.
      Decoded one{"base64", at, end, from_base64(blob)};
      if (reads_as_text(one.text)) {
        out.push_back(std::move(one));
      } else if (const std::size_t cut = blob.find_first_of("/-_"); cut != std::string_view::npos && blob.size() - cut > kLeastBase64) {
        one = {"base64", at + cut + 1, end, from_base64(blob.substr(cut + 1))};
        if (reads_as_text(one.text)) out.push_back(std::move(one));
      }
    }
    at = end;
  }
}

char rotated(char c) {
  if (c >= 'a' && c <= 'z') return static_cast<char>('a' + (c - 'a' + 13) % 26);
  return c >= 'A' && c <= 'Z' ? static_cast<char>('A' + (c - 'A' + 13) % 26) : c;
}

// Common words as rot13 spells them. What honest text has two of them?
void find_rotated(std::string_view text, std::vector<Decoded>& out) {
  constexpr std::array<std::string_view, 30> kCommon = {
      "gur",      "naq",          "lbh",         "guvf", "jvgu",    "fraq",   "ernq",     "cnff",   "hfre",     "vtaber",
      "cerivbhf", "vafgehpgvbaf", "vafgehpgvba", "nyy",  "pnyy",    "sebz",   "sbejneq",  "frperg", "cnffjbeq", "svyr",
      "gbby",     "orsber",       "nyjnlf",      "zhfg", "rkrphgr", "qryrgr", "pbagragf", "znvy",   "rznvy",    "gb"};
  std::size_t met = 0, first = text.size(), last = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_letter(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end - at <= 12) {
      std::string word(text.substr(at, end - at));
      for (char& c : word) c = static_cast<char>(c | 0x20);
      if (std::ranges::find(kCommon, word) != kCommon.end()) {
        ++met;
        first = std::min(first, at);
        last = end;
      }
    }
    at = end;
  }
  if (met < 2) return;
  // The whole sentence round what was met.
  while (first > 0 && text[first - 1] != '\n' && text[first - 1] != '.' && last - first < kLargestDecoded) --first;
  while (last < text.size() && text[last] != '\n' && last - first < kLargestDecoded) ++last;
  Decoded one{"rot13", first, last, std::string(text.substr(first, std::min(last - first, kLargestDecoded)))};
  for (char& c : one.text) c = rotated(c);
  out.push_back(std::move(one));
}

}  // namespace

std::vector<Decoded> find_encoded(std::string_view text) {
  std::vector<Decoded> out;
  find_blobs(text, out);
  find_units(text, "percent", '%', percent_unit, out);
  find_units(text, "entities", '&', entity_unit, out);
  find_units(text, "escapes", '\\', escape_unit, out);
  find_rotated(text, out);
  return out;
}

}  // namespace trust::scan
