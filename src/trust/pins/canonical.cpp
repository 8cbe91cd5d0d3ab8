#include "trust/pins/canonical.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/digest.h"

namespace trust {
namespace {

// Keys of `_meta` that say something of one message and not of what it describes.
constexpr std::array<std::string_view, 10> kTransportKeys{"progressToken",
                                                          "traceparent",
                                                          "tracestate",
                                                          "baggage",
                                                          "io.modelcontextprotocol/protocolVersion",
                                                          "io.modelcontextprotocol/clientInfo",
                                                          "io.modelcontextprotocol/clientCapabilities",
                                                          "io.modelcontextprotocol/serverInfo",
                                                          "io.modelcontextprotocol/logLevel",
                                                          "io.modelcontextprotocol/subscriptionId"};

bool transport_key(std::string_view key) { return std::find(kTransportKeys.begin(), kTransportKeys.end(), key) != kTransportKeys.end(); }

void append_code_point(std::string& out, std::uint32_t c) {
  auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

std::uint32_t hex4(std::string_view text) {
  std::uint32_t out = 0;
  (void)std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 4), out, 16);
  return out;
}

// What stands between the quotes. A surrogate without its other half stays what it is, in the three bytes that it would take.
std::string unescaped(std::string_view inside) {
  std::string out;
  out.reserve(inside.size());
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] != '\\' || i + 1 >= inside.size()) {
      out += inside[i];
      continue;
    }
    switch (const char c = inside[++i]) {
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': {
        std::uint32_t code = hex4(inside.substr(i + 1));
        i += 4;
        if (code >= 0xd800 && code < 0xdc00 && i + 6 < inside.size() && inside.substr(i + 1, 2) == "\\u") {
          const std::uint32_t low = hex4(inside.substr(i + 3));
          if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            i += 6;
          }
        }
        append_code_point(out, code);
        break;
      }
      default: out += c;
    }
  }
  return out;
}

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20)
          out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
        else
          out += c;
      }
    }
  }
  out += '"';
}

// By UTF-16 code units, which differs from the order of bytes only where one of two characters is beyond U+FFFF.
bool before_in_utf16(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_a == a.end() || at_b == b.end()) return at_a == a.end() && at_b != b.end();
  const auto x = static_cast<unsigned char>(*at_a), y = static_cast<unsigned char>(*at_b);
  const bool far_x = x >= 0xf0, far_y = y >= 0xf0;
  if (far_x != far_y && (far_x ? y : x) >= 0xee) return far_x;
  return x < y;
}

// A decimal number: 0.DIGITS times ten to the power of `point`; no zero stands at either end of the digits.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t point = 0;
  bool operator==(const Decimal&) const = default;
};

