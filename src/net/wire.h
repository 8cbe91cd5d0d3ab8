// One connection's bytes: a TCP or Unix socket, with TLS over it or not, and one deadline.
#pragma once

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "net/socket_read.h"

namespace net {

namespace asio = base::asio;
using base::ErrorCode;

// The reading, writing and waiting of a connection. A derived class says what is done with what arrives.
// Reads are callbacks, not awaits, so that one can stay open while something else is awaited; each keeps this alive until it
// ends. Writes go to the kernel at once, and wait only when it is full.
// Threads: one loop only.
class Wire : public std::enable_shared_from_this<Wire>, private SocketRead::Sink {
 public:
  // What is written in one go, without being copied together.
  using Parts = std::array<std::string_view, 4>;
  enum class Written { all, waits, broken };

  Wire(base::Loop& loop, StreamSocket socket);
  virtual ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Reads at least one byte into `to`, which must stay in place until on_read(). One read at a time.
  void start_read(char* to, std::size_t size);
  bool reading() const { return reading_; }
  // The open read has ended, and on_read() is yet to come.
  bool has_landed() const { return read_.has_landed(); }

  // Hands as much of `parts` to the kernel as it takes now, and cuts that off them.
  Written try_write(Parts& parts);
  // The same, until all is written. Errors: cancelled (the connection is broken or was closed).
  base::Task<void> write(Parts parts);

  // Closes the socket; a read that is under way ends with an error, later.
  void close();
  bool has_tls() const { return tls_ != nullptr; }
  bool is_open() const { return socket_.is_open(); }
  // No more bytes will be sent.
  void shutdown_send();

  // on_deadline() is called at `when` (max: never), once, unless another deadline is set before. Cheap to call often: the timer
  // behind it is touched only when the deadline comes nearer than it was set for.
  void set_deadline(base::Instant when) {
    deadline_ = when;
    if (when < armed_) arm();
  }

  StreamSocket& socket() { return socket_; }
  base::Loop& loop() { return loop_; }
  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }

  // Puts TLS over the socket. Errors: unavailable, with the reason.
  base::Task<void> start_tls(asio::ssl::context* context, std::string host);
  // The same as the side that is connected to. The context lives as long as this. Errors: unavailable.
  base::Task<void> accept_tls(asio::ssl::context* context);

 protected:
  // What the last start_read() got: bytes, or an error (asio::error::eof at the end). The last call of it after close().
  virtual void on_read(ErrorCode error, std::size_t size) = 0;
  virtual void on_deadline() = 0;

 private:
  using Tls = asio::ssl::stream<StreamSocket&>;
  void read_ended(const ErrorCode& error, std::size_t size) final;
  void arm();
  void fire();

  base::Loop& loop_;
  StreamSocket socket_;
  std::unique_ptr<Tls> tls_;
  base::Instant deadline_ = base::Instant::max();
  base::Instant armed_ = base::Instant::max();
  base::Timers::Id timer_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  SocketRead read_{*this};
  bool reading_ = false;
};

}  // namespace net
