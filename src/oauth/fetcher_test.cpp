// The door through which sign-in asks others, against servers that do what they should not.
#include "oauth/fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "net/http_server.h"

namespace oauth {
namespace {

using ::testing::HasSubstr;

class FetcherTest : public ::testing::Test {
 protected:
  FetcherTest() {
    server_ = std::make_unique<net::HttpServer>(loop, net::HttpServerOptions{},
                                                [this](net::HttpExchange& exchange) { return serve(this, &exchange); });
    EXPECT_TRUE(server_->listen("127.0.0.1", 0).ok());
    here = "http://127.0.0.1:" + std::to_string(server_->port());
  }
  ~FetcherTest() override {
    gate.raise();
    EXPECT_TRUE(loop.block_on(server_->stop(Millis(50))).ok());
  }

  static Task<void> serve(FetcherTest* self, net::HttpExchange* exchange) {
    ++self->asked;
    net::HttpRequest& request = exchange->request();
    net::HeaderLines json({"Content-Type", "Application/JSON; charset=utf-8"}, {"DPoP-Nonce", "n"});
    if (request.path == "/redirect") {
      net::HeaderLines away({"Location", "/fine"});
      co_await exchange->respond(302, away, "");
    } else if (request.path == "/huge") {
      co_await exchange->open_stream(200, json);
      for (;;) co_await exchange->write("                                                                ");
    } else if (request.path == "/slow") {
      co_await exchange->open_stream(200, json);
      co_await exchange->write("{");
      co_await self->gate.wait();
    } else {
      std::string body = request.body.empty() ? "{}" : request.body;
      co_await exchange->respond(request.path == "/no" ? 404 : 200, json, body);
    }
  }

  Result<Fetched> get(Fetcher* fetcher, std::string url, std::stop_token stop = {}) {
    return loop.block_on(fetcher->get(std::move(url), stop));
  }

  Loop loop;
  std::string here;
  int asked = 0;
  base::Signal gate;

 private:
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(FetcherTest, FetchesAndPosts) {
  Fetcher fetcher(loop, Reach::loopback_too, "");
  auto got = get(&fetcher, here + "/fine");
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->type, "application/json");
  EXPECT_EQ(got->dpop_nonce, "n");
  EXPECT_EQ(get(&fetcher, here + "/no")->status, 404);
  FetchHeaders none;
  got = loop.block_on(fetcher.post(here + "/post", "text/plain", "hello", none, {}));
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->body, "hello");
}

TEST_F(FetcherTest, GoesNowhereItMayNot) {
  Fetcher fetcher(loop, Reach::public_addresses, "");
  for (std::string url : {here + "/fine", std::string("https://localhost/"), std::string("https://169.254.169.254/latest/meta-data"),
                          std::string("http://example.com/"), std::string("file:///etc/passwd")}) {
    auto got = get(&fetcher, url);
    ASSERT_FALSE(got.ok()) << url;
    EXPECT_TRUE(got.error().code == Code::denied || got.error().code == Code::invalid_argument) << got.error().message;
  }
  Fetcher local(loop, Reach::loopback_too, "");
  EXPECT_EQ(get(&local, "https://10.0.0.1/").error().code, Code::denied);
  EXPECT_EQ(asked, 0);
}

TEST_F(FetcherTest, FollowsNoRedirect) {
  Fetcher fetcher(loop, Reach::loopback_too, "");
  auto got = get(&fetcher, here + "/redirect");
  ASSERT_FALSE(got.ok());
  EXPECT_THAT(got.error().message, HasSubstr("redirect"));
  EXPECT_EQ(asked, 1);
}

TEST_F(FetcherTest, StopsAtItsLimits) {
  FetchLimits limits;
  limits.bytes = 10'000;
  limits.time = Millis(5'000);
  Fetcher small(loop, Reach::loopback_too, "", limits);
  EXPECT_EQ(get(&small, here + "/huge").error().code, Code::too_large);
  limits.time = Millis(60);
  Fetcher fast(loop, Reach::loopback_too, "", limits);
  EXPECT_EQ(get(&fast, here + "/slow").error().code, Code::timeout);
}

TEST_F(FetcherTest, CanBeStopped) {
  Fetcher fetcher(loop, Reach::loopback_too, "");
  std::stop_source stop;
  base::Deadline soon(loop.timers(), base::Timers::now() + Millis(20), [&stop] { stop.request_stop(); });
  EXPECT_EQ(get(&fetcher, here + "/slow", stop.get_token()).error().code, Code::cancelled);
}

}  // namespace
}  // namespace oauth
