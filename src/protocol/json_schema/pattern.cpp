#include "protocol/json_schema/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace protocol::schema {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::size_t kMostBytes = 16 * 1024;
// What RE2 may use for one pattern, program and cache of states together.
constexpr std::int64_t kMemory = 2 * 1024 * 1024;

// White space of ECMA-262, and all the rest, as ranges that can stand in a class.
constexpr std::string_view kSpace = R"(\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view kNotSpace =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e})"
    R"(\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";
constexpr std::string_view kDot = R"([^\n\r\x{2028}\x{2029}])";

// Long names of general categories (Unicode, PropertyValueAliases) that RE2 knows by their short ones.
constexpr std::array<std::pair<std::string_view, std::string_view>, 38> kCategories = {{
    {"Letter", "L"},
    {"Cased_Letter", "LC"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"Format", "Cf"},
    {"Private_Use", "Co"},
}};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// One walk over a pattern.
class Translator {
 public:
  explicit Translator(std::string_view in) : in_(in) {}

  TranslatedPattern run() {
    while (at_ < in_.size() && out_.fault == PatternFault::none) step();
    return std::move(out_);
  }

 private:
  void step() {
    char c = in_[at_];
    if (c == '\\') {
      escape(Place::outside);
    } else if (c == '[') {
      set();
    } else if (c == '.') {
      out_.text += kDot;
      ++at_;
    } else if (c == '(' && next_is("(?")) {
      group();
    } else {
      out_.text += c;
      ++at_;
    }
  }

  enum class Place { outside, in_class };

  bool next_is(std::string_view word) const { return in_.substr(at_).starts_with(word); }
  void broken(std::string why) { fault(PatternFault::broken, std::move(why)); }
  void unsupported(std::string why) { fault(PatternFault::unsupported, std::move(why)); }
  void fault(PatternFault kind, std::string why) {
    if (out_.fault != PatternFault::none) return;
    out_.fault = kind;
    out_.why = std::move(why);
  }

  void code_point(std::uint32_t c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string digits;
    do digits.insert(digits.begin(), kDigits[c & 15]);
    while ((c >>= 4) != 0);
    out_.text.append("\\x{").append(digits).append("}");
  }

