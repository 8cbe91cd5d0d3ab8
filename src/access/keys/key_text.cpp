#include "access/keys/key_text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <stdexcept>

namespace authz {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kSecretSize = 32, kCheckSize = 6;
constexpr std::size_t kSize = kKeyPrefix.size() + kKeyIdSize + 1 + kSecretSize + kCheckSize;

bool is_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

// Appends so many random characters, each as likely as any other.
bool append_random(std::string& out, std::size_t count) {
  constexpr unsigned kFair = 256 - 256 % kAlphabet.size();
  std::array<unsigned char, 64> bytes{};
  while (count > 0) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
    for (unsigned char byte : bytes) {
      if (byte >= kFair || count == 0) continue;
      out += kAlphabet[byte % kAlphabet.size()];
      --count;
    }
  }
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return true;
}

// CRC-32 of ISO 3309, as zip has it.
std::uint32_t crc32(std::string_view text) {
  static const std::array<std::uint32_t, 256> kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      std::uint32_t rest = i;
      for (int bit = 0; bit < 8; ++bit) rest = (rest & 1U) != 0 ? 0xEDB88320U ^ (rest >> 1U) : rest >> 1U;
      table[i] = rest;
    }
    return table;
  }();
  std::uint32_t out = 0xFFFFFFFFU;
  for (char c : text) out = kTable[(out ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (out >> 8U);
  return ~out;
}

std::string check_of(std::string_view text) {
  std::uint32_t rest = crc32(text);
  std::string out(kCheckSize, '0');
  for (std::size_t i = kCheckSize; i > 0; --i) {
    out[i - 1] = kAlphabet[rest % kAlphabet.size()];
    rest /= kAlphabet.size();
  }
  return out;
}

}  // namespace

Result<base::Secret<std::string>> make_key_text() {
  std::string id;
  if (!append_random(id, kKeyIdSize)) return Error(Code::internal, "the random generator failed");
  return make_key_text(id);
}

Result<base::Secret<std::string>> make_key_text(std::string_view id) {
  std::string out(kKeyPrefix);
  out.append(id).append("_");
  if (!append_random(out, kSecretSize)) return Error(Code::internal, "the random generator failed");
  out += check_of(out);
  return base::Secret(std::move(out));
}

Result<std::string_view> parse_key_text(std::string_view text) {
  if (!text.starts_with(kKeyPrefix)) return Error(Code::invalid_argument, "it does not begin as an API key does");
  if (text.size() != kSize || text[kKeyPrefix.size() + kKeyIdSize] != '_')
    return Error(Code::invalid_argument, "it is not as long as an API key");
  const std::string_view id = text.substr(kKeyPrefix.size(), kKeyIdSize);
  const std::string_view rest = text.substr(kKeyPrefix.size() + kKeyIdSize + 1);
  if (!is_word(id) || !is_word(rest)) return Error(Code::invalid_argument, "it has characters that no API key has");
  if (check_of(text.substr(0, kSize - kCheckSize)) != text.substr(kSize - kCheckSize))
    return Error(Code::invalid_argument, "its last characters do not fit the rest: it was cut, or mistyped");
  return id;
}

std::string key_digest(const base::Secret<std::string>& pepper, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  const std::string& secret = pepper.reveal();
  if (!HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
            bytes.data(), &size))
    throw std::runtime_error("HMAC failed");
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(std::size_t{2} * size);
  for (unsigned int i = 0; i < size; ++i) {
    out += kHex[bytes[i] >> 4U];
    out += kHex[bytes[i] & 0xFU];
  }
  return out;
}

namespace {

constexpr std::string_view kOperatorPrefix = "gto_";

std::string operator_digest(const base::Secret<std::string>& pepper, std::string_view seconds) {
  return key_digest(pepper, "gatehouse: an operator of this machine\n" + std::string(seconds));
}

}  // namespace

base::Secret<std::string> operator_text(const base::Secret<std::string>& pepper, std::chrono::system_clock::time_point now) {
  const std::string seconds = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  return base::Secret(std::string(kOperatorPrefix) + seconds + "_" + operator_digest(pepper, seconds));
}

bool is_operator_text(const base::Secret<std::string>& pepper, std::string_view text, std::chrono::system_clock::time_point now) {
  if (!text.starts_with(kOperatorPrefix) || text.size() > 128) return false;
  text.remove_prefix(kOperatorPrefix.size());
  const std::size_t end = text.find('_');
  if (end == std::string_view::npos) return false;
  const std::string_view seconds = text.substr(0, end);
  std::int64_t said = 0;
  auto [last, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), said);
  if (error != std::errc() || last != seconds.data() + seconds.size()) return false;
  const std::int64_t is = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (said > is + kOperatorLife.count() || said < is - kOperatorLife.count()) return false;
  return same_digest(operator_digest(pepper, seconds), text.substr(end + 1));
}

bool same_digest(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace authz
