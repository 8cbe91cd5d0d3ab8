// The old HTTP+SSE transport from the client's end, against servers that do not keep its rules. A real one is in tests/e2e.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/json.h"
#include "net/http_server.h"
#include "net/sse.h"
#include "protocol/message.h"
#include "sdk/connection.h"
#include "sdk/sse_connection.h"

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Task;

// An old server: GET opens the stream with what `greeting` says, POST /post takes messages, and `answer` says what comes back for one.
class OldServer {
 public:
  OldServer() : http_(loop, net::HttpServerOptions{}, [this](net::HttpExchange& exchange) { return serve(this, &exchange); }) {
    EXPECT_TRUE(http_.listen("127.0.0.1", 0).ok());
    url = "http://127.0.0.1:" + std::to_string(http_.port()) + "/sse?room=1";
    answer = [](const protocol::Message& message) {
      std::string result = "{}";
      if (message.known == protocol::Method::initialize)
        result = "{\"protocolVersion\":\"" + std::string(protocol::latest_legacy().name) +
                 R"(","capabilities":{},"serverInfo":{"name":"old","version":"1"}})";
      if (message.known == protocol::Method::tools_call) result = R"({"content":[{"type":"text","text":"old"}]})";
      return protocol::encode_result(message.id, result);
    };
  }
  ~OldServer() {
    over = true;
    wake.raise();
    if (connection) (void)loop.block_on(connection->close(Millis(100)));
    connection.reset();
    EXPECT_TRUE(loop.block_on(http_.stop(Millis(50))).ok());
    client.reset();
  }

  base::Result<> connect(Millis time = Millis(5000)) {
    sdk::ConnectionOptions options;
    options.identity.info = R"({"name":"test","version":"1"})";
    options.connect_time = time;
    options.max_message = 10'000;
    options.on_notification = [this](protocol::Method method, std::string_view) { heard = method; };
    auto opened = loop.block_on(sdk::open_http(loop, *client, *net::parse_url(url), std::move(options)));
    if (!opened) return std::move(opened).error();
    connection = *std::move(opened);
    return {};
  }
  base::Result<std::string> call(Millis time = Millis(5000)) { return loop.block_on(call_tool(connection.get(), time)); }

  Loop loop;
  std::string url;
  std::string greeting = "event: endpoint\ndata: /post?session=1\n\n";
  std::function<std::string(const protocol::Message&)> answer;
  std::unique_ptr<sdk::Connection> connection;
  std::unique_ptr<net::HttpClient> client = std::make_unique<net::HttpClient>(loop, net::HttpClientOptions{});
  std::string waiting;  // events to send
  std::string posted_to;
  protocol::Method heard = protocol::Method::unknown;
  int post_status = 202;
  bool over = false;
  base::Signal wake;

 private:
  static Task<std::string> call_tool(sdk::Connection* connection, Millis time) {
    sdk::CallOptions options;
    options.deadline = base::Timers::now() + time;
    sdk::Reply reply = co_await connection->request(protocol::Method::tools_call, R"({"name":"x"})", std::move(options));
    if (reply.error()) co_return protocol::from_rpc(*reply.error());
    co_return std::string(reply.result());
  }
  static Task<void> serve(OldServer* self, net::HttpExchange* exchange) {
    const net::HttpRequest& http = exchange->request();
    if (http.method == "POST" && http.path == "/post") co_return co_await self->take(*exchange);
    const net::HttpHeader headers[] = {{"Content-Type", "text/event-stream"}};
    std::span<const net::HttpHeader> lines(headers);
    if (http.method == "GET" && http.path == "/sse") {
      exchange->is_endless();
      auto gone = [self] { self->wake.raise(); };
      std::stop_callback on_gone(exchange->stop_token(), gone);
      co_await exchange->open_stream(200, lines);
      self->waiting = self->greeting + self->waiting;
      for (;;) {
        std::string out = std::exchange(self->waiting, {});
        if (!out.empty()) co_await exchange->write(out);
        if (self->over || exchange->stop_token().stop_requested()) break;
        if (self->waiting.empty()) co_await self->wake.wait();
      }
      (void)co_await exchange->end().result();
      co_return;
    }
    co_await exchange->respond(404, lines.subspan(1), "no");
  }
  Task<void> take(net::HttpExchange& exchange) {
    posted_to = exchange.request().target;
    std::string body = std::move(exchange.request().body);
    auto message = protocol::parse_message(body);
    if (message && message->kind == protocol::MessageKind::request && post_status < 300) {
      waiting += net::sse_message(answer(*message), {}, "message");
      wake.raise();
    }
    std::span<const net::HttpHeader> none;
    co_await exchange.respond(post_status, none, "Accepted");
  }

  net::HttpServer http_;
};

