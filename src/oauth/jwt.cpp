#include "oauth/jwt.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>

#include "base/json.h"
#include "oauth/base64url.h"

namespace oauth {

namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::size_t kMaxText = 2048;  // of one text claim
constexpr std::size_t kMaxWords = 256;  // audiences, scopes

Error malformed(std::string why) { return Error(Code::invalid_argument, "the token is malformed: " + std::move(why)); }
Error invalid(std::string why) { return Error(Code::unauthenticated, std::move(why)); }

// "application/at+jwt" and "AT+JWT" are "at+jwt" (RFC 7515 section 4.1.9).
std::string plain_typ(std::string typ) {
  for (char& c : typ)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  constexpr std::string_view kPrefix = "application/";
  if (typ.starts_with(kPrefix)) typ.erase(0, kPrefix.size());
  return typ;
}

Result<> read_header(std::string_view json, Jws& out) {
  if (auto valid = base::validate_json(json); !valid) return malformed("its header is no JSON");
  if (auto unique = base::unique_keys(json); !unique) return malformed("its header has a member twice, or is no object");
  bool has_alg = false;
  auto take = [&](std::string_view key, std::string_view value) -> Result<> {
    if (key == "crit") return malformed("its header has crit, and no extension is understood");
    if (key == "b64" && value != "true") return malformed("its header asks for an unencoded payload");
    if (key == "jwk") {
      if (!base::is_object(value)) return malformed("its jwk is no object");
      out.jwk = std::string(value);
    }
    if (key != "alg" && key != "typ" && key != "kid") return {};
    auto text = base::json_string(value);
    if (!text || text->size() > kMaxText) return malformed("its " + std::string(key) + " is no string");
    if (key == "typ") {
      out.typ = plain_typ(*std::move(text));
      return {};
    }
    if (key == "kid") {
      out.kid = *std::move(text);
      return {};
    }
    auto alg = find_alg(*text);
    if (!alg) return malformed("its alg is not accepted");
    out.alg = *alg;
    has_alg = true;
    return {};
  };
  if (auto read = base::each_member(json, take); !read) return read;
  if (!has_alg) return malformed("its header has no alg");
  return {};
}

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Signature = std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// r and s one after the other (RFC 7518 section 3.4) as OpenSSL wants them. Empty when the length is wrong.
std::string der_of(std::string_view raw, std::size_t half) {
  if (raw.size() != 2 * half) return {};
  Signature signature(ECDSA_SIG_new(), ECDSA_SIG_free);
  BIGNUM* r = BN_bin2bn(bytes_of(raw), static_cast<int>(half), nullptr);
  BIGNUM* s = BN_bin2bn(bytes_of(raw) + half, static_cast<int>(half), nullptr);
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  unsigned char* der = nullptr;
  int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

bool verify(const Jws& jws, EVP_PKEY* key) {
  Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!context) return false;
  const char* digest = jws.alg == Alg::eddsa ? nullptr : jws.alg == Alg::es384 ? "SHA384" : "SHA256";
  EVP_PKEY_CTX* details = nullptr;  // belongs to the context
  if (EVP_DigestVerifyInit_ex(context.get(), &details, digest, nullptr, nullptr, key, nullptr) != 1) return false;
  if (jws.alg == Alg::ps256 && (EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) != 1 ||
                                EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) != 1))
    return false;
  std::string der;
  std::string_view signature = jws.signature;
  if (jws.alg == Alg::es256 || jws.alg == Alg::es384) {
    der = der_of(signature, jws.alg == Alg::es256 ? 32 : 48);
    if (der.empty()) return false;
    signature = der;
  }
  return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(jws.signed_part), jws.signed_part.size()) == 1;
}

bool clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<std::string> text_claim(std::string_view name, std::string_view value) {
  auto text = base::json_string(value);
  if (!text) return malformed(std::string(name) + " is no string");
  if (text->size() > kMaxText) return malformed(std::string(name) + " is too long");
  if (!clean(*text)) return malformed(std::string(name) + " holds control characters");
  return text;
}

// A NumericDate (RFC 7519 section 2): a number, perhaps with a fraction.
Result<std::int64_t> date_claim(std::string_view name, std::string_view value) {
  constexpr double kFar = 1e11;  // some thousands of years
  double seconds = 0;
  auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (ec != std::errc() || end != value.data() + value.size() || !std::isfinite(seconds) || seconds < 0 || seconds > kFar)
    return malformed(std::string(name) + " is no time");
  return static_cast<std::int64_t>(seconds);
}

Result<> list_claim(std::string_view name, std::string_view value, std::vector<std::string>& out) {
  auto add = [&](std::string_view item) -> Result<> {
    if (out.size() >= kMaxWords) return malformed(std::string(name) + " is too long");
    auto text = text_claim(name, item);
    if (!text) return std::move(text).error();
    out.push_back(*std::move(text));
    return {};
  };
  if (!base::is_array(value)) return add(value);
  return base::each_element(value, add);
}