  // `count` hexadecimal digits at `from`.
  std::optional<std::uint32_t> hex(std::size_t from, std::size_t count) const {
    if (from + count > in_.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = from; i < from + count; ++i) {
      int digit = hex_digit(in_[i]);
      if (digit < 0) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
  }

  void group() {
    for (std::string_view look : {"(?=", "(?!", "(?<=", "(?<!"})
      if (next_is(look)) return unsupported("look-around (" + std::string(look) + ")");
    if (next_is("(?<")) {
      out_.text += "(?P<";
      at_ += 3;
    } else {
      if (!next_is("(?:")) out_.foreign = true;
      out_.text += "(?";
      at_ += 2;
    }
  }

  // at_ is at the backslash.
  void escape(Place place) {
    if (at_ + 1 >= in_.size()) return broken("a backslash at the end");
    char c = in_[at_ + 1];
    switch (c) {
      case 's':
      case 'S': {
        std::string_view ranges = c == 's' ? kSpace : kNotSpace;
        out_.text.append(place == Place::in_class ? "" : "[").append(ranges).append(place == Place::in_class ? "" : "]");
        at_ += 2;
        return;
      }
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 'f':
      case 'n':
      case 'r':
      case 't':
      case 'v': return copy(2);
      case 'b':
        if (place == Place::outside) return copy(2);
        at_ += 2;
        return code_point(8);
      case 'B':
        if (place == Place::outside) return copy(2);
        return broken("\\B inside of a class");
      case 'c': return control();
      case 'x':
      case 'u': return unicode();
      case 'p':
      case 'P': return property(c);
      case 'k': return unsupported("a back reference (\\k)");
      case '0': at_ += 2; return code_point(0);
      default: break;
    }
    if (c >= '1' && c <= '9') return unsupported(std::string("a back reference (\\") + c + ")");
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return broken(std::string("the escape \\") + c);
    if (static_cast<unsigned char>(c) >= 0x80) {  // an escaped letter beyond ASCII is itself
      ++at_;
      out_.text += in_[at_++];
      return;
    }
    if (c == '_') {
      out_.text += c;
      at_ += 2;
      return;
    }
    copy(2);
  }

  void copy(std::size_t count) {
    out_.text += in_.substr(at_, count);
    at_ += count;
  }

  void control() {
    char letter = at_ + 2 < in_.size() ? in_[at_ + 2] : '\0';
    if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'))) return broken("\\c without a letter");
    at_ += 3;
    code_point(static_cast<std::uint32_t>(letter) & 31);
  }

  // \xHH, \uHHHH, \u{H…}, and two halves of a pair as one character.
  void unicode() {
    if (in_[at_ + 1] == 'x') {
      auto value = hex(at_ + 2, 2);
      if (!value) return broken("\\x without two hexadecimal digits");
      at_ += 4;
      return code_point(*value);
    }
    if (next_is("\\u{")) {
      std::size_t end = in_.find('}', at_);
      auto value = end == std::string_view::npos || end - at_ > 11 || end == at_ + 3 ? std::nullopt : hex(at_ + 3, end - at_ - 3);
      if (!value || *value > 0x10ffff) return broken("\\u{…} that names no character");
      at_ = end + 1;
      return code_point(*value);
    }
    auto value = hex(at_ + 2, 4);
    if (!value) return broken("\\u without four hexadecimal digits");
    at_ += 6;
    if (*value >= 0xd800 && *value < 0xdc00 && next_is("\\u")) {
      auto low = hex(at_ + 2, 4);
      if (low && *low >= 0xdc00 && *low < 0xe000) {
        at_ += 6;
        return code_point(0x10000 + ((*value - 0xd800) << 10) + (*low - 0xdc00));
      }
    }
    if (*value >= 0xd800 && *value < 0xe000) return unsupported("half of a surrogate pair");
    code_point(*value);
  }

  // \p{…}: RE2 knows general categories and scripts by their short names.
  void property(char letter) {
    std::size_t end = in_.find('}', at_);
    if (at_ + 2 >= in_.size() || in_[at_ + 2] != '{' || end == std::string_view::npos) return broken("\\p without {…}");
    std::string_view name = in_.substr(at_ + 3, end - at_ - 3);
    for (std::string_view prefix : {"Script=", "sc=", "Script_Extensions=", "scx=", "General_Category=", "gc="})
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    for (const auto& [full, brief] : kCategories)
      if (name == full) name = brief;
    if (name == "LC") return unsupported("\\p{Cased_Letter}");
    if (name == "ASCII")
      out_.text += letter == 'p' ? R"([\x{0}-\x{7f}])" : R"([^\x{0}-\x{7f}])";
    else
      out_.text.append("\\").append(1, letter).append("{").append(name == "Any" ? "Any" : name).append("}");
    at_ = end + 1;
  }

  // [ … ]
  void set() {
    ++at_;
    bool negated = at_ < in_.size() && in_[at_] == '^';
    if (negated) ++at_;
    if (at_ < in_.size() && in_[at_] == ']') {  // [] is nothing, [^] is anything
      out_.text += negated ? R"([\x{0}-\x{10ffff}])" : R"([^\x{0}-\x{10ffff}])";
      ++at_;
      return;
    }
    out_.text += negated ? "[^" : "[";
    while (at_ < in_.size() && in_[at_] != ']' && out_.fault == PatternFault::none) {
      if (in_[at_] == '\\') {
        escape(Place::in_class);
      } else {
        if (in_[at_] == '[') out_.text += '\\';
        out_.text += in_[at_++];
      }
    }
    if (at_ >= in_.size()) return broken("a class that is not closed");
    out_.text += ']';
    ++at_;
  }

  std::string_view in_;
  std::size_t at_ = 0;
  TranslatedPattern out_;
};

}  // namespace

TranslatedPattern translate_pattern(std::string_view pattern) { return Translator(pattern).run(); }

Result<Pattern> Pattern::compile(std::string_view pattern) {
  std::string shown = "the pattern '" + std::string(pattern.substr(0, 200)) + (pattern.size() > 200 ? "…'" : "'");
  if (pattern.size() > kMostBytes) return Error(Code::too_large, shown + " is longer than " + std::to_string(kMostBytes) + " bytes");
  TranslatedPattern translated = translate_pattern(pattern);
  if (translated.fault == PatternFault::broken) return Error(Code::invalid_argument, shown + " is broken: " + translated.why);
  if (translated.fault == PatternFault::unsupported)
    return Error(Code::invalid_argument, shown + " needs " + translated.why + ", which cannot be matched in linear time; write it without");
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemory);
  auto program = std::make_shared<const re2::RE2>(translated.text, options);
  if (!program->ok()) {
    if (program->error_code() == re2::RE2::ErrorPatternTooLarge || program->error_code() == re2::RE2::ErrorRepeatSize)
      return Error(Code::too_large, shown + " is too large once its repetitions are written out; a repetition goes to 1000");
    return Error(Code::invalid_argument, shown + " is broken: " + program->error());
  }
  Pattern out;
  out.instructions_ = static_cast<std::size_t>(std::max(1, program->ProgramSize()));
  out.program_ = std::move(program);
  out.source_ = std::make_shared<const std::string>(pattern);
  return out;
}

bool Pattern::matches(std::string_view text) const {
  return program_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

std::size_t Pattern::steps(std::size_t bytes) const {
  // Where the cache of states does not suffice, each byte costs up to the whole program.
  return 1 + bytes * instructions_ / 64;
}

}  // namespace protocol::schema