// Nothing where the exponent is beyond all sense.
bool read_decimal(std::string_view token, Decimal& out) {
  constexpr std::size_t kLongestExponent = 12;
  std::size_t i = 0;
  if (i < token.size() && (token[i] == '-' || token[i] == '+')) out.negative = token[i++] == '-';
  bool fraction = false;
  for (; i < token.size() && token[i] != 'e' && token[i] != 'E'; ++i) {
    if (token[i] == '.') {
      fraction = true;
      continue;
    }
    if (!out.digits.empty() || token[i] != '0') {
      out.digits += token[i];
      if (!fraction) ++out.point;
    } else if (fraction) {
      --out.point;
    }
  }
  if (i < token.size()) {
    std::string_view exponent = token.substr(i + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    if (exponent.size() > kLongestExponent) return false;
    std::int64_t power = 0;
    (void)std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
    out.point += power;
  }
  while (out.digits.ends_with('0')) out.digits.pop_back();
  if (out.digits.empty()) out = Decimal();
  return true;
}

// As ECMAScript writes a number (Number::toString).
void append_decimal(std::string& out, const Decimal& number) {
  if (number.digits.empty()) {
    out += '0';
    return;
  }
  if (number.negative) out += '-';
  const auto size = static_cast<std::int64_t>(number.digits.size());
  const std::int64_t point = number.point;
  if (size <= point && point <= 21) {
    out.append(number.digits).append(static_cast<std::size_t>(point - size), '0');
  } else if (0 < point && point <= 21) {
    out.append(number.digits, 0, static_cast<std::size_t>(point)).append(".").append(number.digits, static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(number.digits);
  } else {
    out += number.digits.front();
    if (size > 1) out.append(".").append(number.digits, 1);
    const std::int64_t exponent = point - 1;
    out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(exponent < 0 ? -exponent : exponent));
  }
}

void append_number(std::string& out, std::string_view token) {
  Decimal exact;
  if (!read_decimal(token, exact)) {
    out += token;
    return;
  }
  double value = 0;
  const auto read = std::from_chars(token.data(), token.data() + token.size(), value);
  std::array<char, 40> shortest{};
  Decimal rounded;
  if (read.ec == std::errc()) {
    const auto written = std::to_chars(shortest.data(), shortest.data() + shortest.size(), value, std::chars_format::scientific);
    (void)read_decimal(std::string_view(shortest.data(), static_cast<std::size_t>(written.ptr - shortest.data())), rounded);
  }
  // A fraction of so few digits is a double that somebody wrote longer than was needed.
  constexpr std::size_t kDigitsOfADouble = 17;
  const bool fraction = exact.point < static_cast<std::int64_t>(exact.digits.size()) && exact.digits.size() <= kDigitsOfADouble;
  if (read.ec == std::errc() && (rounded == exact || fraction)) {
    append_decimal(out, rounded);
    return;
  }
  if (exact.negative) out += '-';
  out.append(exact.digits).append("e").append(std::to_string(exact.point - static_cast<std::int64_t>(exact.digits.size())));
}

// Writes one value after the other of a text that is known to be JSON.
class Writer {
 public:
  explicit Writer(std::string_view text) : text_(text) {}

  enum class Role { plain, definition, meta };

  void value(std::string& out, Role role) {
    space();
    if (at_ >= text_.size()) return;
    switch (text_[at_]) {
      case '{': return object(out, role);
      case '[': return array(out);
      case '"': return append_string(out, unescaped(string()));
      default: break;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
    const std::string_view token = text_.substr(begin, at_ - begin);
    const bool word = token == "true" || token == "false" || token == "null";
    if (word)
      out += token;
    else
      append_number(out, token);
  }

 private:
  struct Member {
    std::string key;
    std::string value;
  };

  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  // True where another one follows.
  bool follows(char end) {
    space();
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    return c != end;
  }
  // What stands between the quotes.
  std::string_view string() {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    const std::size_t end = std::min(at_, text_.size());
    at_ = end + 1;
    return text_.substr(begin, end - begin);
  }

  void array(std::string& out) {
    ++at_;
    out += '[';
    space();
    if (at_ < text_.size() && text_[at_] == ']') {
      ++at_;
    } else {
      do {
        value(out, Role::plain);
        if (!follows(']')) break;
        out += ',';
      } while (at_ < text_.size());
    }
    out += ']';
  }

  void object(std::string& out, Role role) {
    ++at_;
    std::vector<Member> members;
    space();
    if (at_ < text_.size() && text_[at_] == '}') {
      ++at_;
    } else {
      do {
        space();
        Member member;
        member.key = unescaped(string());
        space();
        ++at_;  // the colon
        const bool meta = role == Role::definition && member.key == "_meta";
        value(member.value, meta ? Role::meta : Role::plain);
        const bool dropped = (meta && member.value == "{}") || (role == Role::meta && transport_key(member.key));
        if (!dropped) members.push_back(std::move(member));
      } while (follows('}') && at_ < text_.size());
    }
    std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return before_in_utf16(a.key, b.key); });
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += ',';
      append_string(out, members[i].key);
      out += ':';
      out += members[i].value;
    }
    out += '}';
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string canonical_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  Writer(json).value(out, Writer::Role::plain);
  return out;
}

std::string canonical_definition(std::string_view definition) {
  std::string out;
  out.reserve(definition.size());
  Writer(definition).value(out, Writer::Role::definition);
  return out;
}

std::string pin_digest(std::string_view canonical) { return base::sha256_hex(canonical); }

}  // namespace trust
