#include "net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <string>

#include "net/net_test_support.h"

namespace net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A server on its own thread; stopped, and all of it gone, in the end.
class Served {
 public:
  explicit Served(HttpHandler handler, HttpServerOptions options = {}) {
    server = std::make_unique<HttpServer>(thread.loop, options, std::move(handler));
    auto listening = thread.call([this] { return server->listen("127.0.0.1", 0); });
    EXPECT_TRUE(listening.ok());
  }
  ~Served() {
    EXPECT_TRUE(thread.run(server->stop(Millis(0))).ok());
    thread.call([this] { server.reset(); });
  }
  std::uint16_t port() { return server->port(); }
  HttpServerCounters counters() {
    return thread.call([this] { return server->counters(); });
  }

  test::LoopThread thread;
  std::unique_ptr<HttpServer> server;
};

Task<void> echo(HttpExchange& x) {
  std::string text =
      std::string(x.request().method) + " " + std::string(x.request().path) + " " + std::string(x.request().query) + " " + x.request().body;
  co_await x.respond(200, {{"Content-Type", "text/plain"}}, text);
}

std::string post(std::string_view body, std::string_view more = {}) {
  return "POST /p?q HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): a handler lives as long as its server, which joins its Tasks.

TEST(HttpServer, AnswersSeveralRequestsOnOneConnection) {
  Served served(echo);
  test::Plain client(served.port());
  for (int i = 0; i < 3; ++i) {
    client.send(post("hello"));
    auto answer = client.answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nPOST /p q hello"));
  }
  client.send("GET /g HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.until_close(), HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(served.counters().requests, 4u);
  EXPECT_EQ(served.counters().accepted, 1u);
}

TEST(HttpServer, AnswersWhatWasSentAheadInOrder) {
  Served served(echo);
  test::Plain client(served.port());
  client.send(post("one") + post("two") + "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n" +
              post("four"));
  for (const char* body : {"one", "two", "three", "four"}) EXPECT_THAT(client.answer(), HasSubstr(std::string(" ") + body));
}

TEST(HttpServer, ReadsRequestsWhateverWayTheyAreCut) {
  Served served(echo);
  std::string text = post("hello") + "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nth\r\n3\r\nree\r\n0\r\n\r\n";
  test::Plain client(served.port());
  for (char c : text) client.send({&c, 1});
  EXPECT_THAT(client.answer(), HasSubstr("POST /p q hello"));
  EXPECT_THAT(client.answer(), HasSubstr("POST /c  three"));
}

TEST(HttpServer, TakesLargeBodiesAndLeavesRoomBehindThem) {
  Served served([](HttpExchange& x) -> Task<void> {
    bool room = x.request().body.capacity() >= x.request().body.size() + kBodyPadding;
    std::string size = std::to_string(x.request().body.size()) + (room ? " room" : " none");
    co_await x.respond(200, {}, size);
  });
  for (std::size_t size : {0uz, 1uz, 1000uz, 16'000uz, 100'000uz, 3'000'000uz}) {
    test::Plain client(served.port());
    client.send(post(std::string(size, 'x')));
    EXPECT_THAT(client.answer(), HasSubstr("\r\n\r\n" + std::to_string(size) + " room"));
    std::string half(size / 2, 'y');
    char hex[20];
    std::snprintf(hex, sizeof hex, "%zx", half.size());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                (half.empty() ? "" : std::string(hex) + "\r\n" + half + "\r\n") + "0\r\n\r\n");
    EXPECT_THAT(client.answer(), HasSubstr("\r\n\r\n" + std::to_string(size / 2) + " room"));
  }
}

TEST(HttpServer, TurnsAwayBeforeItReadsABody) {
  HttpServerOptions options;
  std::atomic<bool> open = false;
  options.doorman = [&open](const HttpRequest& head) { return open || head.path == "/health"; };
  options.turned_away = {.status = 503, .retry_after = 7, .type = "application/json", .body = "{\"full\":true}"};
  Served served(echo, options);
  {
    test::Plain client(served.port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    std::string answer = client.until_close();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 7\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n{\"full\":true}"));
  }
  test::Plain client(served.port());
  client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 200"));
  open = true;
  client.send(post("hello"));
  EXPECT_THAT(client.answer(), HasSubstr("POST /p q hello"));
  EXPECT_EQ(served.counters().turned_away, 1u);
  EXPECT_EQ(served.counters().refused, 0u);
}

TEST(HttpServer, BodiesThatAreHeldHaveALimitTogether) {
  HttpServerOptions options;
  options.max_held = 1000;
  Served served(echo, options);
  auto head = [](int size) { return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n"; };
  test::Plain slow(served.port());
  slow.send(head(900) + std::string(700, 'x'));
  while (served.counters().held < 700) {}
  test::Plain late(served.port());
  late.send(head(400));
  EXPECT_THAT(late.until_close(), StartsWith("HTTP/1.1 503"));
  test::Plain chunked(served.port());
  chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n190\r\n" + std::string(400, 'y') + "\r\n");
  EXPECT_THAT(chunked.until_close(), StartsWith("HTTP/1.1 503"));
  test::Plain small(served.port());
  small.send(post("there is room"));
  EXPECT_THAT(small.answer(), HasSubstr("there is room"));
  slow.send(std::string(200, 'x'));
  EXPECT_THAT(slow.answer(), StartsWith("HTTP/1.1 200"));
  while (served.counters().held > 0) {}
  test::Plain next(served.port());
  next.send(post(std::string(900, 'z')));
  EXPECT_THAT(next.answer(), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServer, RefusesWhatIsMalformedOrTooLarge) {
  HttpServerOptions options;
  options.max_body = 1000;
  options.max_head = 1024;
  Served served(echo, options);
  const std::pair<std::string, int> cases[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\n X: y\r\n\r\n", 400},
      {"GET / HTTP/1.1\n\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", 400},
      {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505},
      {"GET /" + std::string(2000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'a'), 413},
  };
  for (const auto& [text, status] : cases) {
    test::Plain client(served.port());
    client.send(text);
    auto answer = client.answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status))) << text.substr(0, 80);
    EXPECT_THAT(answer, HasSubstr("Connection: close"));
    client.half_close();
    EXPECT_EQ(client.until_close(), "");
  }
  EXPECT_EQ(served.counters().refused, std::size(cases));
  EXPECT_EQ(served.counters().requests, 0u);
}

