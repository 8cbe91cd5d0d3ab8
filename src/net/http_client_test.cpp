#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

#include "net/net_test_support.h"

namespace net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Answer {
  int status = 0;
  std::string body;
  std::string type;
};

Task<Answer> fetch(HttpClient* client, std::string url, std::string method, std::string body, std::stop_token stop, Millis time,
                   Repeat repeat, std::size_t limit) {
  HttpClientRequest request;
  Url place = co_await parse_url(url);
  request.url = &place;
  request.method = method;
  request.body = body;
  request.repeat = repeat;
  HttpHeader headers[] = {{"X-Test", "yes"}};
  request.headers = headers;
  HttpResponse response = co_await client->send(request, stop, base::Timers::now() + time);
  Answer out;
  out.status = response.status();
  out.type = std::string(response.find("content-type").value_or("none"));
  out.body = co_await response.body(limit);
  co_return std::move(out);
}

// A client on its own thread, talking to a server that the test plays by hand.
class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() { make({}); }
  ~HttpClientTest() override {
    thread.call([this] { client.reset(); });
  }
  void make(HttpClientOptions options) {
    thread.call([&] { client = std::make_unique<HttpClient>(thread.loop, options); });
  }
  std::string url(std::string_view path = "/") const { return "http://127.0.0.1:" + std::to_string(listening.port) + std::string(path); }
  std::future<Result<Answer>> start(std::string body = "hello", std::stop_token stop = {}, Millis time = Millis(10'000),
                                    Repeat repeat = Repeat::never, std::size_t limit = 100'000'000, std::string method = "POST") {
    return std::async(std::launch::async,
                      [=, this] { return thread.run(fetch(client.get(), url("/p"), method, body, stop, time, repeat, limit)); });
  }
  HttpClientCounters counters() {
    return thread.call([this] { return client->counters(); });
  }

  test::Listening listening;
  test::LoopThread thread;
  std::unique_ptr<HttpClient> client;
};

TEST_F(HttpClientTest, SendsAndKeepsTheConnection) {
  auto first = start();
  auto server = listening.accept();
  EXPECT_EQ(server.until("hello"),
            "POST /p HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(listening.port) + "\r\nX-Test: yes\r\nContent-Length: 5\r\n\r\nhello");
  server.send("HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\none");
  auto answer = first.get();
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "one");
  EXPECT_EQ(answer->type, "a/b");
  EXPECT_EQ(counters().idle, 1u);

  auto second = start();
  server.until("hello");
  server.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n");
  answer = second.get();
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, "two");
  EXPECT_EQ(counters().connected, 1u);
}

