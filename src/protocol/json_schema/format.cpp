#include "protocol/json_schema/format.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "protocol/json_schema/pattern.h"

namespace protocol::schema {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool alnum(char c) { return digit(c) || alpha(c); }
bool hex(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool all_of(std::string_view text, bool (*is)(char)) { return std::all_of(text.begin(), text.end(), is); }
bool one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// `count` digits off the front of `text`; -1 when they are not there.
int take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}
bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year = take_number(text, 4);
  if (year < 0 || !take(text, '-')) return false;
  int month = take_number(text, 2);
  if (month < 1 || month > 12 || !take(text, '-')) return false;
  int day = take_number(text, 2);
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day >= 1 && day <= kDays[static_cast<std::size_t>(month - 1)] + (leap && month == 2 ? 1 : 0);
}

// RFC 3339: with an offset, and a leap second only at the end of a day in UTC.
bool is_time(std::string_view text) {
  int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return false;
  int minute = take_number(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':')) return false;
  int second = take_number(text, 2);
  if (second < 0 || second > 60) return false;
  if (take(text, '.')) {
    if (text.empty() || !digit(text.front())) return false;
    while (!text.empty() && digit(text.front())) text.remove_prefix(1);
  }
  int offset = 0;
  if (text == "Z" || text == "z") {
    text = {};
  } else {
    if (text.empty() || !one_of(text.front(), "+-")) return false;
    int sign = text.front() == '+' ? 1 : -1;
    text.remove_prefix(1);
    int hours = take_number(text, 2);
    if (hours < 0 || hours > 23 || !take(text, ':')) return false;
    int minutes = take_number(text, 2);
    if (minutes < 0 || minutes > 59) return false;
    offset = sign * (hours * 60 + minutes);
  }
  if (!text.empty()) return false;
  return second < 60 || (hour * 60 + minute - offset + 2 * 1440) % 1440 == 1439;
}

bool is_date(std::string_view text) { return take_date(text) && text.empty(); }

bool is_date_time(std::string_view text) {
  if (!take_date(text) || text.empty() || !one_of(text.front(), "Tt")) return false;
  return is_time(text.substr(1));
}

// RFC 3339, appendix A. Units come in their order and without gaps; weeks stand alone.
bool is_duration(std::string_view text) {
  if (!take(text, 'P') || text.empty()) return false;
  auto units = [&text](std::string_view order) {
    std::size_t next = 0;
    bool any = false;
    while (!text.empty() && digit(text.front())) {
      while (!text.empty() && digit(text.front())) text.remove_prefix(1);
      if (text.empty()) return false;
      std::size_t place = order.find(text.front(), next);
      if (place == std::string_view::npos || (any && place != next)) return false;
      next = place + 1;
      any = true;
      text.remove_prefix(1);
    }
    return any;
  };
  if (text.ends_with('W')) return text.size() > 1 && all_of(text.substr(0, text.size() - 1), digit);
  if (text.front() != 'T' && !units("YMD")) return false;
  if (text.empty()) return true;
  return take(text, 'T') && units("HMS") && text.empty();
}

