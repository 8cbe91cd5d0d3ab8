// A read of a socket that knows when it has taken all that there is.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/detail/reactor.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <memory>

#include "base/loop.h"

namespace net {

using StreamSocket = base::asio::basic_stream_socket<base::asio::generic::stream_protocol, base::Executor>;

// One read at a time, made again and again without allocating. Where Asio's own read tries the socket before it waits, and after a read
// that took everything learns only that nothing is there, this one asks the kernel with each read how much is left (TCP_INQ; it counts
// the end of the stream as something), and waits at once when that is nothing. Two system calls less in each call through a gateway.
// It is an operation of Asio's reactor, which is no public interface: the check on Boost's version in the other file says what to look at.
// Threads: one loop only.
class SocketRead final : private base::asio::detail::reactor_op {
 public:
  // Takes what a read got: bytes, or an error (asio::error::eof at the end).
  class Sink {
   public:
    virtual void read_ended(const base::ErrorCode& error, std::size_t size) = 0;

   protected:
    ~Sink() = default;
  };

  explicit SocketRead(Sink& sink) : reactor_op({}, &SocketRead::perform_read, &SocketRead::complete_read), sink_(sink) {}

  // Reads at least one byte into `to`, which must stay in place until the sink hears of it. `keep` is held as long.
  void start(base::Loop& loop, StreamSocket& socket, char* to, std::size_t size, std::shared_ptr<void> keep);
  // It has ended, and the sink has not heard of it yet.
  bool has_landed() const { return landed_; }

 private:
  enum class Tells { no, yes };

  static status perform_read(reactor_op* base);
  static void complete_read(void* owner, base::asio::detail::operation* base, const base::ErrorCode& error, std::size_t size);
  status read();
  bool has_failed();

  Sink& sink_;
  base::asio::detail::reactor* reactor_ = nullptr;
  std::shared_ptr<void> keep_;
  char* to_ = nullptr;
  std::size_t size_ = 0;
  int descriptor_ = -1;
  Tells tells_ = Tells::no;  // the kernel says how much is left
  bool landed_ = false;
  bool exhausted_ = false;  // the last read took all there was, and no event is due for it
};

}  // namespace net
