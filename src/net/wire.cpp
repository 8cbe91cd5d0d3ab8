#include "net/wire.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>

namespace net {
namespace {

// Drops the first `size` bytes of `parts`.
void cut(Wire::Parts& parts, std::size_t size) {
  for (auto& part : parts) {
    std::size_t here = std::min(size, part.size());
    part.remove_prefix(here);
    size -= here;
  }
}

// Why a certificate was refused, in words that say what to do where it is not plain.
std::string certificate_problem(long verified, const std::string& host) {
  switch (verified) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return "the certificate is not for " + host;
    case X509_V_ERR_CERT_HAS_EXPIRED: return "the certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID: return "the certificate is not valid yet; is a clock wrong?";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return std::string("the certificate is of no authority that is trusted here (") + X509_verify_cert_error_string(verified) +
             "); if it is meant to be, give its PEM file as ca";
    default: return std::string("certificate: ") + X509_verify_cert_error_string(verified);
  }
}

}  // namespace

Wire::Wire(base::Loop& loop, StreamSocket socket) : loop_(loop), socket_(std::move(socket)) {
  if (!socket_.is_open()) return;
  int on = 1;
  // Answers are written whole; waiting for more to send would only delay them. Fails on a Unix socket, which does not wait anyway.
  (void)::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Wire::~Wire() {
  if (armed_ != base::Instant::max()) loop_.timers().cancel(timer_);
}

void Wire::start_read(char* to, std::size_t size) {
  reading_ = true;
  if (!tls_) return read_.start(loop_, socket_, to, size, shared_from_this());
  tls_->async_read_some(asio::buffer(to, size),
                        [self = shared_from_this()](const ErrorCode& error, std::size_t got) { self->read_ended(error, got); });
}

void Wire::read_ended(const ErrorCode& error, std::size_t size) {
  reading_ = false;
  bytes_in_ += size;
  on_read(error, size);
}

Wire::Written Wire::try_write(Parts& parts) {
  if (tls_) return socket_.is_open() ? Written::waits : Written::broken;
  for (;;) {
    std::array<iovec, std::tuple_size_v<Parts>> vectors;
    std::size_t count = 0, total = 0;
    for (const auto& part : parts) {
      if (part.empty()) continue;
      vectors[count++] = {const_cast<char*>(part.data()), part.size()};
      total += part.size();
    }
    if (total == 0) return Written::all;
    if (!socket_.is_open()) return Written::broken;
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? Written::waits : Written::broken;
    }
    bytes_out_ += static_cast<std::size_t>(sent);
    if (static_cast<std::size_t>(sent) == total) return Written::all;
    cut(parts, static_cast<std::size_t>(sent));
  }
}

base::Task<void> Wire::write(Parts parts) {
  auto self = shared_from_this();
  if (tls_) {
    // Together in one record where they fit; a record for each would cost a packet each.
    std::string joined;
    if (std::size_t total = parts[0].size() + parts[1].size() + parts[2].size() + parts[3].size(); total <= 16 * 1024) {
      joined.reserve(total);
      for (auto part : parts) joined.append(part);
      parts = {joined};
    }
    for (auto& part : parts) {
      while (!part.empty()) {
        if (!socket_.is_open()) co_await mcp::fail(base::Code::cancelled, "the connection was closed");
        auto [error, sent] = co_await tls_->async_write_some(asio::buffer(part.data(), part.size()), base::use_task);
        if (error) co_await mcp::fail(base::Code::cancelled, "the connection broke: " + error.message());
        bytes_out_ += sent;
        part.remove_prefix(sent);
      }
    }
    co_return;
  }
  for (;;) {
    Written written = try_write(parts);
    if (written == Written::all) co_return;
    if (written == Written::broken) co_await mcp::fail(base::Code::cancelled, "the connection broke");
    auto [error] = co_await socket_.async_wait(StreamSocket::wait_write, base::use_task);
    if (error) co_await mcp::fail(base::Code::cancelled, "the connection was closed");
  }
}

void Wire::close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

void Wire::shutdown_send() {
  ErrorCode ignored;
  socket_.shutdown(StreamSocket::shutdown_send, ignored);
}

void Wire::arm() {
  if (armed_ != base::Instant::max()) loop_.timers().cancel(timer_);
  armed_ = deadline_;
  timer_ = loop_.timers().add(armed_, [this] { fire(); });
}

void Wire::fire() {
  auto self = shared_from_this();
  armed_ = base::Instant::max();
  if (deadline_ == base::Instant::max()) return;
  if (base::Timers::now() < deadline_) return arm();
  deadline_ = base::Instant::max();
  on_deadline();
}

base::Task<void> Wire::accept_tls(asio::ssl::context* context) {
  auto self = shared_from_this();
  tls_ = std::make_unique<Tls>(socket_, *context);
  auto [error] = co_await tls_->async_handshake(Tls::server, base::use_task);
  if (error) co_await mcp::fail(base::Code::unavailable, "TLS failed: " + error.message());
}

base::Task<void> Wire::start_tls(asio::ssl::context* context, std::string host) {
  auto self = shared_from_this();
  tls_ = std::make_unique<Tls>(socket_, *context);
  // Server names are only for names; an address is verified against the certificate's addresses.
  ErrorCode not_address;
  asio::ip::make_address(host, not_address);
  SSL* ssl = tls_->native_handle();
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = not_address
                       ? SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), 0) == 1
                       : X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
  if (!set) co_await mcp::fail(base::Code::unavailable, "TLS failed: no certificate can be for " + host);
  tls_->set_verify_mode(asio::ssl::verify_peer);
  auto [error] = co_await tls_->async_handshake(Tls::client, base::use_task);
  if (error) {
    std::string why = error.message();
    long verified = SSL_get_verify_result(tls_->native_handle());
    if (verified != X509_V_OK) why = certificate_problem(verified, host);
    co_await mcp::fail(base::Code::unavailable, "TLS failed: " + why);
  }
}

}  // namespace net
