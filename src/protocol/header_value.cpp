#include "protocol/header_value.h"

#include <simdjson.h>

#include <array>

namespace protocol {
namespace {

constexpr std::string_view kOpen = "=?base64?";
constexpr std::string_view kClose = "?=";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_marked(std::string_view value) {
  return value.size() >= kOpen.size() + kClose.size() && value.starts_with(kOpen) && value.ends_with(kClose);
}

bool is_printable(std::string_view value) {
  for (char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E) return false;
  }
  return true;
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? kAlphabet[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// Standard alphabet, padded, nothing else in between (RFC 4648, section 4).
std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::size_t padding = 0;
    if (i + 4 == text.size()) padding = text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      std::size_t digit = k >= 4 - padding ? 0 : kAlphabet.find(text[i + k]);
      if (digit == std::string_view::npos) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(digit);
    }
    for (std::size_t k = 0; k < 3 - padding; ++k) out += static_cast<char>(group >> (16 - 8 * k) & 0xFF);
  }
  return out;
}

std::string_view trimmed(std::string_view value) {
  auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  return value;
}

}  // namespace

std::string encode_header_value(std::string_view value) {
  bool plain = is_printable(value) && !is_marked(value);
  if (plain && !value.empty()) plain = value.front() != ' ' && value.back() != ' ';
  if (plain) return std::string(value);
  std::string out(kOpen);
  out += to_base64(value);
  return out += kClose;
}

std::optional<std::string> decode_header_value(std::string_view value) {
  value = trimmed(value);
  if (!is_printable(value)) return std::nullopt;
  if (!is_marked(value)) return std::string(value);
  auto decoded = from_base64(value.substr(kOpen.size(), value.size() - kOpen.size() - kClose.size()));
  if (!decoded || !simdjson::validate_utf8(decoded->data(), decoded->size())) return std::nullopt;
  return decoded;
}

}  // namespace protocol
