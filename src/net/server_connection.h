// One connection of an HttpServer: reads requests, runs the handler, writes answers.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "net/http_codec.h"
#include "net/http_server.h"
#include "net/wire.h"

namespace net {

// Two buffers: `here_` holds the request that is being served (its head's views point there), `ahead_` takes what comes while the
// handler runs. That read is how the end of the client is noticed, and becomes the next request's first read. Bytes that a
// client sends ahead are kept, at most one buffer of them, and nothing more is read until the handler has ended (so the end of
// a client that sends ahead is not noticed).
// Owns: itself, by the frame of run(). Threads: the server's loop.
class ServerConnection final : public Wire {
 public:
  ServerConnection(HttpServer& server, StreamSocket socket);
  ~ServerConnection() override;

  // The connection's whole life. `self` keeps it.
  static Task<void> run(std::shared_ptr<ServerConnection> self);

  // The server stops: an idle connection closes, a stream is asked to end, a running request may end.
  void retire();
  // The grace is over.
  void cut_off();

  ServerConnection* next = nullptr;
  ServerConnection* previous = nullptr;

 private:
  friend class HttpExchange;
  // What a read goes into. It begins small, as most connections wait most of the time, and grows with what comes.
  struct Buffer {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
    char* data() const { return bytes.get(); }
    // Makes it at least this large; keeps its first `keep` bytes.
    void grow(std::size_t to, std::size_t keep);
  };
  enum class Phase { idle, reading, handling, writing, draining };
  enum class Answer { none, whole, stream, ended };
  enum class Target { here, ahead, body };

  void on_read(ErrorCode error, std::size_t size) override;
  void on_deadline() override;

  // The next request's head, in here_. False: the connection is to be closed. A refusal is in refusal_.
  Task<bool> read_head();
  bool take_head(std::size_t size);
  bool turn_away();
  // The body that the head announced. False: as above.
  Task<bool> read_body();
  Task<bool> read_length(std::size_t length);
  Task<bool> read_chunked();
  Task<bool> more(Target target, char* to, std::size_t size);
  Task<void> handle();
  Task<void> refuse();
  // Counts the bytes of the body that this connection has in memory. False: that is too much.
  bool hold(std::uint64_t bytes);
  void next_request();
  void lose_client();
  void body_deadline(std::size_t received);
  bool append_body(std::string_view bytes);

  // TLS, where the server wants it. False: the connection is to be closed.
  Task<bool> shake_hands();
  // As send_rest, through TLS.
  Task<void> send_tls(Parts parts);
  // Writes the head of an answer to out_.
  Result<> start_answer(int status, std::span<const HttpHeader> headers, std::string_view length_line);
  Task<void> send(Parts parts);
  Task<void> send_rest(Parts parts);
  Task<void> failed(Error error);

  HttpServer& server_;
  std::shared_ptr<const ServerTls> secure_;
  HttpExchange exchange_;
  HttpRequest request_;
  RequestHead head_;
  HeadScanner scanner_;
  Buffer here_, ahead_;
  std::size_t have_ = 0;        // bytes in here_
  std::size_t used_ = 0;        // of them, the request's own
  std::size_t have_ahead_ = 0;  // bytes in ahead_
  std::size_t usual_ = 0;       // of the last request with a body, head and body
  std::string out_;
  std::string piece_;
  std::string peer_;
  std::uint16_t peer_port_ = 0;
  base::Signal progress_;
  std::stop_source stop_;
  Refusal refusal_;
  bool turned_away_ = false;  // the refusal is the server's options' own
  std::uint64_t held_ = 0;
  Instant body_start_;
  Phase phase_ = Phase::idle;
  Answer answer_ = Answer::none;
  Target target_ = Target::here;
  std::size_t arrived_ = 0;  // size of the last read with Target::body
  bool keep_ = true;         // the connection serves another request after this one
  bool ended_ = false;       // the client sends no more
  bool timed_out_ = false;
  bool endless_ = false;  // the answer is a stream that only the client or the server's stop ends
  bool retiring_ = false;
};

}  // namespace net
