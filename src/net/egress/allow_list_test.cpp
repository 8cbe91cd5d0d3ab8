#include "net/egress/allow_list.h"

#include <gtest/gtest.h>

#include "net/egress/connect_head.h"

namespace net {
namespace {

namespace ip = boost::asio::ip;

AllowList list(const std::vector<std::string>& entries) {
  auto out = AllowList::parse(entries);
  EXPECT_TRUE(out.ok());
  return out ? *out : AllowList();
}

TEST(AllowListTest, NamesWithTheirPorts) {
  const AllowList one = list({"Example.com", "*.below.org", "db.example.com:5432", "localhost:3000"});
  EXPECT_TRUE(one.names({"example.com", 443}));
  EXPECT_TRUE(one.names({"example.com", 80}));
  EXPECT_FALSE(one.names({"example.com", 22}));
  EXPECT_FALSE(one.names({"www.example.com", 443}));
  EXPECT_FALSE(one.names({"example.com.evil.org", 443}));
  EXPECT_TRUE(one.names({"a.b.below.org", 443}));
  EXPECT_FALSE(one.names({"below.org", 443}));
  EXPECT_FALSE(one.names({"notbelow.org", 443}));
  EXPECT_TRUE(one.names({"db.example.com", 5432}));
  EXPECT_FALSE(one.names({"db.example.com", 443}));
  EXPECT_TRUE(one.names({"localhost", 3000}));
  EXPECT_FALSE(one.names({"localhost", 3001}));
  EXPECT_TRUE(list({"localhost"}).names({"localhost", 3001}));
  EXPECT_TRUE(list({"*"}).names({"anything.net", 443}));
  EXPECT_FALSE(AllowList().names({"example.com", 443}));
}

TEST(AllowListTest, WhereANameLeads) {
  const AllowList one = list({"corp.example", "10.1.0.0/16", "*"});
  const EgressTarget corp{"corp.example", 443};
  EXPECT_TRUE(one.leads(corp, ip::make_address("93.184.216.34"), Ground::open));
  EXPECT_TRUE(one.leads(corp, ip::make_address("10.1.2.3"), Ground::inside));
  EXPECT_FALSE(one.leads(corp, ip::make_address("10.2.2.3"), Ground::inside)) << "rebound to a private address";
  EXPECT_FALSE(one.leads(corp, ip::make_address("127.0.0.1"), Ground::machine));
  EXPECT_FALSE(one.leads({"169.254.169.254", 80}, ip::make_address("169.254.169.254"), Ground::never));
  EXPECT_FALSE(list({"169.254.169.254"}).leads({"169.254.169.254", 80}, ip::make_address("169.254.169.254"), Ground::never));
  EXPECT_TRUE(list({"localhost"}).leads({"localhost", 80}, ip::make_address("127.0.0.1"), Ground::machine));
  EXPECT_TRUE(list({"127.0.0.1:80"}).names({"127.0.0.1", 80}));
  EXPECT_FALSE(list({"127.0.0.1:80"}).leads({"x.org", 81}, ip::make_address("127.0.0.1"), Ground::machine));
}

TEST(AllowListTest, WhatIsNoPlaceIsRefused) {
  for (const char* bad : {"", "http://example.com", "example.com:0", "example.com:http", "a b", "exam*ple.com", "*.", "10.0.0.0/33", "[::1",
                          "127.1", "0x7f.1", "2130706433", "-a.com", "a..b", "x/24", "user@host"})
    EXPECT_FALSE(AllowList::parse({bad}).ok()) << bad;
}

TEST(AllowListTest, SingleHostsAreTold) {
  EXPECT_EQ(list({"a.com", "*.b.com", "localhost", "localhost:99", "10.0.0.1", "a.com:443"}).hosts(),
            (std::vector<EgressTarget>{{"a.com", 443}, {"a.com", 80}, {"localhost", 99}}));
}

TEST(ConnectHeadTest, OneOfEach) {
  const std::string good = "CONNECT Example.com:443 HTTP/1.1\r\nHost: x\r\n\r\nrest";
  auto head = read_connect_head(good);
  ASSERT_TRUE(head.ok() && *head);
  EXPECT_EQ((*head)->target, (EgressTarget{"example.com", 443}));
  EXPECT_EQ(good.substr((*head)->size), "rest");
  EXPECT_EQ((*read_connect_head("CONNECT [::1]:80 HTTP/1.1\r\n\r\n"))->target.host, "::1");
  EXPECT_FALSE(*read_connect_head("CONNECT example.com:443 HTTP/1.1\r\n"));
  for (const char* bad : {"GET / HTTP/1.1\r\n\r\n", "CONNECT example.com HTTP/1.1\r\n\r\n", "CONNECT a b:1 HTTP/1.1\r\n\r\n", "\r\n\r\n",
                          "CONNECT ::1:80 HTTP/1.1\r\n\r\n", "CONNECT [example.com]:80 HTTP/1.1\r\n\r\n",
                          "CONNECT a:99999 HTTP/1.1\r\n\r\n", "CONNECT 127.1:80 HTTP/1.1\r\n\r\n", "CONNECT :80 HTTP/1.1\r\n\r\n"})
    EXPECT_FALSE(read_connect_head(bad).ok()) << bad;
  EXPECT_FALSE(read_connect_head(std::string(9000, 'x')).ok());
}

}  // namespace
}  // namespace net
