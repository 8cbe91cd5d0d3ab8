#include "net/http_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>

#include "net/server_connection.h"

namespace net {
namespace {

constexpr int kBacklog = 1024;
constexpr Millis kAcceptPause{100};  // when there are no descriptors left

using asio::generic::stream_protocol;

Error system_error(const std::string& what) {
  int number = errno;
  Code code = number == EADDRINUSE ? Code::conflict : number == EACCES || number == EPERM ? Code::denied : Code::unavailable;
  std::string text = what + ": " + (number == EADDRINUSE ? "another process listens there" : std::strerror(number));
  return Error(code, std::move(text));
}

}  // namespace

struct HttpServer::Listener {
  asio::basic_socket_acceptor<stream_protocol, base::Executor> acceptor;
  std::string path;  // of a Unix socket, removed in the end
};

HttpServer::HttpServer(Loop& loop, HttpServerOptions options, HttpHandler handler)
    : loop_(loop), options_(options), handler_(std::move(handler)) {}

HttpServer::~HttpServer() {
  for (auto& listener : listeners_)
    if (!listener->path.empty()) ::unlink(listener->path.c_str());
}

Result<> HttpServer::add_listener(int socket, std::string path) {
  auto listener =
      std::make_unique<Listener>(asio::basic_socket_acceptor<stream_protocol, base::Executor>(loop_.executor()), std::move(path));
  ErrorCode error;
  int family = AF_INET;
  socklen_t size = sizeof family;
  ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
  listener->acceptor.assign(stream_protocol(family, 0), socket, error);
  if (error) {
    ::close(socket);
    return Error(Code::unavailable, "cannot listen: " + error.message());
  }
  listeners_.push_back(std::move(listener));
  tasks_.spawn(accept(listeners_.back().get()));
  return {};
}

Result<> HttpServer::listen(const std::string& address, std::uint16_t port) {
  ErrorCode error;
  auto ip = asio::ip::make_address(address, error);
  if (error) return Error(Code::invalid_argument, "'" + address + "' is not an IP address");
  asio::ip::tcp::endpoint endpoint(ip, port);
  std::string where = "cannot listen on " + (ip.is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(port);
  int socket = ::socket(ip.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return system_error(where);
  int on = 1;
  // Lets a restart take the port back while old connections linger; does not let two processes listen.
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (ip.is_v6()) ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(socket, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 || ::listen(socket, kBacklog) != 0) {
    Error failed = system_error(where);
    ::close(socket);
    return failed;
  }
  socklen_t size = static_cast<socklen_t>(endpoint.capacity());
  ::getsockname(socket, endpoint.data(), &size);
  if (auto added = add_listener(socket, {}); !added) return added;
  if (port_ == 0) port_ = endpoint.port();
  return {};
}

Result<> HttpServer::listen_unix(const std::string& path) {
  std::string where = "cannot listen on " + path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return Error(Code::invalid_argument, where + ": the path is empty or too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  auto* raw = reinterpret_cast<const sockaddr*>(&address);

  struct stat found{};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode)) return Error(Code::conflict, where + ": something else has this name");
    int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool dead = probe >= 0 && ::connect(probe, raw, sizeof address) != 0 && errno == ECONNREFUSED;
    if (probe >= 0) ::close(probe);
    if (!dead) return Error(Code::conflict, where + ": another process listens there");
    ::unlink(path.c_str());
  }
  int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return system_error(where);
  // The mode of the socket before bind() is the mode of the file, from its first moment on.
  if (::fchmod(socket, 0600) != 0 || ::bind(socket, raw, sizeof address) != 0 || ::listen(socket, kBacklog) != 0) {
    Error failed = system_error(where);
    ::close(socket);
    return failed;
  }
  return add_listener(socket, path);
}

std::uint16_t HttpServer::port() const { return port_; }

void HttpServer::share_with(HttpServer& peer) { peers_.push_back(&peer); }

void HttpServer::adopt(int socket) {
  loop_.post([this, socket] { serve(socket); });
}

Task<void> HttpServer::accept(Listener* listener) {
  for (;;) {
    auto [error] = co_await listener->acceptor.async_wait(asio::socket_base::wait_read, base::use_task);
    if (stopping_ || error) co_return;
    for (;;) {
      int socket = ::accept4(listener->acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (socket < 0) break;
      std::size_t place = turn_++ % (peers_.size() + 1);
      if (place == 0)
        serve(socket);
      else
        peers_[place - 1]->adopt(socket);
    }
    // A client that went before it was accepted is nothing; without descriptors, only waiting helps.
    bool short_of = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (short_of) co_await loop_.timers().sleep(kAcceptPause, tasks_.stop_token());
    if (stopping_) co_return;
  }
}

void HttpServer::serve(int socket) {
  static constexpr std::string_view kFull =
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
  bool full = counters_.connections >= options_.max_connections;
  if (stopping_ || full) {
    if (full) ++counters_.turned_away;
    if (full) (void)!::send(socket, kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(socket, SHUT_WR);
    ::close(socket);
    return;
  }
  int family = AF_INET;
  socklen_t size = sizeof family;
  ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
  StreamSocket stream(loop_.executor());
  ErrorCode error;
  stream.assign(stream_protocol(family, 0), socket, error);
  if (error) {
    ::close(socket);
    return;
  }
  tasks_.spawn(ServerConnection::run(std::make_shared<ServerConnection>(*this, std::move(stream))));
}

Task<void> HttpServer::stop(Millis grace) {
  stopping_ = true;
  tasks_.stop();
  for (auto& listener : listeners_) {
    ErrorCode ignored;
    listener->acceptor.close(ignored);
    if (!listener->path.empty()) ::unlink(std::exchange(listener->path, {}).c_str());
  }
  auto each = [this](auto what) {
    // Both may end connections at once, so the list is copied first.
    std::vector<std::shared_ptr<ServerConnection>> open;
    for (auto* c = first_; c; c = c->next) open.push_back(std::static_pointer_cast<ServerConnection>(c->shared_from_this()));
    for (auto& c : open) what(*c);
  };
  each([](ServerConnection& c) { c.retire(); });
  base::Deadline deadline(loop_.timers(), base::Timers::now() + grace, [each] { each([](ServerConnection& c) { c.cut_off(); }); });
  co_await tasks_.join();
}

}  // namespace net
