#include "sdk/seal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

#include "sdk/contents.h"

namespace sdk {
namespace {

constexpr std::size_t kId = 4, kNonce = 12, kTag = 16;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text, std::size_t at) { return reinterpret_cast<unsigned char*>(text.data()) + at; }

// OpenSSL takes inputs by a pointer that it does not write through.
void* input(std::string_view text) { return const_cast<char*>(text.data()); }

void derive(std::string_view secret, std::string_view purpose, std::span<unsigned char> out) {
  static constexpr std::string_view kDigest = "SHA256", kSalt = "gatehouse state keys";
  std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
  std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free);
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, static_cast<char*>(input(kDigest)), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, input(secret), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, input(kSalt), kSalt.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, input(purpose), purpose.size()),
      OSSL_PARAM_construct_end(),
  };
  if (!context || EVP_KDF_derive(context.get(), out.data(), out.size(), params) != 1) throw std::runtime_error("deriving a key failed");
}

}  // namespace

Sealer::Sealer() : Sealer({}, {}) {}

Sealer::Sealer(std::span<const KeyMaterial> secrets, std::string_view purpose) {
  for (const KeyMaterial& secret : secrets) {
    Key key{};
    derive(secret.reveal(), std::string(purpose) + " id", key.id);
    derive(secret.reveal(), std::string(purpose) + " key", key.bytes);
    keys_.push_back(key);
    OPENSSL_cleanse(&key, sizeof key);
  }
  if (!keys_.empty()) return;
  keys_.emplace_back();
  bool good = RAND_bytes(keys_[0].bytes.data(), static_cast<int>(keys_[0].bytes.size())) == 1 &&
              RAND_bytes(keys_[0].id.data(), static_cast<int>(keys_[0].id.size())) == 1;
  if (!good) throw std::runtime_error("the random generator failed");
}

Sealer::~Sealer() { OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(Key)); }

// key id, nonce, tag, cipher text of "<seconds> <text>"
std::string Sealer::seal(std::string_view text, std::string_view context, WallTime expires) const {
  std::string plain = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count()) + " ";
  plain += text;
  const Key& key = keys_.front();
  std::string out(kId + kNonce + kTag + plain.size(), '\0');
  std::copy(key.id.begin(), key.id.end(), out.begin());
  constexpr std::size_t kText = kId + kNonce + kTag;
  Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int n = 0;
  bool good = RAND_bytes(bytes(out, kId), kNonce) == 1 && cipher &&
              EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), bytes(out, kId)) == 1 &&
              EVP_EncryptUpdate(cipher.get(), nullptr, &n, bytes(context), static_cast<int>(context.size())) == 1 &&
              EVP_EncryptUpdate(cipher.get(), bytes(out, kText), &n, bytes(plain), static_cast<int>(plain.size())) == 1 &&
              EVP_EncryptFinal_ex(cipher.get(), bytes(out, kText) + n, &n) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, bytes(out, kId + kNonce)) == 1;
  if (!good) throw std::runtime_error("sealing failed");
  return base64(out);
}

mcp::Result<std::string> Sealer::open(std::string_view sealed, std::string_view context, WallTime now) const {
  mcp::Error refused(mcp::Code::invalid_argument, "requestState is not valid (any more)");
  auto raw = from_base64(sealed);
  if (!raw || raw->size() < kId + kNonce + kTag) return refused;
  auto key =
      std::find_if(keys_.begin(), keys_.end(), [&](const Key& one) { return std::equal(one.id.begin(), one.id.end(), bytes(*raw)); });
  if (key == keys_.end()) return refused;
  constexpr std::size_t kText = kId + kNonce + kTag;
  std::string plain(raw->size() - kText, '\0');
  Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int n = 0;
  bool good = cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key->bytes.data(), bytes(*raw, kId)) == 1 &&
              EVP_DecryptUpdate(cipher.get(), nullptr, &n, bytes(context), static_cast<int>(context.size())) == 1 &&
              EVP_DecryptUpdate(cipher.get(), bytes(plain, 0), &n, bytes(*raw, kText), static_cast<int>(plain.size())) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, bytes(*raw, kId + kNonce)) == 1 &&
              EVP_DecryptFinal_ex(cipher.get(), bytes(plain, plain.size()), &n) == 1;
  if (!good) return refused;
  long long seconds = 0;
  auto [end, ec] = std::from_chars(plain.data(), plain.data() + plain.size(), seconds);
  if (ec != std::errc() || *end != ' ' || now > WallTime(std::chrono::seconds(seconds))) return refused;
  return plain.substr(static_cast<std::size_t>(end - plain.data()) + 1);
}

}  // namespace sdk
