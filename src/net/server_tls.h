// The certificate of a server that speaks TLS.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "mcp/result.h"

namespace boost::asio::ssl {
class context;
}

namespace net {

// A certificate chain with its private key, and how TLS is spoken with them: 1.2 and 1.3, only suites with forward secrecy and
// authenticated encryption, ALPN http/1.1, no renegotiation, no compression. Immutable; a connection keeps the one it began with. Threads:
// any.
class ServerTls {
 public:
  using Time = std::chrono::system_clock::time_point;

  // Reads PEM files: the certificate with the chain behind it, and its private key without a passphrase.
  // Errors: invalid_argument, naming the file and what is wrong with it; never what is in a key.
  static mcp::Result<std::shared_ptr<const ServerTls>> load(const std::string& certificate_file, const std::string& key_file);

  // When the certificate ends.
  Time expires() const { return expires_; }
  // What it is for, in hex, for telling two apart.
  const std::string& fingerprint() const { return fingerprint_; }
  boost::asio::ssl::context& context() const { return *context_; }

 private:
  ServerTls() = default;

  std::shared_ptr<boost::asio::ssl::context> context_;
  Time expires_{};
  std::string fingerprint_;
};

}  // namespace net
