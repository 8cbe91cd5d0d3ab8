#include "net/client_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace net {
namespace {

// From `Keep-Alive: timeout=5`, where the server sends it (RFC 2068 section 19.7.1.1, and every Node.js server).
Millis kept_for(const HttpHeaders& headers) {
  std::string_view value = headers.find("keep-alive").value_or("");
  auto at = value.find("timeout=");
  if (at == std::string_view::npos) return Millis::max();
  int seconds = 0;
  value.remove_prefix(at + 8);
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc() || seconds < 0 || seconds > 86'400) return Millis::max();
  return std::chrono::seconds(seconds) - std::chrono::seconds(1);
}

}  // namespace
ClientConnection::ClientConnection(std::shared_ptr<HttpClient::Pool> pool, StreamSocket socket, std::string origin)
    : Wire(pool->loop, std::move(socket)),
      pool_(pool),
      origin_(std::move(origin)),
      max_head_(pool->options.max_head),
      max_headers_(pool->options.max_headers),
      buffer_(new char[capacity()]) {
  ++pool->counters.open;
  ++pool->counters.connected;
}

ClientConnection::~ClientConnection() {
  if (auto pool = pool_.lock()) --pool->counters.open;
}

void ClientConnection::begin(std::stop_token stop, Instant deadline) {
  set_deadline(deadline);
  if (stop.stop_possible()) on_stop_.emplace(std::move(stop), OnStop{this});
}

void ClientConnection::on_read(ErrorCode error, std::size_t size) {
  have_ += size;
  if (error) end_ = error;
  if (waiting_) {
    // In the pool nothing is expected but the end.
    close();
    if (auto pool = pool_.lock()) pool->forget(*this);
    return;
  }
  progress_.raise();
}

void ClientConnection::on_deadline() {
  if (!waiting_) return abort(Error(Code::timeout, "no answer from " + origin_ + " in time"));
  close();
  if (auto pool = pool_.lock()) pool->forget(*this);
}

void ClientConnection::abort(Error error) {
  auto self = shared_from_this();
  if (!failure_) failure_ = std::move(error);
  close();
  progress_.raise();
}

Error ClientConnection::broken(std::string what) const {
  if (failure_) return *failure_;
  return Error(Code::upstream_failed, origin_ + " " + std::move(what));
}