bool is_ipv4(std::string_view text) {
  std::string copy(text);
  in_addr address{};
  return text.size() <= 15 && text.find('\0') == std::string_view::npos && ::inet_pton(AF_INET, copy.c_str(), &address) == 1;
}
bool is_ipv6(std::string_view text) {
  std::string copy(text.substr(0, 64));
  in6_addr address{};
  return text.size() <= 45 && text.find('\0') == std::string_view::npos && ::inet_pton(AF_INET6, copy.c_str(), &address) == 1;
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (;;) {
    std::size_t dot = text.find('.');
    std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return alnum(c) || c == '-'; })) return false;
    // Two hyphens there mark an encoded label, and of those there is one kind (RFC 5891, section 4.2.3.1).
    bool marked = label.size() >= 4 && label[2] == '-' && label[3] == '-';
    if (marked && !((label[0] == 'x' || label[0] == 'X') && (label[1] == 'n' || label[1] == 'N') && label.size() > 4)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

enum class Letters { ascii, unicode };

bool is_mailbox(std::string_view text, Letters letters) {
  std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64) return false;
  std::string_view local = text.substr(0, at), domain = text.substr(at + 1);
  auto allowed = [letters](char c) { return letters == Letters::unicode && beyond_ascii(c); };
  if (local.size() >= 2 && local.front() == '"' && local.back() == '"') {
    std::string_view inside = local.substr(1, local.size() - 2);
    for (std::size_t i = 0; i < inside.size(); ++i) {
      if (inside[i] == '\\' && i + 1 < inside.size())
        ++i;
      else if (inside[i] == '"' || inside[i] == '\\')
        return false;
      if (static_cast<unsigned char>(inside[i]) < 0x20 || inside[i] == 0x7f || (beyond_ascii(inside[i]) && !allowed(inside[i])))
        return false;
    }
  } else {
    char before = '.';
    for (char c : local) {
      if (c == '.' ? before == '.' : !(alnum(c) || one_of(c, "!#$%&'*+-/=?^_`{|}~") || allowed(c))) return false;
      before = c;
    }
    if (before == '.') return false;
  }
  if (domain.size() > 2 && domain.front() == '[' && domain.back() == ']') {
    std::string_view address = domain.substr(1, domain.size() - 2);
    return address.starts_with("IPv6:") ? is_ipv6(address.substr(5)) : is_ipv4(address);
  }
  if (letters == Letters::unicode && std::any_of(domain.begin(), domain.end(), beyond_ascii))
    return std::all_of(domain.begin(), domain.end(), [](char c) { return alnum(c) || one_of(c, "-.") || beyond_ascii(c); });
  return is_hostname(domain);
}
bool is_email(std::string_view text) { return is_mailbox(text, Letters::ascii); }
bool is_idn_email(std::string_view text) { return is_mailbox(text, Letters::unicode); }

// Each character of `text` is unreserved, a sub-delimiter, one of `more`, or an escape.
bool uri_characters(std::string_view text, std::string_view more, Letters letters) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !hex(text[i + 1]) || !hex(text[i + 2])) return false;
      i += 2;
    } else if (!alnum(c) && !one_of(c, "-._~!$&'()*+,;=") && !one_of(c, more) && !(letters == Letters::unicode && beyond_ascii(c))) {
      return false;
    }
  }
  return true;
}

bool is_authority(std::string_view text, Letters letters) {
  if (std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    if (!uri_characters(text.substr(0, at), ":", letters)) return false;
    text.remove_prefix(at + 1);
  }
  if (text.starts_with('[')) {
    std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    std::string_view inside = text.substr(1, close - 1);
    bool future = inside.size() > 3 && (inside[0] == 'v' || inside[0] == 'V') && hex(inside[1]) &&
                  inside.find('.') != std::string_view::npos && uri_characters(inside, ":", Letters::ascii);
    if (!future && !is_ipv6(inside)) return false;
    text.remove_prefix(close + 1);
    return text.empty() || (text.front() == ':' && all_of(text.substr(1), digit));
  }
  std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    if (!all_of(text.substr(colon + 1), digit)) return false;
    text = text.substr(0, colon);
  }
  return uri_characters(text, "", letters);
}

enum class Scheme { needed, optional };

bool is_any_uri(std::string_view text, Scheme scheme, Letters letters) {
  if (std::size_t mark = text.find('#'); mark != std::string_view::npos) {
    if (!uri_characters(text.substr(mark + 1), ":@/?", letters)) return false;
    text = text.substr(0, mark);
  }
  if (std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    if (!uri_characters(text.substr(mark + 1), ":@/?", letters)) return false;
    text = text.substr(0, mark);
  }
  std::size_t colon = text.find_first_of(":/");
  bool has_scheme = colon != std::string_view::npos && text[colon] == ':';
  if (has_scheme) {
    std::string_view name = text.substr(0, colon);
    has_scheme =
        !name.empty() && alpha(name.front()) && std::all_of(name.begin(), name.end(), [](char c) { return alnum(c) || one_of(c, "+-."); });
    if (!has_scheme) return false;  // a colon in the first segment of a relative reference
    text.remove_prefix(colon + 1);
  }
  if (!has_scheme && scheme == Scheme::needed) return false;
  if (text.starts_with("//")) {
    std::size_t end = text.find('/', 2);
    if (!is_authority(text.substr(2, end == std::string_view::npos ? end : end - 2), letters)) return false;
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
  }
  return uri_characters(text, ":@/", letters);
}
bool is_uri(std::string_view text) { return is_any_uri(text, Scheme::needed, Letters::ascii); }
bool is_uri_reference(std::string_view text) { return is_any_uri(text, Scheme::optional, Letters::ascii); }
bool is_iri(std::string_view text) { return is_any_uri(text, Scheme::needed, Letters::unicode); }
bool is_iri_reference(std::string_view text) { return is_any_uri(text, Scheme::optional, Letters::unicode); }

