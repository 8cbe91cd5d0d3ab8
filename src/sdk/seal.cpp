#include "sdk/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <charconv>
#include <memory>
#include <stdexcept>

#include "sdk/contents.h"

namespace sdk {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text, std::size_t at) { return reinterpret_cast<unsigned char*>(text.data()) + at; }

}  // namespace

Sealer::Sealer() {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) throw std::runtime_error("the random generator failed");
}
Sealer::~Sealer() { OPENSSL_cleanse(key_.data(), key_.size()); }

// nonce, tag, cipher text of "<seconds> <text>"
std::string Sealer::seal(std::string_view text, std::string_view context, WallTime expires) const {
  std::string plain = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count()) + " ";
  plain += text;
  std::string out(kNonce + kTag + plain.size(), '\0');
  Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int n = 0;
  bool good = RAND_bytes(bytes(out, 0), kNonce) == 1 && cipher &&
              EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes(out, 0)) == 1 &&
              EVP_EncryptUpdate(cipher.get(), nullptr, &n, bytes(context), static_cast<int>(context.size())) == 1 &&
              EVP_EncryptUpdate(cipher.get(), bytes(out, kNonce + kTag), &n, bytes(plain), static_cast<int>(plain.size())) == 1 &&
              EVP_EncryptFinal_ex(cipher.get(), bytes(out, kNonce + kTag) + n, &n) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, bytes(out, kNonce)) == 1;
  if (!good) throw std::runtime_error("sealing failed");
  return base64(out);
}

mcp::Result<std::string> Sealer::open(std::string_view sealed, std::string_view context, WallTime now) const {
  mcp::Error refused(mcp::Code::invalid_argument, "requestState is not valid (any more)");
  auto raw = from_base64(sealed);
  if (!raw || raw->size() < kNonce + kTag) return refused;
  std::string plain(raw->size() - kNonce - kTag, '\0');
  Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int n = 0;
  bool good = cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes(*raw, 0)) == 1 &&
              EVP_DecryptUpdate(cipher.get(), nullptr, &n, bytes(context), static_cast<int>(context.size())) == 1 &&
              EVP_DecryptUpdate(cipher.get(), bytes(plain, 0), &n, bytes(*raw, kNonce + kTag), static_cast<int>(plain.size())) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, bytes(*raw, kNonce)) == 1 &&
              EVP_DecryptFinal_ex(cipher.get(), bytes(plain, plain.size()), &n) == 1;
  if (!good) return refused;
  long long seconds = 0;
  auto [end, ec] = std::from_chars(plain.data(), plain.data() + plain.size(), seconds);
  if (ec != std::errc() || *end != ' ' || now > WallTime(std::chrono::seconds(seconds))) return refused;
  return plain.substr(static_cast<std::size_t>(end - plain.data()) + 1);
}

}  // namespace sdk
