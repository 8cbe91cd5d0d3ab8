#include "base/json_scan.h"

#include <bitset>

#include "base/json.h"

namespace base::scan {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four hex digits at `at`, or -1.
int hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int code = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

void append_code_point(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

bool is_high_surrogate(int code) { return code >= 0xD800 && code <= 0xDBFF; }
bool is_low_surrogate(int code) { return code >= 0xDC00 && code <= 0xDFFF; }

}  // namespace

void append_unescaped(std::string& out, std::string_view inside) {
  for (std::size_t i = 0; i < inside.size();) {
    std::size_t plain = inside.find('\\', i);
    if (plain == std::string_view::npos) plain = inside.size();
    out.append(inside, i, plain - i);
    i = plain;
    if (i + 1 >= inside.size()) return;
    char c = inside[i + 1];
    i += 2;
    switch (c) {
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': {
        int code = hex4(inside, i);
        i = std::min(i + 4, inside.size());
        if (code < 0) code = 0xFFFD;
        if (is_high_surrogate(code) && i + 1 < inside.size() && inside[i] == '\\' && inside[i + 1] == 'u') {
          int low = hex4(inside, i + 2);
          if (is_low_surrogate(low)) {
            i += 6;
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          }
        }
        if (is_high_surrogate(code) || is_low_surrogate(code)) code = 0xFFFD;
        append_code_point(out, static_cast<std::uint32_t>(code));
        break;
      }
      default: out += c; break;  // quote, backslash, slash
    }
  }
}

namespace {

// Reads the grammar of RFC 8259, one byte after the other, with a bit per open bracket instead of recursion.
class Grammar {
 public:
  explicit Grammar(std::string_view text) : text_(text) {}

  Flaw run() {
    space();
    if (done()) return flaw("the text is empty");
    for (;;) {
      if (!value()) return flaw_;
      // Behind a value: close what closes here, then go on to the next value or the end.
      for (;;) {
        space();
        if (depth_ == 0) return done() ? Flaw{} : flaw("something stands behind the value");
        if (done()) return flaw("the text ends inside of a value");
        char c = text_[at_];
        if (c == ',') {
          ++at_;
          space();
          if (in_object() && !key()) return flaw_;
          break;
        }
        if (c != (in_object() ? '}' : ']')) return flaw("expected a comma or a closing bracket");
        ++at_;
        --depth_;
      }
    }
  }

 private:
  bool done() const { return at_ >= text_.size(); }
  bool in_object() const { return objects_[depth_ - 1]; }
  void space() {
    while (!done() && is_space(text_[at_])) ++at_;
  }
  Flaw flaw(const char* what) { return flaw_ = Flaw{at_, what}; }
  bool fail(const char* what) {
    flaw(what);
    return false;
  }

  // One scalar, or the brackets down to the first scalar (or to an empty container, whose closing bracket run() takes).
  bool value() {
    for (;;) {
      space();
      if (done()) return fail("a value is missing");
      char c = text_[at_];
      if (c == '"') return string();
      if (c == '-' || (c >= '0' && c <= '9')) return number();
      if (c != '{' && c != '[') return word();
      if (depth_ == kJsonDepth) return fail("nested too deeply");
      objects_[depth_++] = c == '{';
      ++at_;
      space();
      if (!done() && text_[at_] == (c == '{' ? '}' : ']')) {
        ++at_;
        --depth_;
        return true;
      }
      if (c == '{' && !key()) return false;
    }
  }

  bool key() {
    if (done() || text_[at_] != '"') return fail("expected a key");
    if (!string()) return false;
    space();
    if (done() || text_[at_] != ':') return fail("expected a colon");
    ++at_;
    return true;
  }

  bool string() {
    for (++at_; !done(); ++at_) {
      auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20) return fail("a control character inside of a string");
      if (c != '\\') continue;
      if (++at_; done()) break;
      c = static_cast<unsigned char>(text_[at_]);
      if (c == 'u') {
        if (hex4(text_, at_ + 1) < 0) return fail("\\u without four hexadecimal digits");
        at_ += 4;
      } else if (std::string_view("\"\\/bfnrt").find(static_cast<char>(c)) == std::string_view::npos) {
        return fail("an unknown escape");
      }
    }
    return fail("the text ends inside of a string");
  }

  bool digits() {
    std::size_t first = at_;
    while (!done() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > first || fail("a digit is missing");
  }

  bool number() {
    if (text_[at_] == '-') ++at_;
    if (!done() && text_[at_] == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (!done() && text_[at_] == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (!done() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (!done() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (!digits()) return false;
    }
    return true;
  }

  bool word() {
    for (std::string_view w : {"true", "false", "null"}) {
      if (text_.substr(at_, w.size()) == w) {
        at_ += w.size();
        return true;
      }
    }
    return fail("not a JSON value");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::bitset<kJsonDepth> objects_;
  Flaw flaw_;
};

}  // namespace

Flaw find_flaw(std::string_view text) { return Grammar(text).run(); }

}  // namespace base::scan