// One name of an expression, with its modifier (RFC 6570, section 2.3).
bool is_variable(std::string_view spec) {
  if (spec.ends_with('*')) {
    spec.remove_suffix(1);
  } else if (std::size_t colon = spec.find(':'); colon != std::string_view::npos) {
    std::string_view length = spec.substr(colon + 1);
    if (length.empty() || length.size() > 4 || length.front() == '0' || !all_of(length, digit)) return false;
    spec = spec.substr(0, colon);
  }
  char before = '.';
  for (std::size_t i = 0; i < spec.size(); ++i) {
    char c = spec[i];
    if (c == '%') {
      if (i + 2 >= spec.size() || !hex(spec[i + 1]) || !hex(spec[i + 2])) return false;
      i += 2;
    } else if (c == '.' ? before == '.' : !(alnum(c) || c == '_')) {
      return false;
    }
    before = c;
  }
  return before != '.';
}

bool is_uri_template(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '{') {
      std::size_t close = text.find('}', i);
      if (close == std::string_view::npos) return false;
      std::string_view inside = text.substr(i + 1, close - i - 1);
      if (!inside.empty() && one_of(inside.front(), "+#./;?&=,!@|")) inside.remove_prefix(1);
      for (;;) {
        std::size_t comma = inside.find(',');
        if (!is_variable(inside.substr(0, comma))) return false;
        if (comma == std::string_view::npos) break;
        inside.remove_prefix(comma + 1);
      }
      i = close;
    } else if (c == '%') {
      if (i + 2 >= text.size() || !hex(text[i + 1]) || !hex(text[i + 2])) return false;
      i += 2;
    } else if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || one_of(c, "\"<>\\^`|}")) {
      return false;
    }
  }
  return true;
}

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~' && (i + 1 >= text.size() || !one_of(text[i + 1], "01"))) return false;
  return true;
}
bool is_relative_json_pointer(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && digit(text[end])) ++end;
  if (end == 0 || (end > 1 && text.front() == '0')) return false;
  return text.substr(end) == "#" || is_json_pointer(text.substr(end));
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : !hex(text[i])) return false;
  }
  return true;
}

bool is_regex(std::string_view text) {
  // What cannot be run here is a regular expression all the same.
  TranslatedPattern translated = translate_pattern(text);
  if (translated.fault == PatternFault::unsupported) return true;
  if (translated.foreign) return false;
  auto compiled = Pattern::compile(text);
  return compiled || compiled.error().code == mcp::Code::too_large;
}

constexpr std::array<Format, 18> kFormats = {{
    {"date-time", is_date_time, 1},
    {"date", is_date, 1},
    {"time", is_time, 1},
    {"duration", is_duration, 1},
    {"email", is_email, 1},
    {"idn-email", is_idn_email, 1},
    {"hostname", is_hostname, 1},
    {"ipv4", is_ipv4, 1},
    {"ipv6", is_ipv6, 1},
    {"uri", is_uri, 1},
    {"uri-reference", is_uri_reference, 1},
    {"iri", is_iri, 1},
    {"iri-reference", is_iri_reference, 1},
    {"uri-template", is_uri_template, 1},
    {"json-pointer", is_json_pointer, 1},
    {"relative-json-pointer", is_relative_json_pointer, 1},
    {"uuid", is_uuid, 1},
    {"regex", is_regex, 2000},
}};

}  // namespace

const Format* find_format(std::string_view name) {
  for (const auto& format : kFormats)
    if (format.name == name) return &format;
  return nullptr;
}

}  // namespace protocol::schema
