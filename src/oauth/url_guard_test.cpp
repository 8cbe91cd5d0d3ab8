#include "oauth/url_guard.h"

#include <gtest/gtest.h>

namespace oauth {
namespace {

Place of(const char* address) { return place_of(boost::asio::ip::make_address(address)); }

TEST(UrlGuard, KnowsWhatKindOfPlaceAnAddressIs) {
  for (auto one : {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.167.1.1", "223.255.255.255",
                   "2606:4700::1111", "2001:200::1", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"})
    EXPECT_EQ(of(one), Place::everywhere) << one;
  for (auto one : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"}) EXPECT_EQ(of(one), Place::loopback) << one;
  for (auto one : {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fdff::1", "::ffff:10.1.2.3"})
    EXPECT_EQ(of(one), Place::private_net) << one;
  for (auto one : {"0.0.0.0",
                   "0.1.2.3",
                   "100.64.0.1",
                   "100.127.255.255",
                   "169.254.169.254",
                   "192.0.0.8",
                   "192.0.2.1",
                   "192.88.99.1",
                   "198.18.0.1",
                   "198.19.255.255",
                   "198.51.100.7",
                   "203.0.113.9",
                   "224.0.0.1",
                   "239.255.255.255",
                   "240.0.0.1",
                   "255.255.255.255",
                   "::",
                   "::7f00:1",
                   "fe80::1",
                   "febf::1",
                   "fec0::1",
                   "ff02::1",
                   "100::1",
                   "64:ff9b:1::a9fe:a9fe",
                   "64:ff9b::a9fe:a9fe",
                   "64:ff9b::7f00:1",
                   "64:ff9b::a00:1",
                   "2002:7f00:1::1",
                   "2002:a9fe:a9fe::",
                   "2002:c0a8:101::1",
                   "2001::1",
                   "2001:10::1",
                   "2001:20::1",
                   "2001:db8::1",
                   "3fff::1",
                   "3ffe::1",
                   "4000::1",
                   "::ffff:169.254.169.254"})
    EXPECT_EQ(of(one), Place::special) << one;
}

TEST(UrlGuard, EachReachHasItsPlaces) {
  auto may = [](const char* address, Reach reach) { return may_connect(boost::asio::ip::make_address(address), reach); };
  for (Reach reach : {Reach::public_addresses, Reach::loopback_too, Reach::private_too}) {
    EXPECT_TRUE(may("8.8.8.8", reach));
    EXPECT_FALSE(may("169.254.169.254", reach));
    EXPECT_EQ(may("127.0.0.1", reach), reach != Reach::public_addresses);
    EXPECT_EQ(may("10.0.0.1", reach), reach == Reach::private_too);
  }
}

TEST(UrlGuard, HttpIsForThisMachineOnly) {
  EXPECT_TRUE(guarded_url("https://as.example/x", Reach::public_addresses).ok());
  EXPECT_FALSE(guarded_url("http://as.example/x", Reach::public_addresses).ok());
  EXPECT_FALSE(guarded_url("http://as.example/x", Reach::private_too).ok());
  EXPECT_FALSE(guarded_url("https://localhost/", Reach::public_addresses).ok());
  for (auto here : {"http://localhost:1/", "http://127.0.0.1:1/", "http://[::1]:1/", "http://a.localhost/"}) {
    EXPECT_FALSE(guarded_url(here, Reach::public_addresses).ok()) << here;
    EXPECT_TRUE(guarded_url(here, Reach::loopback_too).ok()) << here;
  }
}

TEST(UrlGuard, RefusesAddressesInDisguise) {
  for (auto url :
       {"https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://169.254.169.254/",
        "https://[fe80::1]/", "https://[::ffff:a9fe:a9fe]/", "https://[64:ff9b::7f00:1]/", "https://10.0.0.1/", "https://as.example./",
        "file:///etc/passwd", "javascript:alert(1)", "ftp://a/", "https://user@as.example/", "https://1.2.3.4.5/", ""})
    EXPECT_FALSE(guarded_url(url, Reach::public_addresses).ok()) << url;
  EXPECT_FALSE(guarded_url("https://169.254.169.254/", Reach::private_too).ok());
}

}  // namespace
}  // namespace oauth
