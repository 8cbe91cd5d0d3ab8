// The client's way to a server: proxies, redirects, TLS over a tunnel, several addresses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/net_test_support.h"

namespace net {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Task<std::string> fetch(HttpClient* client, std::string url, std::string method) {
  Url place = co_await parse_url(url);
  HttpClientRequest request;
  request.url = &place;
  request.method = method;
  request.body = method == "POST" ? "hello" : "";
  HttpResponse response = co_await client->send(request, {}, base::Timers::now() + Millis(10'000));
  std::string body = co_await response.body(1'000);
  co_return std::to_string(response.status()) + " " + body;
}

class HttpWayTest : public testing::Test {
 protected:
  ~HttpWayTest() override {
    thread.call([this] { client.reset(); });
  }
  void make(HttpClientOptions options) {
    thread.call([&] { client = std::make_unique<HttpClient>(thread.loop, options); });
  }
  // A client whose proxy is the listener.
  void make_proxied(std::string credentials = {}) {
    HttpClientOptions options;
    options.proxies.http = options.proxies.https = *parse_proxy("http://" + credentials + "127.0.0.1:" + std::to_string(listening.port));
    make(options);
  }
  std::future<Result<std::string>> start(std::string url, std::string method = "POST") {
    return std::async(std::launch::async, [=, this] { return thread.run(fetch(client.get(), url, method)); });
  }
  std::string here(std::string_view path) const { return "http://127.0.0.1:" + std::to_string(listening.port) + std::string(path); }

  test::Listening listening;
  test::LoopThread thread;
  std::unique_ptr<HttpClient> client;
};

TEST_F(HttpWayTest, AProxyIsAskedForAPlainServerByItsWholeAddress) {
  make_proxied("me:pw@");
  auto first = start("http://tools.test/a?b");
  auto proxy = listening.accept();
  EXPECT_EQ(
      proxy.until("hello"),
      "POST http://tools.test/a?b HTTP/1.1\r\nHost: tools.test\r\nProxy-Authorization: Basic bWU6cHc=\r\nContent-Length: 5\r\n\r\nhello");
  proxy.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(*first.get(), "200 ok");
  auto second = start("http://tools.test/c");
  EXPECT_THAT(proxy.until("hello"), StartsWith("POST http://tools.test/c HTTP/1.1\r\n"));
  proxy.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(second.get().error().message, HasSubstr("the proxy wants a user and password"));
}

TEST_F(HttpWayTest, AProxyIsAskedForATunnelToATlsServer) {
  make_proxied("me:pw@");
  auto refused = start("https://tools.test/a");
  auto proxy = listening.accept();
  EXPECT_EQ(proxy.until("\r\n\r\n"),
            "CONNECT tools.test:443 HTTP/1.1\r\nHost: tools.test:443\r\nProxy-Authorization: Basic bWU6cHc=\r\n\r\n");
  proxy.send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nno!");
  auto error = refused.get().error();
  EXPECT_EQ(error.code, Code::unavailable);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("cannot reach tools.test:443 through the proxy 127.0.0.1:"), HasSubstr("HTTP 502"), Not(HasSubstr("pw"))));

  auto talkative = start("https://tools.test/a");
  auto second = listening.accept();
  second.until("\r\n\r\n");
  second.send("HTTP/1.1 200 OK\r\n\r\nhello");
  EXPECT_THAT(talkative.get().error().message, HasSubstr("spoke before"));

  // The TLS handshake goes through the tunnel.
  auto tunnelled = start("https://[fd00::7]:8443/a");
  auto third = listening.accept();
  EXPECT_THAT(third.until("\r\n\r\n"), StartsWith("CONNECT [fd00::7]:8443 HTTP/1.1\r\nHost: [fd00::7]:8443\r\n"));
  third.send("HTTP/1.0 200 Connection established\r\nContent-Length: 10\r\n\r\n");
  EXPECT_EQ(third.until("\x01").front(), '\x16');
  third.close();
  EXPECT_THAT(tunnelled.get().error().message, HasSubstr("TLS failed"));

  auto silent = start("https://tools.test/a");
  listening.accept().until("\r\n\r\n");
  EXPECT_EQ(silent.get().error().code, Code::unavailable);
}

TEST_F(HttpWayTest, RedirectsOnTheSameServerKeepMethodAndBody) {
  HttpClientOptions options;
  options.max_redirects = 2;
  make(options);
  auto got = start(here("/mcp"));
  auto one = listening.accept();
  one.until("hello");
  one.send("HTTP/1.1 307 Temporary Redirect\r\nLocation: /mcp/\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(one.until("hello"), StartsWith("POST /mcp/ HTTP/1.1\r\n"));
  one.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(*got.get(), "200 ok");

  auto away = start(here("/mcp"));
  one.until("hello");
  one.send("HTTP/1.1 308 Permanent Redirect\r\nLocation: http://other.test/mcp\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(away.get().error().message, AllOf(HasSubstr("http://other.test/mcp"), HasSubstr("put that address in the config")));

  auto round = start(here("/mcp"));
  for (int i = 0; i < 3; ++i) {
    one.until("hello");
    one.send("HTTP/1.1 307 Temporary Redirect\r\nLocation: /mcp\r\nContent-Length: 0\r\n\r\n");
  }
  EXPECT_THAT(round.get().error().message, HasSubstr("one redirect after the other"));
}

TEST_F(HttpWayTest, WithoutLeaveRedirectsAreAnswersLikeOthers) {
  make({});
  auto got = start(here("/mcp"), "GET");
  auto server = listening.accept();
  server.until("\r\n\r\n");
  server.send("HTTP/1.1 307 Temporary Redirect\r\nLocation: /mcp/\r\nContent-Length: 2\r\n\r\ngo");
  EXPECT_EQ(*got.get(), "307 go");
}

TEST_F(HttpWayTest, TriesEachAddressOfAName) {
  make({});
  // localhost is ::1 too where there is IPv6, and only 127.0.0.1 listens.
  auto got = start("http://localhost:" + std::to_string(listening.port) + "/", "GET");
  auto server = listening.accept();
  EXPECT_THAT(server.until("\r\n\r\n"), Not(HasSubstr("Accept-Encoding")));
  server.send(
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nok\r\n0\r\nX: "
      "y\r\n\r\n");
  EXPECT_EQ(*got.get(), "200 ok");
}

}  // namespace
}  // namespace net