TEST(HttpSse, IsTriedWhereStreamableHttpIsNotFound) {
  OldServer server;
  auto opened = server.connect();
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(server.connection->revision().era, protocol::Era::legacy);
  EXPECT_EQ(base::find_member(server.connection->server_info(), "name"), "\"old\"");
  auto result = server.call();
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_NE(result->find("old"), std::string::npos);
  EXPECT_EQ(server.posted_to, "/post?session=1");
}

TEST(HttpSse, AnAddressOfAnotherOriginIsRefused) {
  for (const char* elsewhere : {"http://127.0.0.1:1/post", "//evil.example/post", "https://127.0.0.1/post", "http://evil.example/"}) {
    OldServer server;
    server.greeting = "event: endpoint\ndata: " + std::string(elsewhere) + "\n\n";
    auto opened = server.connect();
    ASSERT_FALSE(opened.ok()) << elsewhere;
    EXPECT_NE(opened.error().message.find("another origin"), std::string::npos) << opened.error().message;
  }
}

TEST(HttpSse, AServerThatNamesNoAddressIsGivenUp) {
  OldServer silent;
  silent.greeting = ": hello\n\n";
  auto opened = silent.connect(Millis(200));
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("no address"), std::string::npos) << opened.error().message;
  OldServer early;
  early.greeting = "data: {}\n\n";
  EXPECT_FALSE(early.connect().ok());
  OldServer odd;
  odd.greeting = "event: endpoint\ndata: ht!tp://\n\n";
  EXPECT_FALSE(odd.connect().ok());
}

TEST(HttpSse, AnEventThatIsTooLargeEndsTheConnection) {
  OldServer server;
  ASSERT_TRUE(server.connect().ok());
  server.answer = [](const protocol::Message&) { return std::string(20'000, 'x'); };
  auto result = server.call();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::too_large) << result.error().message;
  EXPECT_FALSE(server.connection->alive());
  EXPECT_FALSE(server.call().ok());
}

TEST(HttpSse, AMessageThatIsNotTakenFailsItsCallAlone) {
  OldServer server;
  ASSERT_TRUE(server.connect().ok());
  server.post_status = 500;
  EXPECT_FALSE(server.call().ok());
  server.post_status = 202;
  EXPECT_TRUE(server.call().ok());
}

TEST(HttpSse, NonsenseOnTheStreamIsCountedAndNothingElse) {
  OldServer server;
  ASSERT_TRUE(server.connect().ok());
  server.waiting =
      "data: nonsense\n\nevent: endpoint\ndata: http://evil.example/\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}\n\n"
      "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n";
  ASSERT_TRUE(server.call().ok());
  EXPECT_EQ(server.connection->counters().noise, 1u);
  EXPECT_EQ(server.connection->counters().strangers, 1u);
  EXPECT_EQ(server.heard, protocol::Method::tools_list_changed);
  EXPECT_EQ(server.posted_to, "/post?session=1");
}

TEST(HttpSse, TheEndOfTheStreamEndsWhatWaits) {
  OldServer server;
  ASSERT_TRUE(server.connect().ok());
  server.answer = [&](const protocol::Message&) {
    server.over = true;
    return std::string("{}");
  };
  auto result = server.call();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::unavailable);
  EXPECT_NE(server.connection->why().find("broke its event stream off"), std::string::npos) << server.connection->why();
}

TEST(HttpSse, AddressesAreReadRelativeToTheStream) {
  auto stream = *net::parse_url("https://h.example/a/b/sse?x=1");
  auto at = [&](std::string_view text) {
    auto url = sdk::endpoint_url(stream, text);
    return url ? url->text() : std::string("refused");
  };
  EXPECT_EQ(at("/m?s=1"), "https://h.example/m?s=1");
  EXPECT_EQ(at("m?s=1"), "https://h.example/a/b/m?s=1");
  EXPECT_EQ(at("?s=1"), "https://h.example/a/b/sse?s=1");
  EXPECT_EQ(at("https://h.example:443/m"), "https://h.example/m");
  for (std::string_view bad :
       {"", "http://h.example/m", "//other/m", "https://h.example.evil/m", "file:///m", "https://u@h.example/m", "/a b"})
    EXPECT_EQ(at(bad), "refused") << bad;
}

}  // namespace
