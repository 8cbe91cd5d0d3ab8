#include "oauth/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>

#include "base/json.h"
#include "oauth/base64url.h"
#include "oauth/sha256.h"

namespace oauth {

namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

struct AlgName {
  Alg alg;
  std::string_view name;
};
constexpr std::array<AlgName, 6> kNames{{{Alg::rs256, "RS256"},
                                         {Alg::ps256, "PS256"},
                                         {Alg::es256, "ES256"},
                                         {Alg::es384, "ES384"},
                                         {Alg::eddsa, "EdDSA"},
                                         {Alg::eddsa, "Ed25519"}}};

constexpr std::size_t kMinRsaBits = 2048, kMaxRsaBits = 8192, kMaxExponentBytes = 8;
constexpr std::string_view kPrivateMembers[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

Error bad(std::string why) { return Error(Code::invalid_argument, "this JWK cannot be used: " + std::move(why)); }

// The members of a JWK that matter, as they came.
struct Fields {
  std::string kty, crv, n, e, x, y;
  std::optional<std::string> kid, alg, use;
  std::optional<std::string> key_ops;
};

Result<Fields> read_fields(std::string_view json) {
  if (auto valid = base::validate_json(json); !valid) return std::move(valid).error();
  if (auto unique = base::unique_keys(json); !unique) return std::move(unique).error();
  Fields out;
  auto take = [&out](std::string_view key, std::string_view value) -> Result<> {
    if (key == "key_ops") {
      if (!base::is_array(value)) return bad("key_ops is no list");
      out.key_ops = std::string(value);
      return {};
    }
    std::string* text = key == "kty" ? &out.kty : key == "crv" ? &out.crv : key == "n" ? &out.n : key == "e" ? &out.e : nullptr;
    if (key == "x") text = &out.x;
    if (key == "y") text = &out.y;
    if (key == "kid") text = &out.kid.emplace();
    if (key == "alg") text = &out.alg.emplace();
    if (key == "use") text = &out.use.emplace();
    if (!text) return {};
    auto read = base::json_string(value);
    if (!read) return bad(std::string(key) + " is no string");
    *text = *std::move(read);
    return {};
  };
  if (auto read = base::each_member(json, take); !read) return std::move(read).error();
  return out;
}

// A number as big-endian bytes without zeros before it.
Result<std::string> number(std::string_view name, std::string_view text) {
  auto bytes = from_base64url(text);
  if (!bytes) return bad(std::string(name) + " is not base64url");
  bytes->erase(0, bytes->find_first_not_of('\0'));
  if (bytes->empty()) return bad(std::string(name) + " is missing or zero");
  return bytes;
}

Result<std::string> coordinate(std::string_view name, std::string_view text, std::size_t size) {
  auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != size) return bad(std::string(name) + " is not " + std::to_string(size) + " bytes in base64url");
  return bytes;
}

using Key = std::shared_ptr<EVP_PKEY>;
using Params = std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;
using Context = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using Big = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Key make_key(const char* type, OSSL_PARAM_BLD* builder) {
  Params params(OSSL_PARAM_BLD_to_param(builder), OSSL_PARAM_free);
  Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* raw = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return Key(raw, EVP_PKEY_free);
}

Key rsa_key(std::string_view n, std::string_view e) {
  Big modulus(BN_bin2bn(bytes_of(n), static_cast<int>(n.size()), nullptr), BN_free);
  Big exponent(BN_bin2bn(bytes_of(e), static_cast<int>(e.size()), nullptr), BN_free);
  Builder builder(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  if (!builder || !modulus || !exponent || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
    return nullptr;
  return make_key("RSA", builder.get());
}

Key ec_key(const char* group, const std::string& x, const std::string& y) {
  std::string point = "\x04" + x + y;
  Builder builder(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  Key key = make_key("EC", builder.get());
  if (!key) return nullptr;
  Context check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr), EVP_PKEY_CTX_free);
  bool on_curve = check && EVP_PKEY_public_check_quick(check.get()) == 1;
  ERR_clear_error();
  return on_curve ? key : nullptr;
}

Key ed25519_key(std::string_view x) {
  return Key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes_of(x), x.size()), [](EVP_PKEY* key) { EVP_PKEY_free(key); });
}

