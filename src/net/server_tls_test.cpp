#include "net/server_tls.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/net_test_support.h"

namespace {

namespace fs = std::filesystem;
using base::Millis;
using base::Task;
using net::ServerTls;

class ServerTlsTest : public testing::Test {
 protected:
  ServerTlsTest() {
    std::string pattern = fs::temp_directory_path() / "gatehouse-tls-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    make("one");
    make("two");
  }
  ~ServerTlsTest() override { fs::remove_all(folder_); }
  void make(const std::string& name) {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext "
        "subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
        file(name + ".key") + " -out " + file(name + ".pem") + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
};

TEST_F(ServerTlsTest, SaysWhatIsWrongWithAPair) {
  ASSERT_TRUE(ServerTls::load(file("one.pem"), file("one.key")).ok());
  std::ofstream(file("none.pem")) << "hello";
  auto said = [&](const std::string& cert, const std::string& key) {
    auto loaded = ServerTls::load(file(cert), file(key));
    return loaded ? std::string("good") : loaded.error().message;
  };
  EXPECT_EQ(said("gone.pem", "one.key"), file("gone.pem") + " is not there");
  EXPECT_NE(said("none.pem", "one.key").find("no certificate in PEM"), std::string::npos);
  EXPECT_NE(said("one.pem", "none.pem").find("none.pem: no private key"), std::string::npos);
  EXPECT_NE(said("one.pem", "two.key").find("two.key"), std::string::npos);
  auto one = ServerTls::load(file("one.pem"), file("one.key")), two = ServerTls::load(file("two.pem"), file("two.key"));
  EXPECT_NE((*one)->fingerprint(), (*two)->fingerprint());
  EXPECT_GT((*one)->expires(), std::chrono::system_clock::now() + std::chrono::hours(24));
}

struct Got {
  int status = 0;
  std::string body;
};

Task<Got> ask(net::HttpClient* client, std::string url, std::string body) {
  net::Url place = co_await net::parse_url(url);
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = &place;
  request.body = body;
  net::HttpResponse response = co_await client->send(request, {}, base::Timers::now() + Millis(20'000));
  Got got;
  got.status = response.status();
  got.body = co_await response.body(64 << 20);
  co_return got;
}

TEST_F(ServerTlsTest, CarriesRequestsAndAnswersOfAnySize) {
  base::Loop loop;
  auto echo = [](net::HttpExchange& exchange) -> Task<void> {
    auto answer = [](net::HttpExchange* to) -> Task<void> {
      const std::string body = to->request().body + "!";
      co_await to->respond(200, {{"Content-Type", "text/plain"}}, body);
    };
    return answer(&exchange);
  };
  net::HttpServer server(loop, {}, echo);
  server.use(*ServerTls::load(file("one.pem"), file("one.key")));
  ASSERT_TRUE(server.listen("127.0.0.1", 0).ok());
  net::HttpClientOptions options;
  options.extra_ca = file("one.pem");
  net::HttpClient client(loop, options);
  const std::string url = "https://localhost:" + std::to_string(server.port()) + "/";
  for (std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{16'384}, std::size_t{3'000'000}}) {
    auto got = loop.block_on(ask(&client, url, std::string(size, 'x')));
    ASSERT_TRUE(got.ok()) << got.error().message;
    EXPECT_EQ(got->body.size(), size + 1);
  }
  EXPECT_EQ(client.counters().connected, 1u) << "one connection for all";
  // Another certificate is for who connects from now on.
  server.use(*ServerTls::load(file("two.pem"), file("two.key")));
  EXPECT_TRUE(loop.block_on(ask(&client, url, "again")).ok());
  net::HttpClient fresh(loop, options);
  auto refused = loop.block_on(ask(&fresh, url, "hello"));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("certificate"), std::string::npos);
  ASSERT_TRUE(loop.block_on(server.stop(Millis(1'000))).ok());
  EXPECT_EQ(server.counters().handshakes_failed, 1u);
  EXPECT_EQ(server.counters().held, 0u);
}

TEST_F(ServerTlsTest, WhoSpeaksPlainHttpIsNoHarm) {
  base::Loop loop;
  net::HttpServer server(loop, {}, [](net::HttpExchange& exchange) { return exchange.respond(200, {}, "x"); });
  server.use(*ServerTls::load(file("one.pem"), file("one.key")));
  ASSERT_TRUE(server.listen("127.0.0.1", 0).ok());
  net::HttpClient client(loop, {});
  EXPECT_FALSE(loop.block_on(ask(&client, "http://localhost:" + std::to_string(server.port()) + "/", "")).ok());
  ASSERT_TRUE(loop.block_on(server.stop(Millis(1'000))).ok());
  EXPECT_EQ(server.counters().handshakes_failed, 1u);
}

}  // namespace
