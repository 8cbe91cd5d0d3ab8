// For tests: keys that sign, as an issuer or a client has them.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "oauth/base64url.h"
#include "oauth/jwk.h"

namespace oauth::testing {

// A fresh key pair for one algorithm.
class SigningKey {
 public:
  explicit SigningKey(Alg alg, std::string kid = {}, unsigned rsa_bits = 2048) : alg_(alg), kid_(std::move(kid)) {
    switch (alg) {
      case Alg::rs256:
      case Alg::ps256: key_.reset(EVP_RSA_gen(rsa_bits)); break;
      case Alg::es256: key_.reset(EVP_EC_gen("P-256")); break;
      case Alg::es384: key_.reset(EVP_EC_gen("P-384")); break;
      case Alg::eddsa: key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); break;
    }
    if (!key_) throw std::runtime_error("no key");
  }

  // The public key; `more` is put before its end, such as `,"use":"sig"`.
  std::string jwk(std::string_view more = {}) const {
    std::string out;
    if (alg_ == Alg::rs256 || alg_ == Alg::ps256)
      out = R"({"kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" + number(OSSL_PKEY_PARAM_RSA_E) + "\"";
    else if (alg_ == Alg::eddsa)
      out = R"({"kty":"OKP","crv":"Ed25519","x":")" + raw_public() + "\"";
    else
      out = R"({"kty":"EC","crv":")" + std::string(alg_ == Alg::es256 ? "P-256" : "P-384") + R"(","x":")" +
            number(OSSL_PKEY_PARAM_EC_PUB_X, half()) + R"(","y":")" + number(OSSL_PKEY_PARAM_EC_PUB_Y, half()) + "\"";
    if (!kid_.empty()) out += R"(,"kid":")" + kid_ + "\"";
    return out + std::string(more) + "}";
  }
  std::string thumbprint() const { return jwk_thumbprint(jwk()).value_or("?"); }
  Alg alg() const { return alg_; }

  // A compact JWS of these two JSON texts.
  std::string sign(std::string_view header, std::string_view payload) const {
    std::string text = base64url(header) + "." + base64url(payload);
    return text + "." + base64url(signature(text));
  }
  // The header of an access token of this key.
  std::string header(std::string_view typ = "at+jwt") const {
    std::string out = R"({"alg":")" + std::string(alg_name(alg_)) + R"(","typ":")" + std::string(typ) + "\"";
    if (!kid_.empty()) out += R"(,"kid":")" + kid_ + "\"";
    return out + "}";
  }

  std::string signature(std::string_view text) const {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const char* digest = alg_ == Alg::eddsa ? nullptr : alg_ == Alg::es384 ? "SHA384" : "SHA256";
    EVP_PKEY_CTX* details = nullptr;
    EVP_DigestSignInit_ex(context.get(), &details, digest, nullptr, nullptr, key_.get(), nullptr);
    if (alg_ == Alg::ps256) {
      EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST);
    }
    std::string out(1024, '\0');
    std::size_t size = out.size();
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    if (EVP_DigestSign(context.get(), bytes, &size, reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1)
      throw std::runtime_error("signing failed");
    out.resize(size);
    if (alg_ != Alg::es256 && alg_ != Alg::es384) return out;
    const auto* der = reinterpret_cast<const unsigned char*>(out.data());
    std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size)), ECDSA_SIG_free);
    std::string raw(2 * half(), '\0');
    auto* at = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), at, static_cast<int>(half()));
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), at + half(), static_cast<int>(half()));
    return raw;
  }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  std::size_t half() const { return alg_ == Alg::es384 ? 48 : 32; }
  std::string number(const char* name, std::size_t size = 0) const {
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(key_.get(), name, &value) != 1) throw std::runtime_error("no such part");
    std::string out(size ? size : static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
    BN_free(value);
    return base64url(out);
  }
  std::string raw_public() const {
    std::string out(32, '\0');
    std::size_t size = out.size();
    EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(out.data()), &size);
    return base64url(out);
  }

  Alg alg_;
  std::string kid_;
  std::unique_ptr<EVP_PKEY, Free> key_;
};

}  // namespace oauth::testing
