// OpenSSL's keys and certificates with owners, as far as attestations need them.
#pragma once
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace trust {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PublicKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// Null where the bytes are none, or something stands behind them.
Certificate read_certificate(std::string_view der);
PublicKey read_public_key(std::string_view spki);
// The first certificate of a PEM text, or null.
Certificate read_pem_certificate(std::string_view pem);
std::string der_of(X509* certificate);

// ECDSA over SHA-256, or Ed25519. False for every other key, and for what is no signature.
bool verifies(EVP_PKEY* key, std::string_view signature, std::string_view bytes);
bool is_p256(EVP_PKEY* key);

}  // namespace trust
