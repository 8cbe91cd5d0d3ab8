#include "disclosure/script_text.h"

#include <cstdint>

namespace disclosure {
namespace {

// Sequences of UTF-8 that a reader does not see, or sees as something else: line separators and what turns the direction of text.
enum class Odd : std::uint8_t { none, line, hidden };

Odd oddness(std::string_view text, std::size_t at) {
  if (text.size() - at < 3 || text[at] != '\xE2') return Odd::none;
  if (text[at + 1] == '\x80') {
    auto last = static_cast<unsigned char>(text[at + 2]);
    if (last == 0xA8 || last == 0xA9) return Odd::line;
    if (last >= 0xAA && last <= 0xAE) return Odd::hidden;
  }
  if (text[at + 1] == '\x81') {
    auto last = static_cast<unsigned char>(text[at + 2]);
    if (last >= 0xA6 && last <= 0xA9) return Odd::hidden;
  }
  return Odd::none;
}

void trim_end(std::string& out) {
  while (!out.empty() && out.back() == ' ') out.pop_back();
}

void add_line_break(std::string& out) {
  trim_end(out);
  bool empty_line = out.size() >= 2 && out.ends_with("\n\n");
  if (!out.empty() && !empty_line) out += '\n';
}

void cut(std::string& out, std::size_t most) {
  if (out.size() <= most) return;
  std::size_t at = most;
  while (at > 0 && (static_cast<unsigned char>(out[at]) & 0xC0) == 0x80) --at;
  // At a word, unless that is far away.
  std::size_t word = out.find_last_of(" \n", at);
  if (word != std::string::npos && word + 40 > at && word > 0) at = word;
  out.resize(at);
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n' || out.back() == '\\')) out.pop_back();
  out += "…";
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$'; }

}  // namespace

std::string comment_text(std::string_view text, std::size_t most) {
  std::string out;
  // What is far behind the end need not be read; some of it may turn out to be nothing.
  for (std::size_t i = 0; i < text.size() && out.size() <= most + 64; ++i) {
    char c = text[i];
    Odd odd = oddness(text, i);
    if (odd != Odd::none) i += 2;
    if (c == '\n' || c == '\r' || odd == Odd::line) {
      if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
      add_line_break(out);
    } else if (c == '\t') {
      out += ' ';
    } else if (c == '/' && !out.empty() && out.back() == '*') {
      out += "\\/";
    } else if (odd == Odd::none && static_cast<unsigned char>(c) >= 0x20 && c != '\x7F') {
      out += c;
    }
  }
  cut(out, most);
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
  std::size_t begin = out.find_first_not_of(" \n");
  return begin == std::string::npos ? std::string() : out.substr(begin);
}

std::string comment_line(std::string_view text, std::size_t most) {
  std::string out;
  for (char c : comment_text(text, most)) {
    if (c == '\n') c = ' ';
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  return out;
}

std::string doc_comment(std::string_view text, std::size_t indent) {
  if (text.empty()) return {};
  std::string margin(indent, ' ');
  std::string out = margin + "/** ";
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    bool line_follows = text[i] == '\n' && i + 1 < text.size() && text[i + 1] != '\n';
    if (line_follows) out += margin + "  ";
  }
  return out + " */\n";
}

std::string string_literal(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else if (oddness(text, i) != Odd::none) {
      // All of them lie between U+2028 and U+2069.
      unsigned code = 0x2000U | (static_cast<unsigned>(text[i + 1] & 0x3F) << 6) | static_cast<unsigned>(text[i + 2] & 0x3F);
      out += "\\u20";
      out += kHex[(code >> 4) & 15];
      out += kHex[code & 15];
      i += 2;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string member_name(std::string_view name) {
  bool plain = !name.empty() && !is_digit(name.front()) && name != "__proto__";
  for (char c : name) plain = plain && is_word(c);
  return plain ? std::string(name) : string_literal(name);
}

}  // namespace disclosure
