#include "trust/scan/hidden.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <memory>

#include "trust/scan/visible.h"

namespace trust::scan {
namespace {

struct Point {
  UChar32 value = 0;  // < 0: no UTF-8
  std::uint32_t begin = 0, end = 0;
};

Point point_at(std::string_view text, std::size_t at) {
  auto i = static_cast<int32_t>(at);
  UChar32 c = 0;
  U8_NEXT(text.data(), i, static_cast<int32_t>(text.size()), c);
  return {c, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(i)};
}

bool in(UChar32 c, UChar32 from, UChar32 to) { return c >= from && c <= to; }
bool is_ascii_letter(UChar32 c) { return in(c, 'a', 'z') || in(c, 'A', 'Z'); }

UScriptCode script_of(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(c, &error);
  return U_FAILURE(error) ? USCRIPT_COMMON : script;
}

bool is_rtl(UChar32 c) {
  const UCharDirection direction = u_charDirection(c);
  return direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
}

// Scripts in which a joiner or a non-joiner is spelling.
bool joins(UChar32 c) {
  switch (script_of(c)) {
    case USCRIPT_ARABIC:
    case USCRIPT_SYRIAC:
    case USCRIPT_MONGOLIAN:
    case USCRIPT_DEVANAGARI:
    case USCRIPT_BENGALI:
    case USCRIPT_GURMUKHI:
    case USCRIPT_GUJARATI:
    case USCRIPT_ORIYA:
    case USCRIPT_TAMIL:
    case USCRIPT_TELUGU:
    case USCRIPT_KANNADA:
    case USCRIPT_MALAYALAM:
    case USCRIPT_SINHALA:
    case USCRIPT_TIBETAN:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_NKO:
    case USCRIPT_HEBREW: return true;
    default: return false;
  }
}

// Scripts written without spaces, where a zero width space says where a line may break.
bool breaks(UChar32 c) {
  switch (script_of(c)) {
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
    case USCRIPT_TIBETAN:
    case USCRIPT_JAVANESE:
    case USCRIPT_BALINESE:
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA: return true;
    default: return false;
  }
}

bool is_pictograph(UChar32 c) {
  return u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) || u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER) ||
         u_hasBinaryProperty(c, UCHAR_REGIONAL_INDICATOR) || c == 0xFE0F;
}

// What a selector behind it may choose a form of.
bool varies(UChar32 c) {
  if (is_pictograph(c) || u_hasBinaryProperty(c, UCHAR_EMOJI)) return true;
  const int8_t type = u_charType(c);
  if (type == U_MATH_SYMBOL || type == U_OTHER_SYMBOL || type == U_OTHER_PUNCTUATION) return c > 0x7F;
  return u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) || joins(c) || script_of(c) == USCRIPT_PHAGS_PA;
}

bool is_zero_width(UChar32 c) {
  return c == 0x200B || c == 0x2060 || c == 0xFEFF || c == 0x180E || in(c, 0x2061, 0x2064) || in(c, 0x206A, 0x206F) || c == 0x034F ||
         in(c, 0xFFF9, 0xFFFB);
}
bool is_filler(UChar32 c) { return c == 0x3164 || c == 0xFFA0 || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 || c == 0x2800; }
bool is_selector(UChar32 c) { return in(c, 0xFE00, 0xFE0F) || in(c, 0xE0100, 0xE01EF) || in(c, 0x180B, 0x180D) || c == 0x180F; }
bool is_tag(UChar32 c) { return in(c, 0xE0000, 0xE007F); }
bool is_styled(UChar32 c) { return in(c, 0x1D400, 0x1D7FF) || in(c, 0x24B6, 0x24E9) || in(c, 0x1F130, 0x1F189); }
bool is_overlay(UChar32 c) { return in(c, 0x0334, 0x0338) || in(c, 0x0300, 0x036F) || in(c, 0x20D0, 0x20FF) || in(c, 0x0489, 0x0489); }

// The end of the flag that begins with the black flag at `at`, or `at`.
std::size_t flag_end(std::string_view text, std::size_t at) {
  std::size_t letters = 0;
  for (std::size_t i = point_at(text, at).end; i < text.size();) {
    const Point p = point_at(text, i);
    if (p.value == 0xE007F) return letters >= 3 && letters <= 6 ? p.end : at;
    if (!in(p.value, 0xE0061, 0xE007A) && !in(p.value, 0xE0030, 0xE0039)) return at;
    ++letters;
    i = p.end;
  }
  return at;
}