TEST(HttpServer, SaysThatItWantsTheBody) {
  Served served(echo);
  test::Plain client(served.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.answer(), HasSubstr("POST /  ok"));
}

TEST(HttpServer, MeasuresTheAnswerToHeadButDoesNotSendIt) {
  Served served(echo);
  test::Plain client(served.port());
  client.send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.until("\r\n\r\n"), HasSubstr("Content-Length: 9\r\n"));
  client.send(post("next"));
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServer, AHandlerThatDoesNotAnswerGives500) {
  Served served([](HttpExchange& x) -> Task<void> {
    if (x.request().path == "/throw") throw std::runtime_error("boom");
    if (x.request().path == "/fail") co_await mcp::fail(Code::denied, "no");
    if (x.request().path == "/split") co_await x.respond(200, {{"A", "b\r\nSet-Cookie: x"}}, "");
    co_return;
  });
  test::Plain client(served.port());
  for (const char* path : {"/none", "/throw", "/fail", "/split"}) {
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    auto answer = client.answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500")) << path;
    EXPECT_THAT(answer, testing::Not(HasSubstr("Set-Cookie")));
  }
}

TEST(HttpServer, StreamsInChunksAndServesOn) {
  Served served([](HttpExchange& x) -> Task<void> {
    co_await x.open_stream(200, {{"Content-Type", "text/event-stream"}});
    for (const char* piece : {"one", "", "two"}) co_await x.write(piece);
    co_await x.end();
  });
  test::Plain client(served.port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.until("0\r\n\r\n"), HasSubstr("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));
  }
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.until_close(), testing::EndsWith("\r\n\r\nonetwo"));
  EXPECT_EQ(served.counters().streams, 0u);
}

