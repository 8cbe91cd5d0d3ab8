#include "access/keys/token_mint.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "access/keys/key_text.h"
#include "base/json.h"

namespace authz {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using oauth::SigningKey;

namespace {

// The order of P-256: private keys are below it.
constexpr std::string_view kOrder = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

// A PKCS #8 private key on P-256 (RFC 5915, 5958) up to the number itself; OpenSSL finds the public key by it.
constexpr std::array<unsigned char, 35> kPkcs8Head{0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                                   0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
                                                   0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20};

int nibble(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

Result<SigningKey> key_from(std::string_view hex) {
  std::array<unsigned char, kPkcs8Head.size() + 32> der{};
  std::copy(kPkcs8Head.begin(), kPkcs8Head.end(), der.begin());
  for (std::size_t i = 0; i < 32; ++i)
    der[kPkcs8Head.size() + i] = static_cast<unsigned char>(nibble(hex[2 * i]) * 16 + nibble(hex[2 * i + 1]));
  std::array<unsigned char, 128> base64{};
  const int size = EVP_EncodeBlock(base64.data(), der.data(), static_cast<int>(der.size()));
  std::string body(reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(size));
  body.insert(64, "\n");
  return SigningKey::from_pem("-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n");
}

std::int64_t period_of(TokenMint::Time now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()) / std::chrono::seconds(TokenMint::kPeriod);
}

std::int64_t seconds_of(TokenMint::Time now) { return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count(); }

boost::json::string text(std::string_view of) { return boost::json::string(of.data(), of.size()); }

}  // namespace

Result<SigningKey> TokenMint::key_of(std::int64_t period) {
  if (auto found = keys_.find(period); found != keys_.end()) return found->second;
  std::erase_if(keys_, [period](const auto& one) { return one.first < period - 2; });
  const std::string label = "gatehouse: keys of minted tokens\n" + std::to_string(period) + "\n";
  // One in 2^32 is no private key.
  for (int i = 0; i < 8; ++i) {
    const std::string hex = key_digest(secret_, label + std::to_string(i));
    if (hex >= kOrder || hex.find_first_not_of('0') == std::string::npos) continue;
    auto key = key_from(hex);
    if (key) keys_.emplace(period, *key);
    return key;
  }
  return Error(Code::internal, "no key could be made");
}

Result<MintedToken> TokenMint::mint(const base::Principal& who, std::string_view audience, Time now) {
  if (std::find(options_.audiences.begin(), options_.audiences.end(), audience) == options_.audiences.end())
    return Error(Code::invalid_argument,
                 "tokens for " + base::quoted(audience.substr(0, 200)) + " are not made here; keys.tokens.audiences says for whom");
  auto key = key_of(period_of(now));
  if (!key) return std::move(key).error();
  const std::chrono::seconds life = std::min(options_.life, kLongest);
  boost::json::object header{{"typ", "at+jwt"}, {"kid", text(key->thumbprint())}};
  boost::json::array groups;
  for (const std::string& group : who.groups) groups.push_back(text(group));
  boost::json::object claims{{"iss", text(options_.issuer)},
                             {"sub", text(who.id)},
                             {"aud", text(audience)},
                             {"client_id", text(who.key.empty() ? who.id : who.key)},
                             {"iat", seconds_of(now)},
                             {"exp", seconds_of(now + life)},
                             {"jti", text(oauth::random_token())},
                             {"groups", std::move(groups)}};
  auto token = key->sign(std::move(header), claims);
  if (!token) return std::move(token).error();
  return MintedToken{base::Secret(*std::move(token)), life};
}

Result<std::string> TokenMint::jwks(Time now) {
  boost::json::array keys;
  for (std::int64_t period = period_of(now) - 1; period <= period_of(now) + 1; ++period) {
    auto key = key_of(period);
    if (!key) return std::move(key).error();
    boost::json::object jwk = key->public_jwk();
    jwk["use"] = "sig";
    jwk["alg"] = "ES256";
    jwk["kid"] = text(key->thumbprint());
    keys.push_back(std::move(jwk));
  }
  return boost::json::serialize(boost::json::object{{"keys", std::move(keys)}});
}

}  // namespace authz