// Goes over a text once and says of each character whether it hides something.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {
    for (std::size_t i = 0; i < text.size();) {
      const Point p = point_at(text, i);
      rtl_ = rtl_ || (p.value >= 0x590 && u_isalpha(p.value) && is_rtl(p.value));
      i = p.end;
    }
  }

  template <class F>
  void each(F&& f) {  // f(point, kind or null)
    UChar32 before = 0;
    std::size_t soft = 0;
    for (std::size_t i = 0; i < text_.size();) {
      const Point p = point_at(text_, i);
      if (p.value == 0x1F3F4) {
        if (const std::size_t end = flag_end(text_, i); end > i) {
          f(Point{p.value, p.begin, static_cast<std::uint32_t>(end)}, nullptr);
          before = 0xE007F;
          i = end;
          continue;
        }
      }
      Hiding kind{};
      if (p.value == 0xAD) ++soft;
      const bool hides = judge(p, before, soft, kind);
      f(p, hides ? &kind : nullptr);
      if (!(p.value >= 0x300 && u_charType(p.value) == U_NON_SPACING_MARK && !is_selector(p.value))) before = p.value;
      i = p.end;
    }
  }

 private:
  UChar32 after(const Point& p) const { return p.end < text_.size() ? point_at(text_, p.end).value : 0; }

  bool judge(const Point& p, UChar32 before, std::size_t soft, Hiding& kind) {
    const UChar32 c = p.value;
    const auto is = [&kind](Hiding what) {
      kind = what;
      return true;
    };
    if (c < 0) return is(Hiding::broken);
    if (c < 0x20 || in(c, 0x7F, 0x9F)) {
      if (c == '\n' || c == '\t' || c == '\r') return false;
      return is(c == 0x1B || c == 0x9B || c == 0x9D || c == 0x90 ? Hiding::escape : Hiding::control);
    }
    if (c < 0xAD) return false;
    if (c == 0xAD) return soft > 2 && is(Hiding::soft_hyphen);
    if (is_tag(c)) return is(Hiding::tag);
    if (c == 0x202D || c == 0x202E) return is(Hiding::reversal);
    if (in(c, 0x202A, 0x202C) || in(c, 0x2066, 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C)
      return !direction_fits(p) && is(Hiding::direction);
    if (c == 0xFEFF && p.begin == 0) return false;
    if (c == 0x200B && (breaks(before) || breaks(after(p)))) return false;
    if (is_zero_width(c)) return is(Hiding::zero_width);
    if (c == 0x200C || c == 0x200D) {
      if (joins(before) || (is_pictograph(before) && is_pictograph(after(p)))) return false;
      return is(Hiding::zero_width);
    }
    if (is_filler(c)) return is(Hiding::filler);
    if (is_selector(c)) return !(before != 0 && !is_selector(before) && varies(before)) && is(Hiding::selector);
    if (c == 0x2028 || c == 0x2029) return is(Hiding::separator);
    if (is_styled(c)) return u_isalpha(c) && is(Hiding::styled);
    if (is_overlay(c)) return (in(c, 0x0334, 0x0338) || u_charType(before) == U_NON_SPACING_MARK) && is(Hiding::mark);
    const int8_t type = u_charType(c);
    if (type == U_PRIVATE_USE_CHAR) return is(Hiding::private_use);
    if (type == U_UNASSIGNED || type == U_SURROGATE) return is(Hiding::unassigned);
    return type == U_FORMAT_CHAR && is(Hiding::zero_width);
  }

  // One isolate or embedding at a time, or a mark, where a text runs right to left.
  bool direction_fits(const Point& p) {
    if (!rtl_) return false;
    const UChar32 c = p.value;
    if (c == 0x202C || c == 0x2069) return --depth_ >= 0;
    if (c == 0x200E || c == 0x200F || c == 0x061C) return true;
    return ++depth_ <= 1;
  }

  std::string_view text_;
  int depth_ = 0;
  bool rtl_ = false;
};

const USpoofChecker* checker() {
  static const std::unique_ptr<USpoofChecker, decltype(&uspoof_close)> kChecker = [] {
    UErrorCode error = U_ZERO_ERROR;
    return std::unique_ptr<USpoofChecker, decltype(&uspoof_close)>(uspoof_open(&error), &uspoof_close);
  }();
  return kChecker.get();
}

void append(std::string& out, UChar32 c) {
  char bytes[U8_MAX_LENGTH];
  int32_t length = 0;
  U8_APPEND_UNSAFE(bytes, length, c);
  out.append(bytes, static_cast<std::size_t>(length));
}

// What UTS #39 and NFKC make of one character.
std::string look_of(UChar32 c) {
  std::string one;
  append(one, c);
  UErrorCode error = U_ZERO_ERROR;
  char out[64];
  const int32_t length =
      checker() ? uspoof_getSkeletonUTF8(checker(), 0, one.data(), static_cast<int32_t>(one.size()), out, sizeof out, &error) : 0;
  if (U_FAILURE(error) || length <= 0 || length > static_cast<int32_t>(sizeof out)) return one;
  return {out, static_cast<std::size_t>(length)};
}

