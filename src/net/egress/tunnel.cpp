#include "net/egress/tunnel.h"

#include <boost/asio/write.hpp>

#include "net/egress/connect_head.h"

namespace net {
namespace {

namespace asio = boost::asio;
using base::Code;
using base::ErrorCode;
using base::Millis;
using base::Timers;

constexpr std::size_t kBuffer = 32 * 1024;
constexpr std::size_t kLongestAnswer = 16 * 1024;

}  // namespace

Tunnel::Tunnel(base::Loop& loop, std::shared_ptr<const OutletOptions> options, Socket inside, std::function<void(Tunnel*)> gone)
    : loop_(loop),
      options_(std::move(options)),
      inside_(std::move(inside)),
      outside_(loop.executor()),
      resolver_(loop.executor()),
      gone_(std::move(gone)) {}

void Tunnel::touch(Millis time) {
  until_ = Timers::now() + time;
  auto late = [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self || self->closed_) return;
    // The deadline moves with each byte; the timer only now and then.
    if (const auto now = Timers::now(); now < self->until_)
      return self->touch(std::chrono::duration_cast<Millis>(self->until_ - now) + Millis(1));
    self->refuse("504 Gateway Timeout", "no answer in time");
  };
  deadline_ = base::Deadline(loop_.timers(), until_, late);
}

void Tunnel::begin(std::optional<EgressTarget> target) {
  touch(options_->head_time);
  asked_ = !target;
  if (!target) return read_head();
  target_ = *std::move(target);
  judge();
}

void Tunnel::close() {
  if (std::exchange(closed_, true)) return;
  auto self = shared_from_this();
  ErrorCode ignored;
  inside_.close(ignored);
  outside_.close(ignored);
  resolver_.cancel();
  deadline_ = {};
  if (auto gone = std::exchange(gone_, nullptr)) gone(this);
}

void Tunnel::tell(std::string refused) {
  if (std::exchange(told_, true) || !options_->on_event) return;
  options_->on_event({target_, std::move(refused)});
}

// Who asked by CONNECT hears why; who connected to a name that leads out sees the connection end.
void Tunnel::refuse(const char* status, std::string why) {
  if (closed_) return;
  const bool answer = asked_ && !told_;
  std::string text = "HTTP/1.1 " + std::string(status) +
                     "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " + std::to_string(why.size() + 1) + "\r\n\r\n" +
                     why + "\n";
  tell(std::move(why));
  if (!answer) return close();
  auto bytes = std::make_shared<std::string>(std::move(text));
  auto written = [self = shared_from_this(), bytes](ErrorCode, std::size_t) { self->close(); };
  asio::async_write(inside_, asio::buffer(*bytes), written);
}

void Tunnel::read_head() {
  const std::size_t had = head_.size();
  head_.resize(had + 2048);
  auto came = [self = shared_from_this(), had](ErrorCode error, std::size_t size) {
    self->head_.resize(had + size);
    if (error || self->closed_) return self->close();
    auto head = read_connect_head(self->head_);
    if (!head) return self->refuse(head.error().code == Code::denied ? "405 Method Not Allowed" : "400 Bad Request", head.error().message);
    if (!*head) return self->read_head();
    self->target_ = (*head)->target;
    self->early_ = self->head_.substr((*head)->size);
    self->head_.clear();
    self->judge();
  };
  inside_.async_read_some(asio::buffer(head_.data() + had, 2048), came);
}

void Tunnel::judge() {
  if (!options_->allow.names(target_))
    return refuse("403 Forbidden", "sandbox: " + target_.host + ":" + std::to_string(target_.port) +
                                       " is not in the network list of this server; add it with sandbox: { network: [" + target_.host +
                                       "] }");
  touch(options_->connect_time);
  Url url;
  url.tls = true;
  url.host = target_.host;
  url.port = target_.port;
  proxy_ = options_->proxies.find(url);
  if (proxy_) return look_up(proxy_->host, proxy_->port);
  look_up(target_.host, target_.port);
}

void Tunnel::look_up(const std::string& host, std::uint16_t port) {
  ErrorCode no_address;
  auto address = asio::ip::make_address(host, no_address);
  auto take = [self = shared_from_this()](const std::vector<Endpoint>& found) {
    for (const Endpoint& one : found)
      if (self->proxy_ || self->options_->allow.leads(self->target_, one.address(), self->options_->ground(one.address())))
        self->endpoints_.push_back(one);
    if (!self->endpoints_.empty()) return self->connect_next();
    self->refuse("403 Forbidden", "sandbox: " + self->target_.host + " leads to an address that this server may not reach");
  };
  if (!no_address) return take({Endpoint(address, port)});
  auto found = [self = shared_from_this(), take](ErrorCode error, Resolver::results_type results) {
    if (self->closed_) return;
    if (error) return self->refuse("502 Bad Gateway", error.message());
    std::vector<Endpoint> all;
    for (const auto& entry : results) all.push_back(entry.endpoint());
    take(all);
  };
  resolver_.async_resolve(host, std::to_string(port), asio::ip::tcp::resolver::numeric_service, found);
}

