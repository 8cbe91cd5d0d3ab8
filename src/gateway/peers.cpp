#include "gateway/peers.h"

#include "base/any_stop.h"
#include "base/log.h"
#include "net/sse.h"
#include "protocol/errors.h"
#include "protocol/message.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Millis;
using base::Result;
using base::Task;
using base::Timers;
using net::HttpHeader;

namespace {

constexpr std::string_view kPrefix = "/peer", kHello = "/peer/hello";
constexpr Millis kEvery{1'000};        // between two questions to a peer
constexpr Millis kPatience{1'000};     // for its answer
constexpr int kMissedMost = 2;         // unanswered questions after which it has gone
constexpr int kSilentMost = 5;         // and after which what was passed on to it is given up
constexpr Millis kLongest{3'600'000};  // for the answer to a request that was passed on: its own deadlines are shorter
constexpr Millis kSilence{120'000};    // on a stream, where something is said every few seconds
constexpr std::size_t kLargest = 256 << 20;
constexpr std::size_t kMostMoved = 50'000;

net::HttpClientOptions client_options() {
  net::HttpClientOptions options;
  options.connect_time = Millis(2'000);
  options.max_idle = 256;
  return options;
}

std::vector<HttpHeader> passed_on(const net::HttpHeaders& headers) {
  std::vector<HttpHeader> out;
  for (const HttpHeader& line : headers)
    if (!of_connection(line.name)) out.push_back(line);
  return out;
}

bool is_stream(const net::HttpResponse& response) {
  return response.find("content-type").value_or("").substr(0, 17) == "text/event-stream";
}

// What a client reads when its call went down with an instance; empty when it asked for nothing.
std::string lost_message(const net::HttpRequest& request) {
  auto message = protocol::parse_message(request.body);
  if (!message || message->kind != protocol::MessageKind::request) return {};
  const Error error(Code::unavailable, "this call was lost: the instance of the gateway that ran it has gone; call again");
  return protocol::encode_error(message->id, protocol::to_rpc(error));
}

}  // namespace

Peers::Peers(Parts parts) : parts_(std::move(parts)), keys_(parts_.state_keys), client_(parts_.loop, client_options()) {
  for (const std::string& origin : parts_.origins) {
    auto url = net::parse_url(origin);
    if (!url) continue;  // the config has seen to that
    peers_.push_back(std::make_unique<Peer>(Peer{*std::move(url), {}, 0, {}}));
  }
}

void Peers::start() {
  for (auto& peer : peers_) watching_.spawn(watch(peer.get()));
}

Task<void> Peers::stop() {
  stop_.request_stop();
  co_await watching_.join();
}

bool Peers::alive(std::string_view instance) const {
  for (const auto& peer : peers_)
    if (!instance.empty() && peer->instance == instance) return true;
  return false;
}

Peers::Peer* Peers::find(std::string_view instance) {
  for (auto& peer : peers_)
    if (!instance.empty() && peer->instance == instance) return peer.get();
  return nullptr;
}

Task<void> Peers::watch(Peer* peer) {
  while (!stop_.stop_requested()) {
    (void)co_await ask(peer).result();
    co_await parts_.loop.timers().sleep(kEvery, stop_.get_token());
  }
}

// Who listens there.
Task<void> Peers::ask(Peer* peer) {
  PeerPass pass;
  pass.from = parts_.carrier.instance();
  pass.nonce = sdk::random_id();
  pass.number = ++passes_;
  pass.digest = digest_request("POST", kHello, {}, "");
  const std::string written = keys_.write(pass, PeerKeys::WallTime::clock::now());
  const HttpHeader headers[] = {{kPassHeader, written}};
  net::Url url = peer->url;
  url.target = kHello;
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = &url;
  request.headers = headers;
  request.repeat = net::Repeat::harmless;
  const base::Instant deadline = Timers::now() + kPatience;
  Result<std::string> name = Error(Code::unavailable, "it did not answer");
  const std::stop_token stop = stop_.get_token();
  auto response = co_await client_.send(request, stop, deadline).result();
  if (response && response->status() == 200) {
    auto body = co_await response->body(4096).result();
    if (body) name = keys_.read_name(*body, pass.nonce, PeerKeys::WallTime::clock::now());
  } else if (response) {
    name = Error(Code::denied, "it does not know our pass; do both have the same state_keys, and the same time?");
  } else {
    name = std::move(response).error();
  }
  if (name) {
    peer->missed = 0;
    if (peer->instance != *name && *name != parts_.carrier.instance())
      base::log::info("peer found", {{"peer", peer->url.origin}, {"instance", *name}});
    peer->instance = *name == parts_.carrier.instance() ? std::string() : *std::move(name);
  } else if (!stop_.stop_requested() && ++peer->missed >= kMissedMost) {
    if (peer->missed == kMissedMost) base::log::warn("peer gone", {{"peer", peer->url.origin}, {"reason", name.error().message}});
    peer->instance.clear();
    if (peer->missed == kSilentMost) std::exchange(peer->silent, std::stop_source()).request_stop();
  }
}

// All of them, once for all who want to know at a time.
Task<void> Peers::ask_all() {
  if (asking_) {
    (void)co_await asked_.wait(parts_.loop.timers(), stop_.get_token(), Timers::now() + 2 * kPatience).result();
    co_return;
  }
  if (Timers::now() - asked_last_ < Millis(200)) co_return;
  asking_ = true;
  base::TaskGroup asking;
  for (auto& peer : peers_) asking.spawn(ask(peer.get()));
  co_await asking.join();
  asking_ = false;
  asked_last_ = Timers::now();
  asked_.wake({});
}

Task<std::string> Peers::owner_of_session(std::string id) {
  const std::string made_by(carried_by(id));
  const std::string& self = parts_.carrier.instance();
  if (made_by.empty() || made_by == self) co_return self;
  if (auto moved = moved_.find(id); moved != moved_.end() && (moved->second == self || alive(moved->second))) co_return moved->second;
  if (alive(made_by)) co_return made_by;
  co_await ask_all();
  if (alive(made_by)) co_return made_by;
  Result<std::string> found = co_await parts_.place(id).result();
  // Here is said what is wrong: no such session, or no store.
  if (!found || found->empty()) co_return self;
  if (moved_.size() >= kMostMoved) moved_.clear();
  moved_[id] = *found;
  co_return *std::move(found);
}

Task<std::string> Peers::owner_of(net::HttpRequest* request) {
  if (auto id = request->find("mcp-session-id")) {
    std::string session(*id);
    co_return co_await owner_of_session(std::move(session));
  }
  const std::string& self = parts_.carrier.instance();
  std::vector<std::string> named;
  for (std::string_view one : find_carried(request->body, 4)) named.emplace_back(one);
  for (int round = 0; round < 2 && !named.empty(); ++round) {
    for (const std::string& one : named)
      if (one == self || alive(one)) co_return one;
    if (round == 0) co_await ask_all();
  }
  co_return self;
}

Task<void> Peers::serve(net::HttpExchange& exchange, const net::HttpHandler* here) {
  for (int attempt = 0; !peers_.empty() && attempt < 3; ++attempt) {
    const std::string owner = co_await owner_of(&exchange.request());
    Peer* peer = find(owner);
    if (!peer) break;
    const Passed passed = co_await pass_on(&exchange, peer);
    if (passed == Passed::yes) co_return;
    // It has not seen the request, and will not see the next one.
    if (peer->instance == owner) peer->instance.clear();
    peer->missed = kMissedMost;
  }
  co_await (*here)(exchange);
}

Task<Peers::Passed> Peers::pass_on(net::HttpExchange* exchange, Peer* peer) {
  net::HttpRequest& from = exchange->request();
  std::vector<HttpHeader> headers = passed_on(from.headers);
  const std::string target = std::string(kPrefix) + std::string(from.target);
  PeerPass pass;
  pass.from = parts_.carrier.instance();
  pass.to = peer->instance;
  pass.nonce = sdk::random_id();
  pass.number = ++passes_;
  pass.digest = digest_request(from.method, target, headers, from.body);
  pass.host = from.find("host").value_or("");
  pass.address = from.peer_address;
  const std::string written = keys_.write(pass, PeerKeys::WallTime::clock::now());
  headers.push_back({kPassHeader, written});
  net::Url url = peer->url;
  url.target = target;
  net::HttpClientRequest request;
  request.method = from.method;
  request.url = &url;
  request.headers = headers;
  request.body = from.body;
  const base::Instant deadline = Timers::now() + kLongest;
  const base::AnyStop stop(exchange->stop_token(), peer->silent.get_token());
  const std::stop_token either = stop.token();
  auto response = co_await client_.send(request, either, deadline).result();
  if (!response) {
    if (response.error().code == Code::unavailable) co_return Passed::no;
    if (!exchange->stop_token().stop_requested()) co_await say_lost(exchange);
    co_return Passed::yes;
  }
  // Another instance listens there by now.
  if (response->status() == 421 && response->find(kPassHeader)) co_return Passed::no;
  net::HttpResponse answer = *std::move(response);
  co_await relay(exchange, &answer);
  co_return Passed::yes;
}

Task<void> Peers::relay(net::HttpExchange* exchange, net::HttpResponse* response) {
  std::vector<HttpHeader> headers;
  for (const HttpHeader& line : response->headers())
    if (!of_connection(line.name) && !net::same_header(line.name, "date")) headers.push_back(line);
  std::span<const HttpHeader> lines(headers);
  if (!is_stream(*response)) {
    Result<std::string> body = co_await response->body(kLargest).result();
    if (body)
      co_await exchange->respond(response->status(), lines, *body);
    else if (!exchange->stop_token().stop_requested())
      co_await say_lost(exchange);
    co_return;
  }
  const std::string lost = lost_message(exchange->request());
  if (lost.empty()) exchange->is_endless();
  co_await exchange->open_stream(response->status(), lines);
  for (;;) {
    response->extend(Timers::now() + kSilence);
    Result<net::HttpChunk> chunk = co_await response->read_some().result();
    if (!chunk && exchange->stop_token().stop_requested()) co_return;
    if (!chunk && !lost.empty()) {
      const std::string event = net::sse_message(lost);
      co_await exchange->write(event);
    }
    if (!chunk || chunk->end) break;
    co_await exchange->write(chunk->bytes);
  }
  co_await exchange->end();
}

Task<void> Peers::say_lost(net::HttpExchange* exchange) {
  std::string message = lost_message(exchange->request());
  const int status = message.empty() ? 503 : 200;
  if (message.empty())
    message = protocol::encode_error(
        {}, protocol::to_rpc(Error(Code::unavailable, "the instance that has this session has gone; send it again")));
  const HttpHeader headers[] = {{"Content-Type", "application/json"}};
  std::span<const HttpHeader> lines(headers);
  co_await exchange->respond(status, lines, message);
}

Task<bool> Peers::receive(net::HttpExchange& exchange, const Find* find) {
  net::HttpRequest& request = exchange.request();
  const auto now = PeerKeys::WallTime::clock::now();
  if (peers_.empty() || request.count(kPassHeader) != 1) co_return false;
  Result<PeerPass> pass = keys_.read(*request.find(kPassHeader), now);
  if (!pass) co_return false;
  std::vector<HttpHeader> headers = passed_on(request.headers);
  if (pass->digest != digest_request(request.method, request.target, headers, request.body)) co_return false;
  if (!shown_.first(pass->from, pass->number, now)) co_return false;
  if (request.path == kHello) {
    const std::string name = keys_.write_name(parts_.carrier.instance(), pass->nonce, now);
    const HttpHeader type[] = {{"Content-Type", "text/plain"}};
    std::span<const HttpHeader> lines(type);
    co_await exchange.respond(200, lines, name);
    co_return true;
  }
  if (pass->to != parts_.carrier.instance()) {
    const HttpHeader other[] = {{kPassHeader, "another"}};
    std::span<const HttpHeader> lines(other);
    co_await exchange.respond(421, lines, "");
    co_return true;
  }
  // From here on it is the client's own request. The endpoint judges it as if it had come to it.
  request.target.remove_prefix(kPrefix.size());
  request.path.remove_prefix(kPrefix.size());
  request.peer_address = pass->address;
  request.headers.clear();
  if (!pass->host.empty()) request.headers.add("Host", pass->host);
  for (const HttpHeader& line : headers) request.headers.add(line.name, line.value);
  const net::HttpHandler* handler = (*find)(request.path);
  if (!handler) co_return false;
  co_await (*handler)(exchange);
  co_return true;
}

}  // namespace gateway
