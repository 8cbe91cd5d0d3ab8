#include "net/socket_read.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/version.hpp>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace net {

namespace asio = base::asio;

// reactor_op's constructor and status, epoll_reactor::start_op, and basic_socket's impl_: if they are as they were, raise the number.
static_assert(BOOST_VERSION / 100 == 1081, "look at what this file uses of Boost.Asio's inside");

namespace {

// The part of a socket that the reactor knows it by.
struct Inside : StreamSocket {
  static auto& of(StreamSocket& socket) { return (socket.*(&Inside::impl_)).get_implementation(); }
};

}  // namespace

void SocketRead::start(base::Loop& loop, StreamSocket& socket, char* to, std::size_t size, std::shared_ptr<void> keep) {
  to_ = to;
  size_ = size;
  keep_ = std::move(keep);
  landed_ = false;
  ec_ = {};
  bytes_transferred_ = 0;
  auto& inside = Inside::of(socket);
  descriptor_ = inside.socket_;
  if (!reactor_) {
    reactor_ = &asio::use_service<asio::detail::reactor>(loop.io());
    const int on = 1;
    tells_ = ::setsockopt(descriptor_, IPPROTO_TCP, TCP_INQ, &on, sizeof on) == 0 ? Tells::yes : Tells::no;
  }
  // A reset that came with the last bytes raised no event of its own, and TCP_INQ counts only an orderly end.
  if (std::exchange(exhausted_, false) && has_failed()) {
    landed_ = true;
    loop.post([this, keep = keep_] { complete_read(this, this, {}, 0); });
    return;
  }
  reactor_->start_op(asio::detail::reactor::read_op, descriptor_, inside.reactor_data_, this, false, true);
}

bool SocketRead::has_failed() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error == 0) return false;
  ec_ = base::ErrorCode(error, asio::error::get_system_category());
  return true;
}

SocketRead::status SocketRead::perform_read(reactor_op* base) { return static_cast<SocketRead*>(base)->read(); }

SocketRead::status SocketRead::read() {
  iovec part{to_, size_};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (tells_ == Tells::yes) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  ssize_t got = 0;
  do got = ::recvmsg(descriptor_, &message, MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return not_done;
    ec_ = base::ErrorCode(errno, asio::error::get_system_category());
    landed_ = true;
    return done;
  }
  landed_ = true;
  if (got == 0) {
    ec_ = asio::error::eof;
    return done;
  }
  bytes_transferred_ = static_cast<std::size_t>(got);
  const cmsghdr* said = tells_ == Tells::yes ? CMSG_FIRSTHDR(&message) : nullptr;
  if (!said || said->cmsg_level != SOL_TCP || said->cmsg_type != TCP_CM_INQ) return done;
  int left = 0;
  std::memcpy(&left, CMSG_DATA(said), sizeof left);
  exhausted_ = left == 0;
  return exhausted_ ? done_and_exhausted : done;
}

void SocketRead::complete_read(void* owner, asio::detail::operation* base, const base::ErrorCode&, std::size_t) {
  auto* self = static_cast<SocketRead*>(base);
  std::shared_ptr<void> keep = std::move(self->keep_);
  self->landed_ = false;
  if (owner) self->sink_.read_ended(self->ec_, self->bytes_transferred_);
}

}  // namespace net