// NFKC of one character, where that is ASCII.
std::string ascii_of(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* nfkc = unorm2_getNFKCInstance(&error);
  UChar out[24];
  const int32_t length = U_FAILURE(error) ? -1 : unorm2_getDecomposition(nfkc, c, out, static_cast<int32_t>(std::size(out)), &error);
  std::string ascii;
  if (U_FAILURE(error)) return ascii;
  for (int32_t i = 0; i < length; ++i) {
    if (out[i] >= 0x80) return i > 0 && is_ascii_letter(out[0]) && in(out[i], 0x300, 0x36F) ? ascii : std::string();
    ascii.push_back(static_cast<char>(out[i]));
  }
  return ascii;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_foreign(UScriptCode script) {
  return script == USCRIPT_CYRILLIC || script == USCRIPT_GREEK || script == USCRIPT_ARMENIAN || script == USCRIPT_CHEROKEE ||
         script == USCRIPT_COPTIC || script == USCRIPT_LISU || script == USCRIPT_GEORGIAN;
}

// The Latin letter that a letter of another alphabet looks like, or empty.
std::string latin_look(UChar32 c) {
  if (c < 0x250 || !u_isalpha(c) || !is_foreign(script_of(c))) return {};
  std::string look = look_of(c);
  return look.size() == 1 && is_ascii_letter(look[0]) ? look : std::string();
}

bool is_word_part(UChar32 c) { return c >= 0 && (u_isalnum(c) || c == '_'); }

// Words of two alphabets where one poses as the other, and words that are Latin to the eye alone in a text that is Latin otherwise.
class Mixing {
 public:
  explicit Mixing(std::string_view text) : text_(text) {
    for (std::size_t i = 0; i < text.size();) {
      const Point p = point_at(text, i);
      if (p.value >= 0x250 && u_isalpha(p.value) && is_foreign(script_of(p.value)) && latin_look(p.value).empty()) ++native_;
      i = p.end;
    }
  }

  // Whether the word from `begin` to `end` does.
  bool poses(std::size_t begin, std::size_t end) const {
    std::size_t latin = 0, alike = 0, other = 0, greek = 0;
    for (std::size_t i = begin; i < end;) {
      const Point p = point_at(text_, i);
      i = p.end;
      if (is_ascii_letter(p.value)) {
        ++latin;
      } else if (p.value >= 0x250 && u_isalpha(p.value)) {
        ++(latin_look(p.value).empty() ? other : alike);
        greek += script_of(p.value) == USCRIPT_GREEK ? 1 : 0;
      }
    }
    if (alike == 0) return false;
    if (latin > 0) return !(greek == alike && alike == 1 && latin + alike + other <= 6);
    return native_ == 0 && other == 0 && alike >= 3;
  }

 private:
  std::string_view text_;
  std::size_t native_ = 0;
};

template <class F>
void each_foreign_word(std::string_view text, F&& f) {
  std::size_t begin = 0;
  bool inside = false, foreign = false;
  for (std::size_t i = 0; i <= text.size();) {
    const Point p = i < text.size() ? point_at(text, i) : Point{' ', static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i + 1)};
    if (is_word_part(p.value)) {
      if (!inside) begin = i;
      foreign = (inside && foreign) || p.value >= 0x250;
      inside = true;
    } else if (inside) {
      if (foreign) f(begin, i);
      inside = false;
    }
    i = p.end;
  }
}

}  // namespace

std::string_view hiding_id(Hiding kind) {
  constexpr std::array<std::string_view, 16> kIds = {"hidden.control",   "terminal.escape",   "hidden.tag",         "hidden.direction",
                                                     "hidden.override",  "hidden.zero_width", "hidden.selector",    "hidden.soft_hyphen",
                                                     "hidden.filler",    "hidden.mark",       "hidden.private_use", "hidden.unassigned",
                                                     "hidden.separator", "confusable.styled", "confusable.mixed",   "hidden.broken"};
  return kIds[static_cast<std::size_t>(kind)];
}

