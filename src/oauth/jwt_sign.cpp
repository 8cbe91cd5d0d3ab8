#include "oauth/jwt_sign.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "oauth/base64url.h"
#include "oauth/sha256.h"

namespace oauth {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

Error bug(const char* what) { return {Code::internal, std::string("OpenSSL could not ") + what, "internal error"}; }

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// A number as big-endian bytes in base64url; `size` bytes, or as few as it takes for 0.
std::string encoded(const BIGNUM* number, int size) {
  std::string out(static_cast<std::size_t>(size ? size : BN_num_bytes(number)), '\0');
  if (BN_bn2binpad(number, bytes(out), static_cast<int>(out.size())) < 0) return {};
  return base64url(out);
}

std::string parameter(EVP_PKEY* key, const char* name, int size) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  Number number(raw);
  return encoded(number.get(), size);
}

// Bytes of one coordinate; 0 for a key that is not on a curve used here.
int coordinate_size(EVP_PKEY* key) {
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return 0;
  const std::string_view name(group.data());
  return name == "prime256v1" ? 32 : name == "secp384r1" ? 48 : 0;
}

// The signature of ECDSA as JOSE wants it: r and s side by side, in place of DER (RFC 7518 section 3.4).
Result<std::string> side_by_side(std::string_view der, int size) {
  const unsigned char* at = bytes(der);
  Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string out(static_cast<std::size_t>(size) * 2, '\0');
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes(out), size) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes(out) + size, size) < 0)
    return bug("read a signature");
  return out;
}

Result<std::string> signature_of(EVP_PKEY* key, std::string_view text, Alg alg) {
  const EVP_MD* md = alg == Alg::eddsa ? nullptr : alg == Alg::es384 ? EVP_sha384() : EVP_sha256();
  Digest digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* context = nullptr;
  if (!digest || EVP_DigestSignInit(digest.get(), &context, md, nullptr, key) != 1) return bug("begin a signature");
  if (alg == Alg::ps256 && (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) != 1 ||
                            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) != 1))
    return bug("set the padding");
  std::size_t size = 0;
  if (EVP_DigestSign(digest.get(), nullptr, &size, bytes(text), text.size()) != 1) return bug("sign");
  std::string out(size, '\0');
  if (EVP_DigestSign(digest.get(), bytes(out), &size, bytes(text), text.size()) != 1) return bug("sign");
  out.resize(size);
  if (alg == Alg::es256 || alg == Alg::es384) return side_by_side(out, coordinate_size(key));
  return out;
}

}  // namespace

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(pem.size(), 64 * 1024))));
  // A key with a passphrase is refused, not asked for at the terminal.
  auto no_passphrase = [](char*, int, int, void*) { return 0; };
  std::shared_ptr<EVP_PKEY> key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr, EVP_PKEY_free);
  if (!key) return Error(Code::invalid_argument, "the private key is not a PEM text without a passphrase");
  return of(std::move(key));
}

Result<SigningKey> SigningKey::make_es256() {
  std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  if (!key) return bug("make a key");
  return of(std::move(key));
}

Result<SigningKey> SigningKey::of(std::shared_ptr<evp_pkey_st> key) {
  SigningKey out;
  switch (EVP_PKEY_get_base_id(key.get())) {
    case EVP_PKEY_EC: {
      const int size = coordinate_size(key.get());
      if (size == 0) return Error(Code::invalid_argument, "the private key is on another curve than P-256 or P-384");
      out.algs_ = {size == 32 ? Alg::es256 : Alg::es384};
      out.public_["crv"] = size == 32 ? "P-256" : "P-384";
      out.public_["kty"] = "EC";
      out.public_["x"] = parameter(key.get(), OSSL_PKEY_PARAM_EC_PUB_X, size);
      out.public_["y"] = parameter(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y, size);
      break;
    }
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key.get()) < 2048) return Error(Code::invalid_argument, "the private key is an RSA key of less than 2048 bits");
      out.algs_ = {Alg::rs256, Alg::ps256};
      out.public_["e"] = parameter(key.get(), OSSL_PKEY_PARAM_RSA_E, 0);
      out.public_["kty"] = "RSA";
      out.public_["n"] = parameter(key.get(), OSSL_PKEY_PARAM_RSA_N, 0);
      break;
    case EVP_PKEY_ED25519: {
      std::string raw(32, '\0');
      std::size_t size = raw.size();
      if (EVP_PKEY_get_raw_public_key(key.get(), bytes(raw), &size) != 1) return bug("read a key");
      out.algs_ = {Alg::eddsa};
      out.public_["crv"] = "Ed25519";
      out.public_["kty"] = "OKP";
      out.public_["x"] = base64url(raw);
      break;
    }
    default: return Error(Code::invalid_argument, "the private key is of a kind that is not used here");
  }
  out.key_ = std::move(key);
  out.thumbprint_ = base64url(sha256(boost::json::serialize(out.public_)));
  return out;
}

Result<base::Secret<std::string>> SigningKey::pem() const {
  Bio bio(BIO_new(BIO_s_secmem()));
  char* data = nullptr;
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) return bug("write a key");
  const long size = BIO_get_mem_data(bio.get(), &data);
  return base::Secret<std::string>(std::string(data, static_cast<std::size_t>(size)));
}

Result<std::string> SigningKey::sign(boost::json::object header, const boost::json::object& claims, Alg alg) const {
  if (std::find(algs_.begin(), algs_.end(), alg) == algs_.end())
    return Error(Code::invalid_argument, "the key cannot sign with " + std::string(alg_name(alg)));
  const std::string_view name = alg_name(alg);
  header["alg"] = boost::json::string_view(name.data(), name.size());
  std::string out = base64url(boost::json::serialize(header)) + "." + base64url(boost::json::serialize(claims));
  auto signature = signature_of(key_.get(), out, alg);
  if (!signature) return std::move(signature).error();
  return out + "." + base64url(*signature);
}

std::string random_token() {
  std::string raw(32, '\0');
  if (RAND_bytes(bytes(raw), static_cast<int>(raw.size())) != 1) throw std::runtime_error("the random generator failed");
  return base64url(raw);
}

}  // namespace oauth