std::size_t bits_of(std::string_view n) {
  std::size_t bits = n.size() * 8;
  for (auto top = static_cast<unsigned char>(n.front()); !(top & 0x80); top = static_cast<unsigned char>(top << 1)) --bits;
  return bits;
}

// The required members in the order that RFC 7638 section 3 wants, with numbers in their one spelling.
std::string thumbprint_of(const Fields& f, std::string_view n, std::string_view e) {
  std::string text;
  if (f.kty == "RSA")
    text = R"({"e":")" + base64url(e) + R"(","kty":"RSA","n":")" + base64url(n) + R"("})";
  else if (f.kty == "EC")
    text = R"({"crv":")" + f.crv + R"(","kty":"EC","x":")" + f.x + R"(","y":")" + f.y + R"("})";
  else
    text = R"({"crv":")" + f.crv + R"(","kty":"OKP","x":")" + f.x + R"("})";
  return base64url(sha256(text));
}

Result<> check_purpose(const Fields& f) {
  if (f.use && *f.use != "sig") return bad("its use is not sig");
  if (!f.key_ops) return {};
  bool verifies = false;
  auto look = [&verifies](std::string_view value) -> Result<> {
    auto op = base::json_string(value);
    if (!op) return bad("key_ops holds something else than strings");
    verifies = verifies || *op == "verify";
    return {};
  };
  if (auto read = base::each_element(*f.key_ops, look); !read) return read;
  if (!verifies) return bad("its key_ops do not have verify");
  return {};
}

// The key of a JWK and its thumbprint.
struct Material {
  Key key;
  std::string thumbprint;
};

// Keys that a faulty library of chip cards made (CVE-2017-15361) can be factored. Their moduli are powers of 65537 modulo every small
// prime; of other keys one in about 2^28 is.
bool is_factorable(std::string_view n) {
  static constexpr unsigned kPrimes[] = {3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
                                         73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  Big modulus(BN_bin2bn(bytes_of(n), static_cast<int>(n.size()), nullptr), BN_free);
  for (unsigned prime : kPrimes) {
    BN_ULONG rest = BN_mod_word(modulus.get(), prime);
    unsigned power = 1;
    bool found = rest == power;
    do {
      power = power * (65537 % prime) % prime;
      found = found || rest == power;
    } while (power != 1 && !found);
    if (!found) return false;
  }
  return true;
}

Result<Material> read_rsa(const Fields& f) {
  auto n = number("n", f.n), e = number("e", f.e);
  if (!n) return std::move(n).error();
  if (!e) return std::move(e).error();
  if (std::size_t bits = bits_of(*n); bits < kMinRsaBits || bits > kMaxRsaBits)
    return bad("its modulus has " + std::to_string(bits) + " bits; 2048 to 8192 are accepted");
  if (e->size() > kMaxExponentBytes || !(e->back() & 1) || *e == "\x01") return bad("its exponent is even, 1, or longer than 64 bits");
  if (is_factorable(*n)) return bad("its modulus can be factored (CVE-2017-15361)");
  Key key = rsa_key(*n, *e);
  if (!key) return bad("OpenSSL refuses it");
  return Material{std::move(key), thumbprint_of(f, *n, *e)};
}

Result<Material> read_ec(const Fields& f) {
  if (f.crv != "P-256" && f.crv != "P-384") return bad("its curve is not P-256 or P-384");
  std::size_t size = f.crv == "P-256" ? 32 : 48;
  auto x = coordinate("x", f.x, size), y = coordinate("y", f.y, size);
  if (!x) return std::move(x).error();
  if (!y) return std::move(y).error();
  Key key = ec_key(f.crv.c_str(), *x, *y);
  if (!key) return bad("its point is not on the curve");
  return Material{std::move(key), thumbprint_of(f, {}, {})};
}

Result<Material> read_okp(const Fields& f) {
  if (f.crv != "Ed25519") return bad("its curve is not Ed25519");
  auto x = coordinate("x", f.x, 32);
  if (!x) return std::move(x).error();
  Key key = ed25519_key(*x);
  if (!key) return bad("OpenSSL refuses it");
  return Material{std::move(key), thumbprint_of(f, {}, {})};
}

Result<Material> read_material(const Fields& f) {
  if (f.kty == "RSA") return read_rsa(f);
  if (f.kty == "EC") return read_ec(f);
  if (f.kty == "OKP") return read_okp(f);
  return bad(f.kty == "oct" ? "it is symmetric" : "its kty is not RSA, EC or OKP");
}

}  // namespace

