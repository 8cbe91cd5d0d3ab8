#include "oauth/sha256.h"

#include <openssl/evp.h>

#include <cstring>
#include <memory>
#include <stdexcept>

namespace oauth {

Sha256 sha256_array(std::string_view bytes) {
  // Fetched once: looking the algorithm up costs more than hashing a token.
  static const EVP_MD* const kMethod = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> t_context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Sha256 out;
  unsigned int size = 0;
  if (!t_context || EVP_DigestInit_ex2(t_context.get(), kMethod, nullptr) != 1 ||
      EVP_DigestUpdate(t_context.get(), bytes.data(), bytes.size()) != 1 || EVP_DigestFinal_ex(t_context.get(), out.data(), &size) != 1)
    throw std::runtime_error("SHA-256 failed");
  return out;
}

std::string sha256(std::string_view bytes) {
  Sha256 digest = sha256_array(bytes);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

std::size_t Sha256Hash::operator()(const Sha256& digest) const {
  std::size_t out = 0;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

}  // namespace oauth