TEST_F(HttpClientTest, AsksAboutTheAddressThatItConnectsTo) {
  std::vector<std::string> asked;
  HttpClientOptions options;
  options.may_connect = [&asked](const asio::ip::address& address) {
    asked.push_back(address.to_string());
    return !address.is_loopback();
  };
  thread.call([this] { client.reset(); });
  make(options);
  for (std::string host : {"127.0.0.1", "localhost"}) {
    std::string there = "http://" + host + ":" + std::to_string(listening.port) + "/";
    auto answer = thread.run(fetch(client.get(), there, "GET", "", {}, Millis(10'000), Repeat::never, 100));
    ASSERT_FALSE(answer.ok()) << host;
    EXPECT_EQ(answer.error().code, Code::denied);
    EXPECT_THAT(answer.error().message, HasSubstr(host));
  }
  EXPECT_THAT(asked, testing::Contains("127.0.0.1"));
  EXPECT_EQ(counters().connected, 0u);
}

TEST_F(HttpClientTest, AConnectionIsNotKeptToTheEndOfWhatTheServerSays) {
  for (auto [says, kept] :
       {std::pair("timeout=1", 0u), std::pair("timeout=0, max=5", 0u), std::pair("timeout=60", 1u), std::pair("nonsense", 1u)}) {
    thread.call([this] { client.reset(); });
    make({});
    auto sent = start();
    auto server = listening.accept();
    server.until("hello");
    server.send("HTTP/1.1 200 OK\r\nKeep-Alive: " + std::string(says) + "\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_EQ(sent.get()->body, "ok");
    EXPECT_EQ(counters().idle, kept) << says;
  }
}

TEST_F(HttpClientTest, ReadsUntilCloseAndAnswersWithoutBody) {
  auto closed = start();
  {
    auto server = listening.accept();
    server.until("hello");
    server.send("HTTP/1.1 200 OK\r\n\r\nall of it");
  }
  EXPECT_EQ(closed.get()->body, "all of it");
  auto head = start("", {}, Millis(10'000), Repeat::never, 100, "HEAD");
  auto server = listening.accept();
  server.until("\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
  EXPECT_EQ(head.get()->body, "");
  EXPECT_EQ(counters().idle, 1u);
}

TEST_F(HttpClientTest, MovesLargeBodiesBothWays) {
  std::string large(5'000'000, 'x');
  auto sent = start(large);
  auto server = listening.accept();
  server.until("\r\n\r\n");
  std::string got;
  char buffer[65536];
  while (got.size() < large.size()) {
    ssize_t n = ::recv(server.native(), buffer, sizeof buffer, 0);
    ASSERT_GT(n, 0);
    got.append(buffer, static_cast<std::size_t>(n));
  }
  EXPECT_EQ(got, large);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n" + large);
  EXPECT_EQ(sent.get()->body, large);
}

TEST_F(HttpClientTest, ReadsAnAnswerThatComesBeforeTheBodyWasTaken) {
  auto sent = start(std::string(20'000'000, 'x'));
  auto server = listening.accept();
  server.until("\r\n\r\n");
  server.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_EQ(sent.get()->status, 413);
  EXPECT_EQ(counters().idle, 0u);
}

TEST_F(HttpClientTest, RefusesNonsense) {
  for (const char* text :
       {"hello\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        "HTTP/1.1 200", "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"}) {
    auto sent = start();
    {
      auto server = listening.accept();
      server.until("hello");
      server.send(text);
    }
    auto answer = sent.get();
    ASSERT_FALSE(answer.ok()) << text;
    EXPECT_EQ(answer.error().code, Code::upstream_failed) << text;
    EXPECT_THAT(answer.error().message, HasSubstr(":" + std::to_string(listening.port)));
  }
}

TEST_F(HttpClientTest, HasLimits) {
  auto head = start();
  {
    auto server = listening.accept();
    server.until("hello");
    std::string many = "HTTP/1.1 200 OK\r\nX: " + std::string(33 * 1024, 'x');
    server.send(many);
    EXPECT_EQ(head.get().error().code, Code::too_large);
  }
  for (const char* text : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", "HTTP/1.1 200 OK\r\n\r\nabcde"}) {
    auto body = start("hello", {}, Millis(10'000), Repeat::never, 4);
    auto server = listening.accept();
    server.until("hello");
    server.send(text);
    EXPECT_EQ(body.get().error().code, Code::too_large);
  }
}

TEST_F(HttpClientTest, EndsByDeadlineAndByStop) {
  auto late = start("hello", {}, Millis(30));
  auto server = listening.accept();
  auto answer = late.get();
  EXPECT_EQ(answer.error().code, Code::timeout);
  server.until("hello");
  EXPECT_EQ(server.until_close(), "");

  std::stop_source stop;
  auto cancelled = start("hello", stop.get_token());
  auto other = listening.accept();
  other.until("hello");
  other.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na");
  thread.call([&] { stop.request_stop(); });
  EXPECT_EQ(cancelled.get().error().code, Code::cancelled);
  EXPECT_EQ(other.until_close(), "");
}

TEST_F(HttpClientTest, DropsAKeptConnectionThatTheServerClosed) {
  for (int i = 0; i < 3; ++i) {
    auto sent = start();
    auto server = listening.accept();
    EXPECT_THAT(server.until("hello"), StartsWith("POST"));
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(sent.get().ok());
    server.close();
  }
  EXPECT_EQ(counters().connected, 3u);
}

TEST_F(HttpClientTest, RepeatsOnlyWhatIsHarmless) {
  for (Repeat repeat : {Repeat::never, Repeat::harmless}) {
    auto warm = start();
    auto server = listening.accept();
    server.until("hello");
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(warm.get().ok());
    auto sent = start("hello", {}, Millis(10'000), repeat);
    server.until("hello");
    server.close();  // after the request was sent, before a byte of the answer
    if (repeat == Repeat::never) {
      EXPECT_EQ(sent.get().error().code, Code::upstream_failed);
    } else {
      auto again = listening.accept();
      again.until("hello");
      again.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      EXPECT_EQ(sent.get()->body, "ok");
      EXPECT_EQ(counters().retried, 1u);
    }
  }
}

TEST_F(HttpClientTest, SaysWhomItCannotReach) {
  std::uint16_t port = 0;
  {
    test::Listening gone;
    port = gone.port;
  }
  auto refused =
      thread.run(fetch(client.get(), "http://127.0.0.1:" + std::to_string(port) + "/", "GET", "", {}, Millis(5000), Repeat::never, 10));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("127.0.0.1:" + std::to_string(port)));
  auto tls = std::async(std::launch::async, [&] {
    return thread.run(
        fetch(client.get(), "https://127.0.0.1:" + std::to_string(listening.port) + "/", "GET", "", {}, Millis(5000), Repeat::never, 10));
  });
  {
    auto server = listening.accept();
    server.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  }
  auto failed = tls.get();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, Code::unavailable);
  EXPECT_THAT(failed.error().message, HasSubstr("TLS"));
}

// A TLS server for one connection at a time, with a certificate of its own for "localhost".
class TlsServer {
 public:
  TlsServer() {
    std::string base = testing::TempDir() + "tls_" + std::to_string(::getpid());
    certificate = base + ".pem";
    key_ = base + ".key";
    std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext "
        "subjectAltName=DNS:localhost -keyout " +
        key_ + " -out " + certificate + " 2>/dev/null";
    EXPECT_EQ(::system(make.c_str()), 0);
    context_ = SSL_CTX_new(TLS_server_method());
    EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context_, certificate.c_str()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_, key_.c_str(), SSL_FILETYPE_PEM), 1);
  }
  ~TlsServer() {
    SSL_CTX_free(context_);
    ::unlink(certificate.c_str());
    ::unlink(key_.c_str());
  }
  // Answers `times` requests on one connection; the first one's bytes, or "" when there was no handshake.
  std::string serve(test::Plain connection, int times) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, connection.native());
    std::string got;
    if (SSL_accept(ssl) == 1) {
      for (int i = 0; i < times; ++i) {
        got.resize(4096);
        int n = SSL_read(ssl, got.data(), static_cast<int>(got.size()));
        got.resize(static_cast<std::size_t>(std::max(n, 0)));
        std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
        SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
      }
    }
    SSL_free(ssl);
    ERR_clear_error();
    return got;
  }
  std::string certificate;

 private:
  std::string key_;
  SSL_CTX* context_ = nullptr;
};

TEST_F(HttpClientTest, SpeaksTlsWithWhomItTrusts) {
  TlsServer tls;
  auto get = [&](std::string host) {
    return std::async(std::launch::async, [this, host] {
      std::string where = "https://" + host + ":" + std::to_string(listening.port) + "/";
      return thread.run(fetch(client.get(), where, "POST", "hello", {}, Millis(5000), Repeat::never, 100));
    });
  };
  auto stranger = get("localhost");
  tls.serve(listening.accept(), 1);
  auto refused = stranger.get();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("certificate"));

  HttpClientOptions options;
  options.extra_ca = tls.certificate;
  make(options);
  auto first = get("localhost");
  auto serving = std::async(std::launch::async, [&] { return tls.serve(listening.accept(), 2); });
  auto answer = first.get();
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "secret");
  EXPECT_EQ(get("localhost").get()->body, "secret");
  EXPECT_EQ(counters().connected, 1u);
  EXPECT_THAT(serving.get(), testing::EndsWith("hello"));

  auto other_name = get("127.0.0.1");
  tls.serve(listening.accept(), 1);
  EXPECT_EQ(other_name.get().error().code, Code::unavailable);
}

Task<std::string> stream_pieces(HttpClient* client, std::string url, std::promise<void>* first) {
  HttpClientRequest request;
  Url place = co_await parse_url(url);
  request.url = &place;
  HttpResponse response = co_await client->send(request, {}, base::Timers::now() + Millis(10'000));
  response.extend(base::Instant::max());
  std::string out;
  for (;;) {
    HttpChunk chunk = co_await response.read_some();
    if (chunk.end) break;
    out += std::string(chunk.bytes) + "|";
    if (first) std::exchange(first, nullptr)->set_value();
  }
  co_return std::move(out);
}

TEST_F(HttpClientTest, StreamsPiecesAsTheyCome) {
  std::promise<void> first;
  auto got = std::async(std::launch::async, [&] { return thread.run(stream_pieces(client.get(), url(), &first)); });
  auto server = listening.accept();
  server.until("\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  first.get_future().get();
  server.send("3\r\ntwo\r\n0\r\n\r\n");
  EXPECT_EQ(*got.get(), "one|two|");
  EXPECT_EQ(counters().idle, 1u);
}

}  // namespace
}  // namespace net