bool ClientConnection::stale() {
  if (!is_open() || end_ || have_ || has_landed()) return true;
  // The open read will tell of an end only when the loop comes to it; what the kernel knows by now counts.
  char byte;
  ssize_t got = ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

Result<> ClientConnection::write_head(const HttpClientRequest& request) {
  if (!is_token(request.method)) return Error(Code::invalid_argument, "not a method: " + std::string(request.method));
  out_.assign(request.method)
      .append(" ")
      .append(proxy_ ? request.url->text() : request.url->target)
      .append(" HTTP/1.1\r\nHost: ")
      .append(request.url->authority)
      .append("\r\n");
  if (auto fine = append_headers(out_, request.headers); !fine) return Error(Code::invalid_argument, fine.error().message);
  if (proxy_ && !proxy_->authorization.reveal().empty()) {
    const HttpHeader line{"Proxy-Authorization", proxy_->authorization.reveal()};
    if (auto fine = append_headers(out_, {&line, 1}); !fine) return Error(Code::invalid_argument, fine.error().message);
  }
  bool wants_length = !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (wants_length) {
    out_.append("Content-Length: ");
    append_number(out_, request.body.size());
    out_.append("\r\n");
  }
  out_.append("\r\n");
  return {};
}

Task<void> ClientConnection::exchange(const HttpClientRequest* request) {
  co_await write_head(*request);
  sent_before_ = bytes_out();
  any_answer_ = complete_ = false;
  have_ = used_ = 0;
  scanner_.reset();
  // Open before sending: a server may answer, and close, before it has read everything.
  if (!reading()) start_read(buffer_.get(), capacity());
  Parts parts{out_, request->body};
  Written written = try_write(parts);
  all_sent_ = written == Written::all;
  if (written == Written::waits) co_await send_rest(parts);
  const auto bodiless = request->method == "HEAD" || request->method == "CONNECT" ? Bodiless::yes : Bodiless::no;
  for (;;) {
    const bool whole = co_await take_head(bodiless);
    if (whole) break;
    if (!reading()) start_read(buffer_.get() + have_, capacity() - have_);
    co_await progress_.wait();
  }
  left_ = head_.length;
  chunks_.reset();
}

Task<void> ClientConnection::open_tunnel(const Url* to, const Proxy* proxy) {
  Url place = *to;
  place.target = to->origin.substr(to->origin.find("//") + 2);
  place.authority = place.target;
  const HttpHeader line{"Proxy-Authorization", proxy->authorization.reveal()};
  HttpClientRequest request;
  request.method = "CONNECT";
  request.url = &place;
  if (!line.value.empty()) request.headers = std::span(&line, 1);
  Result<> asked = co_await exchange(&request).result();
  if (!asked) {
    Error why = std::move(asked).error();
    if (why.code == Code::upstream_failed) why.code = Code::unavailable;
    co_await Result<>(std::move(why));
  }
  if (auto refused = proxy_refusal()) co_await Result<>(*std::move(refused));
  if (head_.status >= 300) co_await mcp::fail(Code::unavailable, "the proxy answered with HTTP " + std::to_string(head_.status));
  if (used_ != have_) co_await mcp::fail(Code::unavailable, "something spoke before it was spoken to");
  have_ = used_ = 0;
}

std::optional<Error> ClientConnection::proxy_refusal() const {
  if (head_.status != 407) return std::nullopt;
  return Error(Code::unavailable, "the proxy wants a user and password, or others (HTTP 407)");
}

// Sends what the kernel did not take at once, until that is done or an answer comes.
Task<void> ClientConnection::send_rest(Parts parts) {
  if (has_tls()) {
    Result<> sent = co_await write(parts).result();
    all_sent_ = sent.ok();
    co_return;
  }
  for (;;) {
    if (!write_wait_) {
      write_wait_ = true;
      socket().async_wait(StreamSocket::wait_write, [self = std::static_pointer_cast<ClientConnection>(shared_from_this())](ErrorCode) {
        self->write_wait_ = false;
        self->progress_.raise();
      });
    }
    co_await progress_.wait();
    if (failure_ || have_ || end_) co_return;
    Written written = try_write(parts);
    if (written == Written::waits) continue;
    all_sent_ = written == Written::all;
    co_return;
  }
}

Result<bool> ClientConnection::take_head(Bodiless bodiless) {
  for (;;) {
    if (failure_) return *failure_;
    if (have_) any_answer_ = true;
    std::size_t size = scanner_.find({buffer_.get(), have_});
    if (size == HeadScanner::kBad) return broken("did not answer in HTTP");
    if (size > max_head_ || (size == HeadScanner::kMore && have_ >= max_head_))
      return Error(Code::too_large, "the head of the answer from " + origin_ + " is too large");
    if (size == HeadScanner::kMore) {
      if (end_) return broken(any_answer_ ? "broke off its answer" : "closed the connection without an answer");
      return false;
    }
    auto refusal = parse_response_head({buffer_.get(), size}, max_headers_, bodiless, head_, headers_);
    if (refusal) return broken("answered in bad HTTP: " + std::string(refusal.reason));
    if (head_.status == 101) return broken("wants to speak another protocol");
    if (head_.status >= 200) {
      head_size_ = used_ = size;
      return true;
    }
    std::memmove(buffer_.get(), buffer_.get() + size, have_ - size);
    have_ -= size;
    scanner_.reset();
  }
}

bool ClientConnection::take_whole(std::string& out) {
  if (failure_ || head_.framing != Framing::length || have_ - used_ < left_) return false;
  const auto size = static_cast<std::size_t>(left_);
  out.reserve(size + kBodyPadding);
  out.assign(buffer_.get() + used_, size);
  used_ += size;
  left_ = 0;
  return true;
}

std::optional<Result<HttpChunk>> ClientConnection::take_chunk() {
  if (failure_) return Result<HttpChunk>(*failure_);
  if (complete_) return Result<HttpChunk>(HttpChunk{{}, true});
  std::string_view in(buffer_.get() + used_, have_ - used_);
  bool over = false;
  switch (head_.framing) {
    case Framing::none: over = true; break;
    case Framing::length: {
      over = left_ == 0;
      if (over || in.empty()) break;
      auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
      left_ -= take;
      used_ += take;
      return Result<HttpChunk>(HttpChunk{in.substr(0, take), false});
    }
    case Framing::until_close:
      over = end_ == asio::error::eof && in.empty();
      if (in.empty()) break;
      used_ = have_;
      return Result<HttpChunk>(HttpChunk{in, false});
    case Framing::chunked: {
      auto step = chunks_.next(in);
      used_ += step.consumed;
      if (step.status == ChunkDecoder::Status::data) return Result<HttpChunk>(HttpChunk{step.data, false});
      if (step.status == ChunkDecoder::Status::bad) return Result<HttpChunk>(broken("sent malformed chunks"));
      over = step.status == ChunkDecoder::Status::end;
      break;
    }
  }
  if (over) {
    complete_ = true;
    return Result<HttpChunk>(HttpChunk{{}, true});
  }
  if (end_) return Result<HttpChunk>(broken("broke off its answer"));
  return std::nullopt;
}

Task<void> ClientConnection::fill() {
  if (!reading()) {
    have_ = used_ = head_size_;
    start_read(buffer_.get() + have_, capacity() - have_);
  }
  co_await progress_.wait();
}

void ClientConnection::finish() {
  on_stop_.reset();
  set_deadline(Instant::max());
  // A body of no or known length may be at its end without having been asked for it.
  if (head_.framing == Framing::none || (head_.framing == Framing::length && left_ == 0)) complete_ = true;
  auto pool = pool_.lock();
  // A server that says how long it keeps a connection is believed, less a second: it must not close while a request is on its way.
  Millis idle = pool ? std::min(pool->options.idle_time, kept_for(headers_)) : Millis(0);
  bool good = idle.count() > 0 && complete_ && all_sent_ && head_.keep_alive && !failure_ && !end_ && used_ == have_ && is_open();
  if (!good || reading()) return close();
  have_ = used_ = 0;
  auto self = std::static_pointer_cast<ClientConnection>(shared_from_this());
  waiting_ = true;
  set_deadline(base::Timers::now() + idle);
  start_read(buffer_.get(), capacity());
  pool->keep(std::move(self));
}

}  // namespace net
