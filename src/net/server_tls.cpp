#include "net/server_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <ctime>
#include <filesystem>
#include <string_view>

namespace net {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

namespace ssl = boost::asio::ssl;

// TLS 1.2; those of 1.3 are all of this kind.
constexpr const char* kSuites = "ECDHE+AESGCM:ECDHE+CHACHA20";
// As ALPN writes it: length and name.
constexpr std::array<unsigned char, 9> kHttp{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// What OpenSSL says of its last error, without the numbers.
std::string reason() {
  const unsigned long code = ::ERR_peek_last_error();
  ::ERR_clear_error();
  const char* text = code == 0 ? nullptr : ::ERR_reason_error_string(code);
  return text ? text : "it cannot be read";
}

Error wrong(const std::string& file, const std::string& what) {
  std::error_code ec;
  if (!std::filesystem::exists(file, ec)) return Error(Code::invalid_argument, file + " is not there");
  return Error(Code::invalid_argument, file + ": " + what);
}

// A client that offers only protocols that are not spoken here is told so; one that offers none is served.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered, unsigned int length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, kHttp.data(), kHttp.size(), offered, length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

ServerTls::Time end_of(const X509* certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), bytes.data(), &size) != 1) return {};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += kHex[bytes[i] >> 4U];
    out += kHex[bytes[i] & 0xFU];
  }
  return out;
}

}  // namespace

Result<std::shared_ptr<const ServerTls>> ServerTls::load(const std::string& certificate_file, const std::string& key_file) {
  ::ERR_clear_error();
  std::shared_ptr<ServerTls> out(new ServerTls());
  out->context_ = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* raw = out->context_->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  // A key with a passphrase is refused, not asked for at the terminal.
  SSL_CTX_set_default_passwd_cb(raw, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_set_cipher_list(raw, kSuites) != 1) return Error(Code::internal, "TLS: " + reason());
  if (SSL_CTX_use_certificate_chain_file(raw, certificate_file.c_str()) != 1)
    return wrong(certificate_file, "no certificate in PEM (" + reason() + ")");
  if (SSL_CTX_use_PrivateKey_file(raw, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return wrong(key_file, "no private key in PEM without a passphrase that fits the certificate (" + reason() + ")");
  if (SSL_CTX_check_private_key(raw) != 1) return wrong(key_file, "the key is of another certificate than " + certificate_file);
  const X509* certificate = SSL_CTX_get0_certificate(raw);
  out->expires_ = end_of(certificate);
  out->fingerprint_ = fingerprint_of(certificate);
  return std::shared_ptr<const ServerTls>(std::move(out));
}

}  // namespace net