// Words with one space between them (RFC 6749 section 3.3).
Result<> words_claim(std::string_view name, std::string_view value, std::vector<std::string>& out) {
  if (base::is_array(value)) return list_claim(name, value, out);
  auto text = text_claim(name, value);
  if (!text) return std::move(text).error();
  std::string_view rest = *text;
  while (!rest.empty()) {
    std::size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) {
      if (out.size() >= kMaxWords) return malformed(std::string(name) + " is too long");
      out.emplace_back(rest.substr(0, end));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

Result<> confirmation_claim(std::string_view value, Claims& out) {
  if (!base::is_object(value)) return malformed("cnf is no object");
  bool other = false;
  auto take = [&](std::string_view key, std::string_view inner) -> Result<> {
    if (key == "jkt") {
      auto text = text_claim("cnf.jkt", inner);
      if (!text) return std::move(text).error();
      out.jkt = *std::move(text);
    } else if (key == "x5t#S256" || key == "jwk" || key == "jwe" || key == "jku") {
      other = true;
    }
    return {};
  };
  auto read = base::each_member(value, take);
  out.bound_otherwise = other;
  return read;
}

Result<> read_claim(std::string_view key, std::string_view value, Claims& out) {
  std::string* text = key == "iss"         ? &out.iss
                      : key == "sub"       ? &out.sub
                      : key == "client_id" ? &out.client_id
                      : key == "azp"       ? &out.azp
                      : key == "jti"       ? &out.jti
                                           : nullptr;
  if (text) {
    auto read = text_claim(key, value);
    if (!read) return std::move(read).error();
    *text = *std::move(read);
    return {};
  }
  std::optional<std::int64_t>* date = key == "exp" ? &out.exp : key == "nbf" ? &out.nbf : key == "iat" ? &out.iat : nullptr;
  if (date) {
    auto read = date_claim(key, value);
    if (!read) return std::move(read).error();
    *date = *read;
    return {};
  }
  if (key == "aud") return list_claim(key, value, out.aud);
  if (key == "scope" || key == "scp") return words_claim(key, value, out.scopes);
  if (key == "cnf") return confirmation_claim(value, out);
  return {};
}

Result<> check_audience(const Claims& claims, const TokenRules& rules) {
  auto ours = [&](const std::string& aud) {
    return std::find(rules.audiences.begin(), rules.audiences.end(), aud) != rules.audiences.end();
  };
  if (claims.aud.empty()) return invalid("the token has no audience");
  if (std::none_of(claims.aud.begin(), claims.aud.end(), ours)) return invalid("the token is for another audience");
  if (rules.audience_rule == AudienceRule::only && !std::all_of(claims.aud.begin(), claims.aud.end(), ours))
    return invalid("the token has other audiences beside this one");
  return {};
}

Result<> check_profile(const Claims& claims, std::string_view typ, TypRule rule) {
  if (claims.sub.empty()) return invalid("the token has no sub");
  if (rule == TypRule::any) {
    if (typ != "at+jwt" && typ != "jwt" && !typ.empty()) return invalid("the token's typ is not that of an access token");
    return {};
  }
  if (typ != "at+jwt") return invalid("the token's typ is not at+jwt");
  if (claims.client_id.empty()) return invalid("the token has no client_id");
  if (claims.jti.empty()) return invalid("the token has no jti");
  if (!claims.iat) return invalid("the token has no iat");
  return {};
}

}  // namespace

Result<Jws> parse_jws(std::string_view text) {
  if (text.size() > kMaxJwtBytes) return Error(Code::too_large, "the token is longer than 16 KiB");
  std::size_t first = text.find('.');
  std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) return malformed("it has not three parts");
  auto header = from_base64url(text.substr(0, first));
  auto payload = from_base64url(text.substr(first + 1, second - first - 1));
  auto signature = from_base64url(text.substr(second + 1));
  if (!header || !payload || !signature) return malformed("a part of it is not base64url");
  Jws out;
  if (auto read = read_header(*header, out); !read) return std::move(read).error();
  if (signature->empty()) return malformed("it has no signature");
  out.payload = *std::move(payload);
  out.signature = *std::move(signature);
  out.signed_part = text.substr(0, second);
  return out;
}

Result<> verify_signature(const Jws& jws, const Jwk& key) {
  if (!key.serves(jws.alg)) return invalid("the key is not for " + std::string(alg_name(jws.alg)));
  bool good = verify(jws, key.key());
  ERR_clear_error();
  if (!good) return invalid("the signature is wrong");
  return {};
}

std::chrono::microseconds cost_of(Alg alg) {
  switch (alg) {
    case Alg::rs256:
    case Alg::ps256: return std::chrono::microseconds(40);
    case Alg::es256:
    case Alg::eddsa: return std::chrono::microseconds(80);
    case Alg::es384: return std::chrono::microseconds(1500);
  }
  return std::chrono::microseconds(0);
}

Result<Claims> parse_claims(std::string_view json) {
  if (auto valid = base::validate_json(json); !valid) return malformed("its claims are no JSON");
  if (auto unique = base::unique_keys(json); !unique) return malformed("its claims have a member twice, or are no object");
  Claims out;
  auto take = [&out](std::string_view key, std::string_view value) { return read_claim(key, value, out); };
  if (auto read = base::each_member(json, take); !read) return std::move(read).error();
  return out;
}

Result<> check_claims(const Claims& claims, std::string_view typ, const TokenRules& rules, WallTime now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const auto leeway = rules.leeway.count();
  if (claims.iss != rules.issuer) return invalid("the token is of another issuer");
  if (auto profile = check_profile(claims, typ, rules.typ); !profile) return profile;
  if (auto audience = check_audience(claims, rules); !audience) return audience;
  if (!claims.exp) return invalid("the token has no exp");
  if (*claims.exp + leeway <= seconds) return invalid("the token has expired");
  if (claims.nbf && *claims.nbf - leeway > seconds) return invalid("the token is not good yet");
  if (claims.iat && *claims.iat - leeway > seconds) return invalid("the token was issued in the future");
  return {};
}

WallTime end_of(const Claims& claims, std::chrono::seconds leeway) {
  return WallTime(std::chrono::seconds(claims.exp.value_or(0)) + leeway);
}

}  // namespace oauth