std::vector<HiddenRun> find_hidden(std::string_view text, std::size_t most) {
  std::vector<HiddenRun> out;
  const auto odd = [](char c) { return static_cast<unsigned char>(c) >= 0x7F || (c < 0x20 && c != '\n' && c != '\t' && c != '\r'); };
  if (std::ranges::none_of(text, odd)) return out;
  const auto add = [&](Hiding kind, std::size_t begin, std::size_t end) {
    // Letters between two of a kind do not make two findings of one trick.
    if (!out.empty() && out.back().kind == kind && begin <= out.back().end + 4) {
      out.back().end = end;
      ++out.back().count;
    } else if (out.size() < most) {
      out.push_back({kind, begin, end, 1});
    }
  };
  Walk(text).each([&](const Point& p, const Hiding* kind) {
    if (kind) add(*kind, p.begin, p.end);
  });
  // A single styled letter or a mark or two is typography.
  std::erase_if(out, [](const HiddenRun& run) { return (run.kind == Hiding::styled || run.kind == Hiding::mark) && run.count < 3; });
  const Mixing mixing(text);
  each_foreign_word(text, [&](std::size_t begin, std::size_t end) {
    if (out.size() < most && mixing.poses(begin, end)) out.push_back({Hiding::mixed, begin, end, 1});
  });
  std::ranges::stable_sort(out, {}, &HiddenRun::begin);
  return out;
}

Plain plain_of(std::string_view text) {
  Plain out;
  out.whole = text.size();
  out.text.reserve(text.size());
  out.from.reserve(text.size());
  const auto put = [&out](std::string_view what, std::size_t from) {
    out.text += what;
    out.from.insert(out.from.end(), what.size(), static_cast<std::uint32_t>(from));
  };
  Walk(text).each([&](const Point& p, const Hiding* kind) {
    const UChar32 c = p.value;
    if (c >= 0 && c < 0x80) {
      if (!kind) put(text.substr(p.begin, 1), p.begin);
      return;
    }
    if (kind) {
      if (*kind == Hiding::tag && in(c, 0xE0020, 0xE007E)) out.spelled.push_back(static_cast<char>(c - 0xE0000));
      if (*kind == Hiding::selector && in(c, 0xFE00, 0xFE0F)) out.spelled.push_back(static_cast<char>(c - 0xFE00));
      if (*kind == Hiding::selector && in(c, 0xE0100, 0xE01EF)) out.spelled.push_back(static_cast<char>(c - 0xE0100 + 16));
      if (*kind == Hiding::styled) put(ascii_of(c), p.begin);
      if (*kind == Hiding::separator) put("\n", p.begin);
      return;
    }
    if (c == 0x2018 || c == 0x2019) return put("'", p.begin);
    if (c == 0x201C || c == 0x201D) return put("\"", p.begin);
    if (c == 0x2026) return put("...", p.begin);
    if (c == 0x2022) return put("*", p.begin);
    std::string as = latin_look(c);
    if (as.empty() && c >= 0xA0) as = ascii_of(c);
    put(as.empty() ? text.substr(p.begin, p.end - p.begin) : std::string_view(as), p.begin);
  });
  return out;
}

std::string skeleton_of(std::string_view name) {
  std::string out;
  Walk(name).each([&](const Point& p, const Hiding* kind) {
    UChar32 c = p.value;
    if (kind && *kind != Hiding::styled) return;
    std::string as;
    if (c >= 0x80) {
      as = ascii_of(c);
      if (as.empty()) as = look_of(c);
    } else if (c >= 0) {
      as.push_back(static_cast<char>(c));
    }
    if (!is_ascii(as)) {
      out += as;
      return;
    }
    for (char letter : as) {
      switch (letter) {
        case '0': out.push_back('o'); break;
        case '1':
        case 'I':
        case '|':
        case 'l': out.push_back('l'); break;
        case '3': out.push_back('e'); break;
        case '5': out.push_back('s'); break;
        default:
          if (in(letter, 'A', 'Z')) letter = static_cast<char>(letter - 'A' + 'a');
          if (letter == 'i') letter = 'l';
          if (in(letter, 'a', 'z') || in(letter, '0', '9')) out.push_back(letter);
      }
    }
  });
  return out;
}

}  // namespace trust::scan

namespace trust {

std::string visible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t done = 0;
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto shown = [&](unsigned value, unsigned digits) {
    for (unsigned shift = 4 * digits; shift > 0; shift -= 4)
      if (const unsigned digit = value >> (shift - 4); digit != 0 || shift <= 16) out.push_back(kHex[digit & 15]);
  };
  scan::Walk(text).each([&](const scan::Point& p, const scan::Hiding* kind) {
    using scan::Hiding;
    if (!kind || *kind == Hiding::styled) return;
    out += text.substr(done, p.begin - done);
    done = p.end;
    if (*kind == Hiding::broken) {
      for (std::size_t i = p.begin; i < p.end; ++i) {
        out += "<0x";
        out.push_back(kHex[static_cast<unsigned char>(text[i]) >> 4]);
        out.push_back(kHex[static_cast<unsigned char>(text[i]) & 15]);
        out.push_back('>');
      }
      return;
    }
    out += "<U+";
    shown(static_cast<unsigned>(p.value), p.value > 0xFFFFF ? 6 : p.value > 0xFFFF ? 5 : 4);
    out.push_back('>');
  });
  out += text.substr(done);
  return out;
}

}  // namespace trust