void Tunnel::connect_next() {
  if (closed_) return;
  ErrorCode ignored;
  outside_.close(ignored);
  auto done = [self = shared_from_this()](ErrorCode error) {
    if (self->closed_) return;
    if (!error) return self->connected();
    if (self->next_ < self->endpoints_.size()) return self->connect_next();
    self->refuse("502 Bad Gateway", error.message());
  };
  outside_.async_connect(endpoints_[next_++], done);
}

void Tunnel::connected() {
  ErrorCode ignored;
  outside_.set_option(asio::ip::tcp::no_delay(true), ignored);
  inside_.set_option(asio::ip::tcp::no_delay(true), ignored);
  if (proxy_) return ask_proxy();
  open();
}

void Tunnel::ask_proxy() {
  const bool six = target_.host.find(':') != std::string::npos;
  const std::string place = (six ? "[" + target_.host + "]" : target_.host) + ":" + std::to_string(target_.port);
  auto request = std::make_shared<std::string>("CONNECT " + place + " HTTP/1.1\r\nHost: " + place + "\r\n");
  if (!proxy_->authorization.reveal().empty()) *request += "Proxy-Authorization: " + proxy_->authorization.reveal() + "\r\n";
  *request += "\r\n";
  auto written = [self = shared_from_this(), request](ErrorCode error, std::size_t) {
    if (error) return self->refuse("502 Bad Gateway", "the proxy " + self->proxy_->text() + " hangs up");
    self->read_proxy();
  };
  asio::async_write(outside_, asio::buffer(*request), written);
}

void Tunnel::read_proxy() {
  const std::size_t had = head_.size();
  if (had > kLongestAnswer) return refuse("502 Bad Gateway", "the proxy's answer is too long");
  // One byte of the tunnel too many would be lost, so none is read that is not the head's.
  head_.resize(had + 1);
  auto came = [self = shared_from_this(), had](ErrorCode error, std::size_t size) {
    self->head_.resize(had + size);
    if (self->closed_) return;
    if (error) return self->refuse("502 Bad Gateway", "the proxy " + self->proxy_->text() + " hangs up");
    if (!self->head_.ends_with("\r\n\r\n")) return self->read_proxy();
    const bool good = self->head_.starts_with("HTTP/1.") && self->head_.substr(8, 2) == " 2";
    if (good) return self->open();
    self->refuse("502 Bad Gateway", "the proxy " + self->proxy_->text() + " refuses " + self->target_.host);
  };
  outside_.async_read_some(asio::buffer(head_.data() + had, 1), came);
}

void Tunnel::open() {
  tell({});
  touch(options_->idle_time);
  for (auto& buffer : buffers_) buffer.resize(kBuffer);
  auto first = std::make_shared<std::string>(std::move(early_));
  auto sent = [self = shared_from_this(), first](ErrorCode error, std::size_t) {
    if (error || self->closed_) return self->close();
    self->pump(Way::out);
  };
  auto answered = [self = shared_from_this(), first, sent](ErrorCode error, std::size_t) {
    if (error || self->closed_) return self->close();
    asio::async_write(self->outside_, asio::buffer(*first), sent);
    self->pump(Way::in);
  };
  static constexpr std::string_view kOpen = "HTTP/1.1 200 Connection established\r\n\r\n";
  asio::async_write(inside_, asio::buffer(asked_ ? kOpen : std::string_view()), answered);
}

void Tunnel::pump(Way way) {
  Socket& from = way == Way::out ? inside_ : outside_;
  auto& buffer = buffers_[way == Way::out ? 0 : 1];
  auto came = [self = shared_from_this(), way, &buffer](ErrorCode error, std::size_t size) {
    if (self->closed_) return;
    Socket& to = way == Way::out ? self->outside_ : self->inside_;
    if (error) {
      // One direction may end before the other.
      ErrorCode ignored;
      to.shutdown(Socket::shutdown_send, ignored);
      if (++self->ended_ways_ == 2 || error != asio::error::eof) self->close();
      return;
    }
    self->until_ = Timers::now() + self->options_->idle_time;
    auto written = [self, way](ErrorCode failed, std::size_t) {
      if (failed || self->closed_) return self->close();
      self->pump(way);
    };
    asio::async_write(to, asio::buffer(buffer.data(), size), written);
  };
  from.async_read_some(asio::buffer(buffer), came);
}

}  // namespace net