TEST(HttpServer, AStreamThatItsHandlerLeavesOpenIsBrokenOff) {
  Served served([](HttpExchange& x) -> Task<void> {
    co_await x.open_stream(200, {});
    co_await x.write("half");
  });
  test::Plain client(served.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.until_close(), testing::EndsWith("4\r\nhalf\r\n"));
}

// A handler that waits for its client's end, in three ways of ending.
TEST(HttpServer, TellsTheHandlerThatTheClientHasGone) {
  for (const char* way : {"close", "reset", "half"}) {
    std::promise<std::string> seen;
    Served served([&seen](HttpExchange& x) -> Task<void> {
      base::OneShot<void> gone;
      auto set = [&gone] { gone.set(Result<>()); };
      {
        std::stop_callback on_stop(x.stop_token(), set);
        (void)co_await gone.wait();
      }
      seen.set_value(x.gone() ? "gone" : "not gone");
    });
    test::Plain client(served.port());
    client.send(post("x"));
    if (way == std::string_view("close")) client.close();
    if (way == std::string_view("reset")) client.reset();
    if (way == std::string_view("half")) client.half_close();
    EXPECT_EQ(seen.get_future().get(), "gone") << way;
  }
}

TEST(HttpServer, AWriterIsHeldBackAndToldWhenItsClientTakesNothing) {
  std::promise<Code> ended;
  HttpServerOptions options;
  options.write_time = Millis(50);
  Served served(
      [&ended](HttpExchange& x) -> Task<void> {
        std::string piece(1'000'000, 'x');
        co_await x.open_stream(200, {});
        for (int i = 0; i < 1000; ++i) {
          auto written = co_await x.write(piece).result();
          if (written) continue;
          ended.set_value(written.error().code);
          co_return;
        }
        ended.set_value(Code::internal);
      },
      options);
  test::Plain client(served.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(ended.get_future().get(), Code::cancelled);
}

TEST(HttpServer, ClosesWhoIsTooSlow) {
  HttpServerOptions options;
  options.head_time = options.body_time = options.idle_time = Millis(40);
  Served served(echo, options);
  test::Plain idle(served.port()), head(served.port()), body(served.port());
  head.send("GET / HT");
  body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1");
  EXPECT_EQ(idle.until_close(), "");
  EXPECT_THAT(head.until_close(), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(body.until_close(), StartsWith("HTTP/1.1 408"));
}

TEST(HttpServer, HasALimitOfConnections) {
  HttpServerOptions options;
  options.max_connections = 1;
  Served served(echo, options);
  test::Plain first(served.port());
  first.send(post("x"));
  first.answer();
  test::Plain second(served.port());
  EXPECT_THAT(second.until_close(), StartsWith("HTTP/1.1 503"));
}

TEST(HttpServer, RefusesAPortThatIsTaken) {
  Served served(echo);
  HttpServer other(served.thread.loop, {}, echo);
  auto second = served.thread.call([&] { return other.listen("127.0.0.1", served.port()); });
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::conflict);
  EXPECT_THAT(second.error().message, HasSubstr("another process listens there"));
  auto name = served.thread.call([&] { return other.listen("localhost", 0); });
  EXPECT_EQ(name.error().code, Code::invalid_argument);
}

TEST(HttpServer, SharesItsConnectionsWithPeers) {
  Served first(echo), second(echo);
  first.thread.call([&] { first.server->share_with(*second.server); });
  std::vector<test::Plain> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(first.port());
    clients.back().send(post("x"));
    clients.back().answer();
  }
  EXPECT_EQ(first.counters().accepted, 2u);
  EXPECT_EQ(second.counters().accepted, 2u);
}