std::string_view alg_name(Alg alg) {
  for (const auto& one : kNames)
    if (one.alg == alg) return one.name;
  return {};
}

std::optional<Alg> find_alg(std::string_view name) {
  for (const auto& one : kNames)
    if (one.name == name) return one.alg;
  return std::nullopt;
}

Result<Jwk> Jwk::parse(std::string_view json) {
  auto fields = read_fields(json);
  if (!fields) return std::move(fields).error();
  if (auto purpose = check_purpose(*fields); !purpose) return std::move(purpose).error();
  auto material = read_material(*fields);
  if (!material) return std::move(material).error();
  Jwk out;
  out.kind_ = fields->kty == "RSA" ? Kind::rsa : fields->kty == "OKP" ? Kind::ed25519 : fields->crv == "P-256" ? Kind::p256 : Kind::p384;
  if (fields->alg) {
    std::optional<Alg> alg = find_alg(*fields->alg);
    if (!alg || !out.serves(*alg)) return bad("its alg is not accepted, or does not fit its type");
    out.alg_ = alg;
  }
  out.id_ = std::move(fields->kid);
  out.key_ = std::move(material->key);
  out.thumbprint_ = std::move(material->thumbprint);
  return out;
}

bool Jwk::serves(Alg alg) const {
  if (alg_ && *alg_ != alg) return false;
  switch (alg) {
    case Alg::rs256:
    case Alg::ps256: return kind_ == Kind::rsa;
    case Alg::es256: return kind_ == Kind::p256;
    case Alg::es384: return kind_ == Kind::p384;
    case Alg::eddsa: return kind_ == Kind::ed25519;
  }
  return false;
}

Result<std::string> jwk_thumbprint(std::string_view json) {
  auto fields = read_fields(json);
  if (!fields) return std::move(fields).error();
  auto material = read_material(*fields);
  if (!material) return std::move(material).error();
  return std::move(material->thumbprint);
}

bool has_private_part(std::string_view json) {
  base::Members members(json);
  while (members.next())
    for (std::string_view name : kPrivateMembers)
      if (members.key() == name) return true;
  return false;
}

Result<JwkSet> parse_jwk_set(std::string_view json) {
  if (json.size() > kMaxJwkSetBytes) return Error(Code::too_large, "this JWK Set is larger than 512 KiB");
  if (auto valid = base::validate_json(json); !valid) return std::move(valid).error().in("JWK Set");
  std::string_view list;
  auto find = [&list](std::string_view key, std::string_view value) -> Result<> {
    if (key == "keys") list = value;
    return {};
  };
  if (auto read = base::each_member(json, find); !read) return std::move(read).error().in("JWK Set");
  if (!base::is_array(list)) return Error(Code::invalid_argument, "JWK Set: it has no list `keys`");
  JwkSet out;
  auto add = [&out](std::string_view value) -> Result<> {
    if (out.keys.size() + out.skipped >= kMaxJwks) return Error(Code::too_large, "this JWK Set has more than 100 keys");
    auto key = Jwk::parse(value);
    if (!key) {
      ++out.skipped;
      return {};
    }
    for (const Jwk& other : out.keys) {
      if (!key->id() || other.id() != key->id()) continue;
      for (Alg alg : kAllAlgs)
        if (key->serves(alg) && other.serves(alg)) return Error(Code::conflict, "JWK Set: two keys have the kid '" + *key->id() + "'");
    }
    out.keys.push_back(*std::move(key));
    return {};
  };
  if (auto read = base::each_element(list, add); !read) return std::move(read).error();
  return out;
}

}  // namespace oauth
