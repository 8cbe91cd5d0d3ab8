#include "net/server_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "net/server_tls.h"

namespace net {
namespace {

constexpr std::size_t kKeptBody = 64 * 1024;  // a body buffer larger than this is given back after its request
constexpr Millis kDrainTime{1000};
constexpr std::size_t kDrainBytes = 1024 * 1024;
// Of a read buffer at first: a usual head, with a small body behind it. A stream that stays open keeps it.
constexpr std::size_t kFirstBuffer = 1024;
// Up to here it grows for the connection's next request when one before did not fit, so that head and body come in one read.
constexpr std::size_t kUsualBuffer = 8 * 1024;
// Of the one for what comes while the handler runs, which is nothing for as long as a stream is open. It grows when it has something to
// take.
constexpr std::size_t kFirstAhead = 128;

// Bytes of an answer that wait for the client. Not a part of what decides on the body, which may be gone by now.
struct Waiting {
  std::uint64_t& held;
  std::uint64_t size = 0;
  Waiting(std::uint64_t& h, const Wire::Parts& parts) : held(h) {
    for (std::string_view part : parts) size += part.size();
    held += size;
  }
  ~Waiting() { held -= size; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
};

}  // namespace

ServerConnection::ServerConnection(HttpServer& server, StreamSocket socket)
    : Wire(server.loop_, std::move(socket)), server_(server), exchange_(*this) {
  here_.grow(std::min(kFirstBuffer, server.options_.max_head), 0);
  next = server.first_;
  if (next) next->previous = this;
  server.first_ = this;
  ++server.counters_.connections;
  ++server.counters_.accepted;

  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  char text[INET6_ADDRSTRLEN] = "";
  if (::getpeername(this->socket().native_handle(), reinterpret_cast<sockaddr*>(&peer), &size) != 0) return;
  if (peer.ss_family == AF_INET) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(peer);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    peer_port_ = ntohs(v4.sin_port);
  } else if (peer.ss_family == AF_INET6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(peer);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    peer_port_ = ntohs(v6.sin6_port);
  }
  peer_ = text;
}

ServerConnection::~ServerConnection() = default;

void ServerConnection::Buffer::grow(std::size_t to, std::size_t keep) {
  if (to <= size) return;
  std::unique_ptr<char[]> larger(new char[to]);
  if (keep > 0) std::memcpy(larger.get(), bytes.get(), keep);
  bytes = std::move(larger);
  size = to;
}

Task<void> ServerConnection::run(std::shared_ptr<ServerConnection> self) {
  bool open = co_await self->shake_hands();
  while (open) {
    bool whole = co_await self->read_head();
    if (whole && self->head_.framing != Framing::none) whole = co_await self->read_body();
    if (!whole) {
      if (self->refusal_) (void)co_await self->refuse().result();
      break;
    }
    co_await self->handle();
    if (!self->keep_ || self->ended_) break;
    self->next_request();
  }
  self->phase_ = Phase::draining;
  self->set_deadline(Instant::max());
  self->close();
  (void)self->hold(0);
  // The last read ends because of the close; only then may the buffers go.
  while (self->reading()) co_await self->progress_.wait();
  HttpServer& server = self->server_;
  server.counters_.bytes_in += self->bytes_in();
  server.counters_.bytes_out += self->bytes_out();
  --server.counters_.connections;
  if (self->previous)
    self->previous->next = self->next;
  else
    server.first_ = self->next;
  if (self->next) self->next->previous = self->previous;
}

Task<bool> ServerConnection::shake_hands() {
  if (peer_.empty() || !server_.tls_) co_return true;
  secure_ = server_.tls_;
  phase_ = Phase::idle;
  set_deadline(base::Timers::now() + server_.options_.head_time);
  Result<> done = co_await accept_tls(&secure_->context()).result();
  if (!done) ++server_.counters_.handshakes_failed;
  co_return done.ok() && !ended_ && !retiring_;
}

void ServerConnection::on_read(ErrorCode error, std::size_t size) {
  switch (target_) {
    case Target::here: have_ += size; break;
    case Target::ahead: have_ahead_ += size; break;
    case Target::body: arrived_ = size; break;
  }
  if (error) ended_ = true;
  if (phase_ == Phase::handling || phase_ == Phase::writing) {
    if (error) lose_client();  // may end this connection's handler, and the connection; nothing may follow
    return;
  }
  progress_.raise();
}

void ServerConnection::on_deadline() {
  switch (phase_) {
    case Phase::idle:
    case Phase::draining:
      ended_ = true;
      close();
      return;
    case Phase::reading:
      timed_out_ = true;
      progress_.raise();
      return;
    case Phase::handling: return;
    case Phase::writing:
      ended_ = true;
      close();
      lose_client();
      return;
  }
}

void ServerConnection::lose_client() {
  std::stop_source stop = stop_;  // a callback may end the connection, and with it its own copy
  stop.request_stop();
}

Task<bool> ServerConnection::read_head() {
  const HttpServerOptions& options = server_.options_;
  if (have_ == 0 && !reading() && usual_ > here_.size) here_.grow(std::min({usual_, kUsualBuffer, options.max_head}), 0);
  phase_ = have_ ? Phase::reading : Phase::idle;
  set_deadline(base::Timers::now() + (have_ ? options.head_time : options.idle_time));
  for (;;) {
    std::size_t size = scanner_.find({here_.data(), have_});
    if (size == HeadScanner::kBad) {
      refusal_ = {400, "a line that does not end in CRLF, or is empty"};
      co_return false;
    }
    if (size != HeadScanner::kMore) co_return take_head(size);
    if (have_ >= options.max_head) {
      refusal_ = {431, "the head is too large"};
      co_return false;
    }
    if (have_ == here_.size) here_.grow(std::min(std::max(here_.size * 2, kFirstBuffer), options.max_head), have_);
    if (have_ && phase_ == Phase::idle) {
      phase_ = Phase::reading;
      set_deadline(base::Timers::now() + options.head_time);
    }
    if (retiring_ && !have_) co_return false;
    target_ = Target::here;
    if (!reading()) start_read(here_.data() + have_, here_.size - have_);
    co_await progress_.wait();
    if (timed_out_) {
      refusal_ = {408, "the head did not come in time"};
      co_return false;
    }
    if (ended_) co_return false;
  }
}

bool ServerConnection::take_head(std::size_t size) {
  used_ = size;
  refusal_ = parse_request_head({here_.data(), size}, server_.options_.max_headers, head_, request_.headers);
  if (refusal_) return false;
  if (head_.framing == Framing::length && head_.length > server_.options_.max_body) {
    refusal_ = {413, "the body is too large"};
    return false;
  }
  request_.method = head_.method;
  request_.target = head_.target;
  auto query = head_.target.find('?');
  request_.path = head_.target.substr(0, query);
  request_.query = query == head_.target.npos ? std::string_view() : head_.target.substr(query + 1);
  request_.keep_alive = head_.keep_alive;
  request_.peer_address = peer_;
  request_.peer_port = peer_port_;
  if (server_.options_.doorman && !server_.options_.doorman(request_)) return turn_away();
  if (head_.framing == Framing::length && server_.counters_.held + head_.length > server_.options_.max_held) return turn_away();
  return true;
}

bool ServerConnection::turn_away() {
  turned_away_ = true;
  refusal_ = {server_.options_.turned_away.status, server_.options_.turned_away.body};
  return false;
}

bool ServerConnection::hold(std::uint64_t bytes) {
  std::uint64_t& all = server_.counters_.held;
  all = all - held_ + bytes;
  held_ = bytes;
  return bytes == 0 || all <= server_.options_.max_held || turn_away();
}

void ServerConnection::body_deadline(std::size_t received) {
  auto earned = std::chrono::milliseconds(1000 * received / std::max<std::size_t>(1, server_.options_.body_rate));
  set_deadline(body_start_ + server_.options_.body_time + earned);
}

// Waits for one read; false when the connection is to be closed.
Task<bool> ServerConnection::more(Target target, char* to, std::size_t size) {
  target_ = target;
  start_read(to, size);
  // The deadline wakes this too, and then the read stays open until the connection closes.
  co_await progress_.wait();
  if (timed_out_) {
    refusal_ = {408, "the body did not come in time"};
    co_return false;
  }
  co_return !ended_;
}

Task<bool> ServerConnection::read_body() {
  phase_ = Phase::reading;
  bool there = head_.framing == Framing::length && have_ - used_ >= head_.length;
  if (!there) {
    body_start_ = base::Timers::now();
    body_deadline(0);
    if (head_.expects_continue && have_ == used_) co_await write(Parts{"HTTP/1.1 100 Continue\r\n\r\n"});
  }
  if (head_.framing == Framing::chunked) co_return co_await read_chunked();
  auto length = static_cast<std::size_t>(head_.length);
  usual_ = used_ + length;
  if (!there) co_return co_await read_length(length);
  request_.body.reserve(length + kBodyPadding);
  request_.body.assign(here_.data() + used_, length);
  used_ += length;
  co_return true;
}

Task<bool> ServerConnection::read_length(std::size_t length) {
  std::string& body = request_.body;
  body.assign(here_.data() + used_, have_ - used_);
  used_ = have_;
  if (!hold(body.size())) co_return false;
  while (body.size() < length) {
    // The buffer grows with what has come, not with what was promised.
    std::size_t had = body.size();
    std::size_t room = std::min(length, std::max<std::size_t>(64 * 1024, had * 2));
    body.reserve(room + kBodyPadding);
    body.resize_and_overwrite(room, [](char*, std::size_t n) { return n; });
    bool came = co_await more(Target::body, body.data() + had, room - had);
    if (!came) co_return false;
    body.resize(had + arrived_);
    if (!hold(body.size())) co_return false;
    body_deadline(body.size());
  }
  co_return true;
}

bool ServerConnection::append_body(std::string_view bytes) {
  std::string& body = request_.body;
  if (body.size() + bytes.size() > server_.options_.max_body) {
    refusal_ = {413, "the body is too large"};
    return false;
  }
  std::size_t needed = body.size() + bytes.size() + kBodyPadding;
  if (needed > body.capacity()) body.reserve(std::max(needed, body.capacity() * 2));
  body.append(bytes);
  return hold(body.size());
}

Task<bool> ServerConnection::read_chunked() {
  ChunkDecoder decoder;
  request_.body.clear();
  std::size_t received = 0;
  const std::size_t room = server_.options_.max_head;
  std::string_view in(here_.data() + used_, have_ - used_);
  bool ahead = false;
  for (;;) {
    auto step = decoder.next(in);
    in.remove_prefix(step.consumed);
    if (step.status == ChunkDecoder::Status::data) {
      if (!append_body(step.data)) co_return false;
    } else if (step.status == ChunkDecoder::Status::bad) {
      refusal_ = {400, "the chunks are malformed"};
      co_return false;
    } else if (step.status == ChunkDecoder::Status::end) {
      break;
    } else {
      // From here on the bytes come into the other buffer; the head stays where it is.
      used_ = have_;
      ahead = true;
      ahead_.grow(room, 0);
      have_ahead_ = 0;
      bool came = co_await more(Target::ahead, ahead_.data(), ahead_.size);
      if (!came) co_return false;
      received += have_ahead_;
      body_deadline(received);
      in = {ahead_.data(), have_ahead_};
    }
  }
  if (ahead) {
    std::memmove(ahead_.data(), in.data(), in.size());
    have_ahead_ = in.size();
  } else {
    used_ = have_ - in.size();
  }
  co_return true;
}

Task<void> ServerConnection::handle() {
  phase_ = Phase::handling;
  set_deadline(Instant::max());
  ++server_.counters_.requests;
  if (head_.framing == Framing::none) {
    request_.body.clear();
    if (request_.body.capacity() < kBodyPadding) request_.body.reserve(kBodyPadding);
  }
  answer_ = Answer::none;
  endless_ = false;
  keep_ = head_.keep_alive && !retiring_;
  if (used_ == have_ && have_ahead_ == 0) {
    const std::size_t room = usual_ > kFirstBuffer ? std::min(usual_, kUsualBuffer) : kFirstAhead;
    ahead_.grow(std::min(room, server_.options_.max_head), 0);
    target_ = Target::ahead;
    start_read(ahead_.data(), ahead_.size);
  }
  {
    Task<void> work = server_.handler_(exchange_);
    Result<> outcome = co_await std::move(work).result();
    (void)outcome;  // the handler's errors are the handler's to report; the client sees 500 below
  }
  if (answer_ == Answer::none) {
    auto answer = exchange_.respond(500, {{"Content-Type", "text/plain"}}, "500 Internal Server Error\n");
    (void)co_await std::move(answer).result();
  }
  if (answer_ == Answer::stream) {
    --server_.counters_.streams;
    keep_ = false;
  }
}

void ServerConnection::next_request() {
  if (have_ > used_) {
    std::memmove(here_.data(), here_.data() + used_, have_ - used_);
    have_ -= used_;
  } else {
    std::swap(here_, ahead_);  // an open read goes with its buffer
    have_ = std::exchange(have_ahead_, 0);
  }
  used_ = 0;
  target_ = Target::here;
  scanner_.reset();
  (void)hold(0);
  if (request_.body.capacity() > kKeptBody) std::string().swap(request_.body);
  if (piece_.capacity() > kKeptBody) std::string().swap(piece_);
}

// Answers what could not become a request, then reads on for a moment: closing on unread bytes would reset the connection, and
// the client might never see the answer.
Task<void> ServerConnection::refuse() {
  const TurnedAway& full = server_.options_.turned_away;
  std::string().swap(request_.body);
  (void)hold(0);
  ++(turned_away_ ? server_.counters_.turned_away : server_.counters_.refused);
  keep_ = false;
  phase_ = Phase::writing;
  set_deadline(base::Timers::now() + server_.options_.write_time);
  std::string body(refusal_.reason);
  if (!turned_away_) body += '\n';
  out_.assign("HTTP/1.1 ");
  append_number(out_, static_cast<std::uint64_t>(refusal_.status));
  out_.append(" ").append(reason_phrase(refusal_.status)).append("\r\nDate: ").append(http_date());
  out_.append("\r\nConnection: close\r\nContent-Type: ").append(turned_away_ ? full.type : "text/plain");
  if (turned_away_) {
    out_.append("\r\nRetry-After: ");
    append_number(out_, full.retry_after);
  }
  out_.append("\r\nContent-Length: ");
  append_number(out_, body.size());
  out_.append("\r\n\r\n");
  co_await write(Parts{out_, body});
  shutdown_send();
  if (timed_out_ || ended_) co_return;
  phase_ = Phase::draining;
  set_deadline(base::Timers::now() + kDrainTime);
  ahead_.grow(std::min(kFirstBuffer, server_.options_.max_head), 0);
  for (std::size_t drained = 0; drained < kDrainBytes && !ended_;) {
    target_ = Target::body;
    if (!reading()) start_read(ahead_.data(), ahead_.size);
    co_await progress_.wait();
    drained += arrived_;
  }
}

void ServerConnection::retire() {
  retiring_ = true;
  keep_ = false;
  if (endless_ && phase_ != Phase::idle) return lose_client();
  // What is still coming in gets a moment.
  if (phase_ == Phase::reading) set_deadline(base::Timers::now() + kDrainTime);
  if (phase_ == Phase::idle) {
    ended_ = true;
    close();
  }
}

void ServerConnection::cut_off() {
  ended_ = true;
  keep_ = false;
  close();
  lose_client();
}

Result<> ServerConnection::start_answer(int status, std::span<const HttpHeader> headers, std::string_view length_line) {
  if (answer_ != Answer::none) return Error(Code::internal, "the request was answered before");
  out_.assign("HTTP/1.1 ");
  append_number(out_, static_cast<std::uint64_t>(status));
  out_.append(" ").append(reason_phrase(status)).append("\r\n");
  if (auto fine = append_headers(out_, headers); !fine) return fine;
  out_.append("Date: ").append(http_date()).append("\r\n").append(length_line);
  if (!keep_ || retiring_)
    out_.append("Connection: close\r\n");
  else if (head_.minor_version == 0)
    out_.append("Connection: keep-alive\r\n");
  out_.append("\r\n");
  return {};
}

Task<void> ServerConnection::failed(Error error) { co_await Result<>(std::move(error)); }

Task<void> ServerConnection::send_rest(Parts parts) {
  phase_ = Phase::writing;
  Waiting waiting(server_.counters_.held, parts);
  // The deadline moves whenever the kernel took something.
  for (;;) {
    set_deadline(base::Timers::now() + server_.options_.write_time);
    Written written = try_write(parts);
    if (written == Written::all) break;
    if (written == Written::broken) {
      ended_ = true;
      co_await mcp::fail(Code::cancelled, "the client has gone");
    }
    auto [error] = co_await socket().async_wait(StreamSocket::wait_write, base::use_task);
    if (error) {
      ended_ = true;
      co_await mcp::fail(Code::cancelled, "the client took nothing for too long, or has gone");
    }
  }
  phase_ = Phase::handling;
  set_deadline(Instant::max());
}

Task<void> ServerConnection::send_tls(Parts parts) {
  constexpr std::size_t kRecords = 64 * 1024;
  phase_ = Phase::writing;
  Waiting waiting(server_.counters_.held, parts);
  Result<> sent;
  // What fits into one record goes together; of the rest the deadline moves with each piece.
  if (waiting.size <= 16 * 1024) {
    set_deadline(base::Timers::now() + server_.options_.write_time);
    sent = co_await write(parts).result();
  } else {
    for (std::string_view part : parts) {
      while (!part.empty() && sent) {
        set_deadline(base::Timers::now() + server_.options_.write_time);
        const std::string_view piece = part.substr(0, kRecords);
        part.remove_prefix(piece.size());
        const Parts one{piece};
        sent = co_await write(one).result();
      }
    }
  }
  if (!sent) {
    ended_ = true;
    co_await mcp::fail(Code::cancelled, "the client took nothing for too long, or has gone");
  }
  phase_ = Phase::handling;
  set_deadline(Instant::max());
}

namespace {
Task<void> nothing() { co_return; }
}  // namespace

Task<void> ServerConnection::send(Parts parts) {
  if (has_tls()) return send_tls(parts);
  switch (try_write(parts)) {
    case Written::all: return nothing();
    case Written::waits: return send_rest(parts);
    case Written::broken: break;
  }
  ended_ = true;
  return failed(Error(Code::cancelled, "the client has gone"));
}

HttpRequest& HttpExchange::request() { return connection_.request_; }
std::stop_token HttpExchange::stop_token() const { return connection_.stop_.get_token(); }
void HttpExchange::is_endless() { connection_.endless_ = true; }
bool HttpExchange::gone() const { return connection_.ended_; }
bool HttpExchange::answered() const { return connection_.answer_ != ServerConnection::Answer::none; }

Task<void> HttpExchange::respond(int status, HeaderLines headers, std::string_view body) {
  ServerConnection& c = connection_;
  bool bodiless = status == 204 || status == 304;
  std::string& line = c.piece_;
  line.clear();
  if (!bodiless) {
    line.append("Content-Length: ");
    append_number(line, body.size());
    line.append("\r\n");
  }
  if (auto fine = c.start_answer(status, headers.lines(), line); !fine) return c.failed(std::move(fine).error());
  c.answer_ = ServerConnection::Answer::whole;
  if (bodiless || c.request_.method == "HEAD") body = {};
  return c.send({c.out_, body});
}

Task<void> HttpExchange::open_stream(int status, HeaderLines headers) {
  ServerConnection& c = connection_;
  bool chunked = c.head_.minor_version == 1;
  if (!chunked) c.keep_ = false;
  auto line = chunked ? std::string_view("Transfer-Encoding: chunked\r\n") : std::string_view();
  if (auto fine = c.start_answer(status, headers.lines(), line); !fine) return c.failed(std::move(fine).error());
  c.answer_ = ServerConnection::Answer::stream;
  ++c.server_.counters_.streams;
  return c.send({c.out_});
}

Task<void> HttpExchange::write(std::string_view bytes) {
  ServerConnection& c = connection_;
  if (c.answer_ != ServerConnection::Answer::stream) return c.failed(Error(Code::internal, "no stream is open"));
  if (c.ended_) return c.failed(Error(Code::cancelled, "the client has gone"));
  if (bytes.empty() || c.request_.method == "HEAD") return nothing();
  if (c.head_.minor_version == 0) return c.send({bytes});
  c.piece_.clear();
  append_chunk_size(c.piece_, bytes.size());
  return c.send({c.piece_, bytes, "\r\n"});
}

Task<void> HttpExchange::end() {
  ServerConnection& c = connection_;
  if (c.answer_ != ServerConnection::Answer::stream) return c.failed(Error(Code::internal, "no stream is open"));
  c.answer_ = ServerConnection::Answer::ended;
  --c.server_.counters_.streams;
  if (c.head_.minor_version == 0 || c.request_.method == "HEAD") return nothing();
  return c.send({"0\r\n\r\n"});
}

}  // namespace net
