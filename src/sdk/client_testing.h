// For tests of mcp::Client: a real server over loopback HTTP, and a server of scripted bytes.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "mcp/client.h"
#include "mcp/server.h"
#include "net/http_server.h"
#include "protocol/message.h"
#include "sdk/current_loop.h"
#include "sdk/http_endpoint.h"
#include "sdk/server_core.h"
#include "sdk/session.h"

namespace sdk::client_testing {

using base::Code;
using base::Error;
using base::Loop;
using base::Result;
using base::Task;

// The names of the revisions of one era.
inline std::vector<std::string> revisions_of(protocol::Era era) {
  std::vector<std::string> names;
  for (const auto* revision : protocol::all_revisions())
    if (revision->era == era) names.emplace_back(revision->name);
  return names;
}

// A loop that clients can be opened on, and a client on it.
class Desk {
 public:
  Desk() : scope_({&loop, nullptr}) {}

  template <class T>
  Result<T> run(Task<T> task) {
    return loop.block_on(std::move(task));
  }
  void open(const std::string& url, mcp::ClientOptions options) {
    options.on_notice = [this](std::string_view text) { notices.emplace_back(text); };
    auto opened = loop.block_on(mcp::Client::open_http(url, std::move(options)));
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    client = std::make_unique<mcp::Client>(*std::move(opened));
  }
  // Lets the loop do what is due.
  Task<void> turn() { co_await base::resume_on(loop.executor()); }
  void close() {
    if (!client) return;
    EXPECT_TRUE(loop.block_on(client->close()).ok());
    client.reset();
  }

  Loop loop;
  std::unique_ptr<mcp::Client> client;
  std::vector<std::string> notices;

 private:
  RuntimeScope scope_;
};

// An mcp::Server behind an endpoint.
class Place : public Desk {
 public:
  explicit Place(mcp::Server& server) {
    core_ = std::make_unique<ServerCore>(loop, server);
    HttpEndpointOptions options;
    options.front.methods = core_->methods();
    endpoint_ = std::make_unique<HttpEndpoint>(loop, *core_, sessions, options);
    http_ = std::make_unique<net::HttpServer>(loop, net::HttpServerOptions{},
                                              [this](net::HttpExchange& exchange) { return endpoint_->serve(exchange); });
    EXPECT_TRUE(http_->listen("127.0.0.1", 0).ok());
    url = "http://127.0.0.1:" + std::to_string(http_->port()) + "/mcp";
  }
  ~Place() {
    close();
    sessions->clear();
    EXPECT_TRUE(loop.block_on(http_->stop(base::Millis(50))).ok());
  }
  void open(protocol::Era era, mcp::ClientOptions options = {}) {
    options.revisions = revisions_of(era);
    Desk::open(url, std::move(options));
  }

  std::shared_ptr<SessionTable> sessions = std::make_shared<SessionTable>();
  std::string url;

 private:
  std::unique_ptr<ServerCore> core_;
  std::unique_ptr<HttpEndpoint> endpoint_;
  std::unique_ptr<net::HttpServer> http_;
};

// What came to a scripted server, and what it answers.
struct Got {
  std::string http_method, method, id, params, body, last_event_id, session;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};
struct Say {
  int status = 200;
  std::string body;
  // Unless empty: an event stream, these bytes, and then its end without more.
  std::string stream = {};
  std::string session = {};
  bool stay_open = false;  // the stream is left open until the client goes

  static Say result(const Got& got, const std::string& result) { return {200, protocol::encode_result(got.id, result)}; }
  static Say error(const Got& got, int status, int code, const std::string& data = "") {
    protocol::RpcError error;
    error.code = code;
    error.message = "refused";
    error.data = data;
    return {status, protocol::encode_error(got.id, error)};
  }
  static Say events(std::string bytes) { return {200, "", std::move(bytes)}; }
};

// A server that does what a script says, however wrong.
class Scripted : public Desk {
 public:
  explicit Scripted(std::function<Say(const Got& got)> script) : script_(std::move(script)) {
    http_ = std::make_unique<net::HttpServer>(loop, net::HttpServerOptions{},
                                              [this](net::HttpExchange& exchange) { return serve(this, &exchange); });
    EXPECT_TRUE(http_->listen("127.0.0.1", 0).ok());
    url = "http://127.0.0.1:" + std::to_string(http_->port()) + "/mcp";
  }
  ~Scripted() {
    close();
    EXPECT_TRUE(loop.block_on(http_->stop(base::Millis(50))).ok());
  }
  void open(mcp::ClientOptions options = {}) { Desk::open(url, std::move(options)); }
  // How often a method came.
  int count(std::string_view method) const {
    int n = 0;
    for (const auto& one : all)
      if (one.method == method) ++n;
    return n;
  }

  // A DiscoverResult with these capabilities.
  static std::string discovered(const std::string& capabilities = R"({"tools":{}})") {
    return R"({"resultType":"complete","ttlMs":0,"cacheScope":"private","supportedVersions":[")" +
           std::string(protocol::latest_modern().name) + R"("],"capabilities":)" + capabilities + "}";
  }
  static std::string initialized(const std::string& capabilities = R"({"tools":{}})") {
    return R"({"protocolVersion":")" + std::string(protocol::latest_legacy().name) + R"(","capabilities":)" + capabilities +
           R"(,"serverInfo":{"name":"s","version":"1"}})";
  }

  // Waits until `n` messages have come.
  void wait_for_messages(std::size_t n) { EXPECT_TRUE(run(more(this, n)).ok()); }

  std::string url;
  std::vector<Got> all;
  base::Signal came;

 private:
  static Task<void> more(Scripted* self, std::size_t n) {
    while (self->all.size() < n) co_await self->came.wait();
  }
  static Task<void> serve(Scripted* self, net::HttpExchange* exchange) {
    net::HttpRequest& request = exchange->request();
    Got got;
    got.http_method = request.method;
    got.body = request.body;
    for (const auto& header : request.headers) {
      std::string name(header.name);
      for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      got.headers.emplace_back(std::move(name), std::string(header.value));
    }
    got.last_event_id = got.header("last-event-id");
    got.session = got.header("mcp-session-id");
    std::string text = got.body;
    if (auto message = protocol::parse_message(text)) {
      got.method = message->method;
      got.id = message->id;
      got.params = message->params;
    }
    self->all.push_back(got);
    self->came.raise();
    Say say = self->script_(got);
    std::vector<net::HttpHeader> headers;
    const std::string session = say.session;
    if (!session.empty()) headers.push_back({"Mcp-Session-Id", session});
    if (!say.stream.empty()) {
      headers.push_back({"Content-Type", "text/event-stream"});
      co_await exchange->open_stream(say.status, headers);
      co_await exchange->write(say.stream);
      if (say.stay_open) {
        exchange->is_endless();
        co_await until_stopped(exchange->stop_token());
      }
      co_await exchange->end();
      co_return;
    }
    headers.push_back({"Content-Type", "application/json"});
    co_await exchange->respond(say.status, headers, say.body);
  }

  std::function<Say(const Got& got)> script_;
  std::unique_ptr<net::HttpServer> http_;
};

// One event of a stream.
inline std::string event_of(const std::string& data, const std::string& id = {}) {
  return (id.empty() ? "" : "id: " + id + "\n") + "data: " + data + "\n\n";
}

}  // namespace sdk::client_testing
