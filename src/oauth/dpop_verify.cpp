#include "oauth/dpop_verify.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>
#include <optional>
#include <stdexcept>

#include "base/json.h"
#include "net/url.h"
#include "oauth/base64url.h"

namespace oauth {

namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::size_t kMaxProofText = 2048;

Error bad(std::string why) { return Error(Code::unauthenticated, "the DPoP proof " + std::move(why)); }

std::int64_t seconds_of(WallTime time) { return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(); }

struct ProofClaims {
  std::string jti, htm, htu, ath, nonce;
  std::optional<std::int64_t> iat;
};

Result<ProofClaims> read_proof(std::string_view json) {
  if (!base::validate_json(json) || !base::unique_keys(json)) return bad("has claims that are no JSON object, or one twice");
  ProofClaims out;
  auto take = [&out](std::string_view key, std::string_view value) -> Result<> {
    if (key == "iat") {
      double seconds = 0;
      auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (ec != std::errc() || end != value.data() + value.size() || !(seconds >= 0 && seconds < 1e11))
        return bad("has an iat that is no time");
      out.iat = static_cast<std::int64_t>(seconds);
      return {};
    }
    std::string* text = key == "jti" ? &out.jti : key == "htm" ? &out.htm : key == "htu" ? &out.htu : key == "ath" ? &out.ath : nullptr;
    if (key == "nonce") text = &out.nonce;
    if (!text) return {};
    auto read = base::json_string(value);
    if (!read || read->size() > kMaxProofText) return bad("has a " + std::string(key) + " that is no short string");
    *text = *std::move(read);
    return {};
  };
  if (auto read = base::each_member(json, take); !read) return std::move(read).error();
  return out;
}

// Checks 2, 4 to 7 of RFC 9449 section 4.3: one JWT of the right type, signed with the public key that it holds; and that key is `jkt`.
Result<Jws> read_signed(std::string_view proof, std::string_view jkt) {
  auto jws = parse_jws(proof);
  if (!jws) return bad("cannot be read: " + jws.error().message);
  if (jws->typ != "dpop+jwt") return bad("has another typ than dpop+jwt");
  if (jws->jwk.empty()) return bad("holds no jwk");
  if (has_private_part(jws->jwk)) return bad("holds a private key");
  auto key = Jwk::parse(jws->jwk);
  if (!key) return bad("holds a jwk that cannot be used: " + key.error().message);
  if (key->thumbprint() != jkt) return bad("is made with another key than the token is bound to");
  if (auto good = verify_signature(*jws, *key); !good) return bad("is not good: " + good.error().message);
  return jws;
}

bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<std::string> normal_htu(std::string_view url) {
  auto parsed = net::parse_url(url);
  if (!parsed) return std::move(parsed).error();
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string_view path = std::string_view(parsed->target).substr(0, parsed->target.find('?'));
  std::string out = (parsed->tls ? "https://" : "http://") + parsed->authority;
  for (std::size_t i = 0; i < path.size(); ++i) {
    int high = path[i] == '%' && i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
    int low = high >= 0 ? hex_value(path[i + 2]) : -1;
    if (low < 0) {
      out += path[i];
      continue;
    }
    auto byte = static_cast<unsigned char>(high * 16 + low);
    if (is_unreserved(byte))
      out += static_cast<char>(byte);
    else
      out.append({'%', kHex[high], kHex[low]});
    i += 2;
  }
  return out;
}

DpopVerifier::DpopVerifier(DpopOptions options) : options_(options), nonce_key_(32, '\0') {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(nonce_key_.data()), static_cast<int>(nonce_key_.size())) != 1)
    throw std::runtime_error("the random generator failed");
}
DpopVerifier::~DpopVerifier() { OPENSSL_cleanse(nonce_key_.data(), nonce_key_.size()); }

Result<> DpopVerifier::verify(std::string_view proof, const DpopFacts& facts, WallTime now) {
  auto jws = read_signed(proof, facts.jkt);
  if (!jws) return std::move(jws).error();
  auto claims = read_proof(jws->payload);
  if (!claims) return std::move(claims).error();
  if (claims->jti.empty()) return bad("has no jti");
  if (claims->htm != facts.method) return bad("is for another method");
  auto theirs = normal_htu(claims->htu), ours = normal_htu(facts.url);
  if (!theirs || !ours || *theirs != *ours) return bad("is for another URL");
  if (claims->ath != base64url(sha256(facts.token))) return bad("is for another token");
  if (!claims->iat) return bad("has no iat");
  const std::int64_t seconds = seconds_of(now), window = options_.window.count();
  if (auto nonce = check_nonce(claims->nonce, now); !nonce) return nonce;
  if (*claims->iat + window <= seconds) return bad("is too old");
  if (*claims->iat - window > seconds) return bad("is from the future");
  return remember(facts.jkt, claims->jti, *claims->iat, seconds);
}

Result<> DpopVerifier::check_nonce(std::string_view given, WallTime now) const {
  if (options_.nonce == DpopNonce::none) return {};
  const std::int64_t period = seconds_of(now) / options_.nonce_life.count();
  for (std::int64_t one : {period, period - 1}) {
    std::string good = nonce_of(one);
    if (given.size() == good.size() && CRYPTO_memcmp(given.data(), good.data(), good.size()) == 0) return {};
  }
  return Error(Code::conflict, given.empty() ? "the DPoP proof has no nonce" : "the DPoP proof has an old nonce");
}

Result<> DpopVerifier::remember(std::string_view jkt, std::string_view jti, std::int64_t iat, std::int64_t now) {
  while (!ends_.empty() && ends_.top().first <= now) {
    seen_.erase(ends_.top().second);
    ends_.pop();
  }
  std::string text(jkt);
  text.append("\n").append(jti);
  Sha256 id = sha256_array(text);
  if (seen_.contains(id)) return bad("was used before");
  if (seen_.size() >= options_.most_proofs) return Error(Code::rate_limited, "too many DPoP proofs in too short a time");
  seen_.insert(id);
  ends_.emplace(iat + options_.window.count(), id);
  return {};
}

std::string DpopVerifier::nonce(WallTime now) const { return nonce_of(seconds_of(now) / options_.nonce_life.count()); }

// Nothing has to be kept: the nonce of a period follows from the key.
std::string DpopVerifier::nonce_of(std::int64_t period) const {
  std::string text = "dpop nonce " + std::to_string(period);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!HMAC(EVP_sha256(), nonce_key_.data(), static_cast<int>(nonce_key_.size()), reinterpret_cast<const unsigned char*>(text.data()),
            text.size(), digest, &size))
    throw std::runtime_error("HMAC failed");
  return base64url(std::string_view(reinterpret_cast<const char*>(digest), 16));
}

}  // namespace oauth
