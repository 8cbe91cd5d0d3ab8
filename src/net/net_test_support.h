// What the tests of this room share: a loop on its own thread, and plain blocking sockets to talk to it.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <string>
#include <string_view>
#include <thread>

#include "base/loop.h"

namespace net::test {

// A loop that runs on a thread of its own until the end.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop.run(); }) {}
  ~LoopThread() {
    loop.stop();
    thread_.join();
  }
  // Runs `task` there and waits for it here.
  template <class T>
  base::Result<T> run(base::Task<T> task) {
    std::promise<base::Result<T>> done;
    auto* out = &done;
    auto whole = [](base::Task<T> inner, std::promise<base::Result<T>>* result) -> base::Task<void> {
      auto value = co_await std::move(inner).result();
      result->set_value(std::move(value));
    };
    auto shared = std::make_shared<base::Task<T>>(std::move(task));
    loop.post([this, whole, out, shared] { tasks_.spawn(whole(std::move(*shared), out)); });
    return done.get_future().get();
  }
  // Runs `what` there and waits.
  template <class F>
  auto call(F what) {
    std::packaged_task<decltype(what())()> task(std::move(what));
    loop.post([&task] { task(); });
    return task.get_future().get();
  }

  base::Loop loop;

 private:
  base::TaskGroup tasks_;
  std::thread thread_;
};

// A blocking connection to 127.0.0.1. Reads give up after ten seconds.
class Plain {
 public:
  explicit Plain(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) ADD_FAILURE() << "cannot connect";
    limit();
  }
  struct Taken {};
  Plain(Taken, int socket) : socket_(socket) { limit(); }
  Plain(Plain&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  ~Plain() { close(); }

  void send(std::string_view bytes) {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // Reads until what came holds `end`, or the connection ends.
  std::string until(std::string_view end) {
    std::string out;
    char byte = 0;
    while (out.find(end) == out.npos && ::recv(socket_, &byte, 1, 0) == 1) out += byte;
    return out;
  }
  std::string until_close() {
    std::string out;
    char buffer[4096];
    for (ssize_t n; (n = ::recv(socket_, buffer, sizeof buffer, 0)) > 0;) out.append(buffer, static_cast<std::size_t>(n));
    return out;
  }
  // One answer with a Content-Length.
  std::string answer() {
    std::string out = until("\r\n\r\n");
    auto at = out.find("Content-Length: ");
    std::size_t left = at == out.npos ? 0 : std::stoul(out.substr(at + 16));
    for (char byte = 0; left && ::recv(socket_, &byte, 1, 0) == 1; --left) out += byte;
    return out;
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }
  void reset() {
    linger hard{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  int native() const { return socket_; }

 private:
  void limit() {
    timeval ten{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &ten, sizeof ten);
  }
  int socket_;
};

// A blocking listener on a free port of 127.0.0.1.
class Listening {
 public:
  Listening() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(socket_, 16) != 0) ADD_FAILURE();
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
  }
  ~Listening() { ::close(socket_); }
  Plain accept() { return Plain(Plain::Taken{}, ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC)); }
  std::uint16_t port = 0;

 private:
  int socket_;
};

}  // namespace net::test