TEST(HttpServer, ListensOnAUnixSocketForThisUserOnly) {
  Served served(echo);
  std::string path = testing::TempDir() + "net_test_" + std::to_string(::getpid()) + ".sock";
  auto listen = [&] { return served.thread.call([&] { return served.server->listen_unix(path); }); };
  ASSERT_TRUE(listen().ok());
  struct stat found{};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_EQ(listen().error().code, Code::conflict);

  int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  ASSERT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  test::Plain client(test::Plain::Taken{}, socket);
  client.send(post("unix"));
  EXPECT_THAT(client.answer(), HasSubstr("POST /p q unix"));
  EXPECT_TRUE(served.thread.run(served.server->stop(Millis(0))).ok());
  EXPECT_NE(::stat(path.c_str(), &found), 0);
}

TEST(HttpServer, StopLetsARunningRequestEndAndClosesTheRest) {
  base::OneShot<void> go;
  std::promise<void> entered;
  Served served([&](HttpExchange& x) -> Task<void> {
    entered.set_value();
    (void)co_await go.wait();
    co_await x.respond(200, {}, "done");
  });
  test::Plain idle(served.port()), busy(served.port());
  busy.send(post("x"));
  entered.get_future().get();
  std::thread stopping([&] { EXPECT_TRUE(served.thread.run(served.server->stop(std::chrono::hours(1))).ok()); });
  EXPECT_EQ(idle.until_close(), "");
  served.thread.call([&] { go.set(Result<>()); });
  auto answer = busy.until_close();
  EXPECT_THAT(answer, testing::EndsWith("done"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  stopping.join();
}

TEST(HttpServer, StopLetsAnAnswerThatStreamsEnd) {
  base::OneShot<void> go;
  std::atomic<bool> asked = false;
  Served served([&](HttpExchange& x) -> Task<void> {
    auto note = [&] { asked = true; };
    std::stop_callback on_stop(x.stop_token(), note);
    co_await x.open_stream(200, {});
    co_await x.write("begun");
    (void)co_await go.wait();
    co_await x.end();
  });
  // Connections are taken and read in their order: once the second is answered, the first has been read.
  test::Plain half(served.port());
  half.send("POST / HT");
  test::Plain busy(served.port());
  busy.send(post("x"));
  busy.until("begun");
  std::thread stopping([&] { EXPECT_TRUE(served.thread.run(served.server->stop(std::chrono::hours(1))).ok()); });
  EXPECT_THAT(half.until_close(), HasSubstr("408"));  // half a request is not waited for
  EXPECT_FALSE(asked);
  served.thread.call([&] { go.set(Result<>()); });
  EXPECT_THAT(busy.until_close(), testing::EndsWith("0\r\n\r\n"));
  stopping.join();
}

TEST(HttpServer, StopAsksStreamsToEndAndCutsOffWhoDoesNot) {
  std::promise<void> entered;
  std::atomic<int> asked = 0;
  Served served([&](HttpExchange& x) -> Task<void> {
    base::OneShot<void> stop;
    auto set = [&] {
      ++asked;
      stop.set(Result<>());
    };
    std::stop_callback on_stop(x.stop_token(), set);
    bool stream = x.request().path == "/stream";
    if (stream) {
      x.is_endless();
      co_await x.open_stream(200, {});
    } else {
      entered.set_value();
    }
    (void)co_await stop.wait();
    if (stream) co_await x.end();
  });
  test::Plain stream(served.port()), stubborn(served.port());
  stream.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  stream.until("\r\n\r\n");
  stubborn.send("GET /other HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().get();
  EXPECT_TRUE(served.thread.run(served.server->stop(Millis(30))).ok());
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(stream.until_close(), "0\r\n\r\n");
  EXPECT_EQ(stubborn.until_close(), "");
}

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)

}  // namespace
}  // namespace net
