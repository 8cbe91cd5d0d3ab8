#include "trust/provenance/signatures.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>

namespace trust {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

Certificate read_certificate(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  Certificate out(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (out && at != bytes_of(der) + der.size()) out.reset();
  return out;
}

PublicKey read_public_key(std::string_view spki) {
  const unsigned char* at = bytes_of(spki);
  PublicKey out(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())));
  ERR_clear_error();
  if (out && at != bytes_of(spki) + spki.size()) out.reset();
  return out;
}

Certificate read_pem_certificate(std::string_view pem) {
  const std::unique_ptr<BIO, Freed<BIO_free>> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!in) return nullptr;
  // No pass phrase is asked for.
  Certificate out(PEM_read_bio_X509(in.get(), nullptr, [](char*, int, int, void*) { return 0; }, nullptr));
  ERR_clear_error();
  return out;
}

std::string der_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

bool verifies(EVP_PKEY* key, std::string_view signature, std::string_view bytes) {
  const int kind = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
  if (kind != EVP_PKEY_EC && kind != EVP_PKEY_ED25519) return false;
  const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, kind == EVP_PKEY_EC ? EVP_sha256() : nullptr, nullptr, key) != 1)
    return false;
  const bool good = EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(bytes), bytes.size()) == 1;
  ERR_clear_error();
  return good;
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return false;
  return std::string_view(name.data(), size) == "prime256v1" || std::string_view(name.data(), size) == "P-256";
}

}  // namespace trust
