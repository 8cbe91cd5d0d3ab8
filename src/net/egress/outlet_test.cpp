#include "net/egress/outlet.h"

#include <gtest/gtest.h>

#include "net/net_test_support.h"

namespace net {
namespace {

namespace ip = boost::asio::ip;

std::pair<Fd, std::uint16_t> listener() {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
  EXPECT_EQ(::listen(fd.get(), 16), 0);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size);
  return {std::move(fd), ntohs(at.sin_port)};
}

class OutletTest : public testing::Test {
 protected:
  ~OutletTest() override {
    thread_.call([this] { outlet_.reset(); });
  }

  void make(const std::vector<std::string>& allowed, ProxyRules proxies = {}) {
    OutletOptions options;
    options.allow = *AllowList::parse(allowed);
    options.proxies = std::move(proxies);
    options.ground = [](const ip::address& address) { return address.is_loopback() ? Ground::machine : Ground::open; };
    options.on_event = [this](const EgressEvent& event) {
      events_.push_back(event.target.host + ":" + std::to_string(event.target.port) + " " + event.refused);
    };
    options.connections = 4;
    thread_.call([&] { outlet_ = std::make_unique<Outlet>(thread_.loop, std::move(options)); });
    auto [fd, port] = listener();
    port_ = port;
    thread_.call([&] { EXPECT_TRUE(outlet_->serve_proxy(std::move(fd)).ok()); });
  }
  std::vector<std::string> events() {
    return thread_.call([this] { return events_; });
  }

  test::LoopThread thread_;
  std::unique_ptr<Outlet> outlet_;
  std::vector<std::string> events_;
  std::uint16_t port_ = 0;
  test::Listening world_;
};

TEST_F(OutletTest, WhatIsListedIsReachedAndBytesGoBothWays) {
  make({"localhost:" + std::to_string(world_.port)});
  test::Plain inside(port_);
  inside.send("CONNECT localhost:" + std::to_string(world_.port) + " HTTP/1.1\r\nHost: x\r\n\r\nearly ");
  EXPECT_TRUE(inside.until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
  test::Plain outside = world_.accept();
  inside.send("and late.");
  EXPECT_EQ(outside.until("."), "early and late.");
  outside.send("answer.");
  EXPECT_EQ(inside.until("."), "answer.");
  inside.half_close();
  EXPECT_EQ(outside.until_close(), "");
  outside.send("more");
  outside.close();
  EXPECT_EQ(inside.until_close(), "more");
  EXPECT_EQ(events(), std::vector<std::string>{"localhost:" + std::to_string(world_.port) + " "});
}

TEST_F(OutletTest, WhatIsNotListedIsRefusedWithTheRemedy) {
  make({"example.com"});
  const std::vector<std::string> hosts{"localhost:" + std::to_string(world_.port), "127.0.0.1:" + std::to_string(world_.port),
                                       "169.254.169.254:80", "[::1]:80", "example.com:22"};
  for (const std::string& host : hosts) {
    test::Plain inside(port_);
    inside.send("CONNECT " + host + " HTTP/1.1\r\n\r\n");
    const std::string answer = inside.until_close();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 ")) << answer;
    EXPECT_NE(answer.find("sandbox: { network: ["), std::string::npos) << answer;
  }
  EXPECT_EQ(events().size(), hosts.size());
}

TEST_F(OutletTest, ANameThatLeadsToThisMachineIsNotFollowed) {
  make({"*"});
  test::Plain inside(port_);
  inside.send("CONNECT 127.0.0.1:443 HTTP/1.1\r\n\r\n");
  EXPECT_NE(inside.until_close().find("leads to an address that this server may not reach"), std::string::npos);
}

TEST_F(OutletTest, OtherMethodsAndNoiseAreRefused) {
  make({"*"});
  for (const char* text : {"GET http://example.com/ HTTP/1.1\r\n\r\n", "\x16\x03\x01\r\n\r\n"}) {
    test::Plain inside(port_);
    inside.send(text);
    EXPECT_TRUE(inside.until_close().starts_with("HTTP/1.1 40")) << text;
  }
}

TEST_F(OutletTest, AListenerOfOnePlaceNeedsNoRequest) {
  make({"localhost:" + std::to_string(world_.port)});
  auto [fd, port] = listener();
  thread_.call([&] { EXPECT_TRUE(outlet_->serve_target(std::move(fd), {"localhost", world_.port}).ok()); });
  test::Plain inside(port);
  test::Plain outside = world_.accept();
  outside.send("first.");
  EXPECT_EQ(inside.until("."), "first.");
}

TEST_F(OutletTest, ThroughTheProxyOfTheMachine) {
  test::Listening proxy;
  ProxyRules rules;
  rules.https = *parse_proxy("http://user:secret@127.0.0.1:" + std::to_string(proxy.port));
  make({"example.com"}, rules);
  test::Plain inside(port_);
  inside.send("CONNECT example.com:443 HTTP/1.1\r\n\r\n");
  test::Plain outside = proxy.accept();
  const std::string asked = outside.until("\r\n\r\n");
  EXPECT_TRUE(asked.starts_with("CONNECT example.com:443 HTTP/1.1\r\n")) << asked;
  EXPECT_NE(asked.find("Proxy-Authorization: Basic "), std::string::npos);
  outside.send("HTTP/1.1 200 OK\r\n\r\nhello.");
  EXPECT_TRUE(inside.until("hello.").starts_with("HTTP/1.1 200 "));
}

TEST_F(OutletTest, TooManyWait) {
  make({"localhost:" + std::to_string(world_.port)});
  std::vector<test::Plain> all;
  for (int i = 0; i < 8; ++i) all.emplace_back(port_);
  for (test::Plain& one : all) one.send("CONNECT localhost:" + std::to_string(world_.port) + " HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(all[static_cast<std::size_t>(i)].until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(thread_.call([this] { return outlet_->connections(); }), 4U);
  all[0].close();
  world_.accept().close();
  EXPECT_TRUE(all[4].until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace net
