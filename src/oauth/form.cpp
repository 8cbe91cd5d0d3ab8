#include "oauth/form.h"

#include <algorithm>

namespace oauth {
namespace {

constexpr std::size_t kMostParameters = 100;

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

mcp::Result<std::string> decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return mcp::Error(mcp::Code::invalid_argument, "a '%' without two hex digits behind it");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (unreserved(c)) {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string form_encoded(const Form& form) {
  std::string out;
  for (const auto& [name, value] : form) {
    if (!out.empty()) out += '&';
    out += percent_encoded(name) + "=" + percent_encoded(value);
  }
  return out;
}

mcp::Result<Form> read_form(std::string_view text) {
  Form form;
  while (!text.empty()) {
    std::size_t end = std::min(text.find('&'), text.size());
    std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty()) continue;
    std::size_t equals = std::min(one.find('='), one.size());
    auto name = decoded(one.substr(0, equals));
    auto value = decoded(one.substr(std::min(equals + 1, one.size())));
    if (!name) return std::move(name).error();
    if (!value) return std::move(value).error();
    if (find(form, *name)) return mcp::Error(mcp::Code::invalid_argument, "a parameter comes twice");
    if (form.size() == kMostParameters) return mcp::Error(mcp::Code::invalid_argument, "too many parameters");
    form.emplace_back(*std::move(name), *std::move(value));
  }
  return form;
}

const std::string* find(const Form& form, std::string_view name) {
  for (const auto& [key, value] : form)
    if (key == name) return &value;
  return nullptr;
}

std::string with_query(std::string_view url, const Form& form) {
  std::string out(url);
  if (form.empty()) return out;
  if (out.find('?') == out.npos)
    out += '?';
  else if (out.back() != '?' && out.back() != '&')
    out += '&';
  return out + form_encoded(form);
}

}  // namespace oauth
