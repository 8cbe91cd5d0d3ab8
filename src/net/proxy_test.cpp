#include "net/proxy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace net {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Proxy, IsReadWithAndWithoutSchemeAndCredentials) {
  auto plain = parse_proxy("proxy.example.com:3128");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->text(), "proxy.example.com:3128");
  EXPECT_EQ(plain->authorization.reveal(), "");
  auto full = parse_proxy("HTTP://Aladdin:open%20sesame@Proxy:8080/");
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->text(), "proxy:8080");
  EXPECT_EQ(full->authorization.reveal(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(parse_proxy("http://[::1]:80")->text(), "[::1]:80");
  EXPECT_EQ(parse_proxy("http://user@p")->authorization.reveal(), "Basic dXNlcjo=");
}

TEST(Proxy, IsRefusedWithoutItsTextInTheError) {
  for (const char* wrong : {"https://u:hidden@p:1", "socks5://u:hidden@p", "http://u:hidden@", "http://u:hidden@p:99999",
                            "http://u:hidden@p/x", "http://u:hidden%zz@p", "http://u:hidden%0a@p", ""}) {
    auto read = parse_proxy(wrong);
    ASSERT_FALSE(read.ok()) << wrong;
    EXPECT_THAT(read.error().message, Not(HasSubstr("hidden"))) << wrong;
  }
}

TEST(NoProxy, CoversNamesAddressesAndNetworks) {
  NoProxy list("example.com, .inner.org *.star.net,10.0.0.0/8 192.168.1.7, fd00::/8,[2001:db8::1]:8443, tools.io:8080,172.16.0.0/12");
  for (const char* host : {"example.com", "a.example.com", "example.com.", "inner.org", "x.inner.org", "a.star.net", "10.255.1.2",
                           "192.168.1.7", "fd12::9", "172.31.0.1", "::ffff:10.0.0.1"})
    EXPECT_TRUE(list.covers(host, 443)) << host;
  for (const char* host : {"notexample.com", "example.org", "11.0.0.1", "192.168.1.8", "fe80::1", "172.32.0.1", "com", "tools.io"})
    EXPECT_FALSE(list.covers(host, 443)) << host;
  EXPECT_TRUE(list.covers("tools.io", 8080));
  EXPECT_TRUE(list.covers("2001:db8::1", 8443));
  EXPECT_FALSE(list.covers("2001:db8::1", 443));
  EXPECT_TRUE(NoProxy(" * ").covers("anything", 1));
  EXPECT_FALSE(NoProxy("10.0.0.0/33,/8,:80,*x*,[::1,..").covers("10.0.0.1", 80));
}

TEST(ProxyRules, ChooseBySchemeAndLeaveThisMachineAlone) {
  std::map<std::string, std::string> variables = {
      {"HTTPS_PROXY", "http://secure:1"}, {"HTTP_PROXY", "http://big:2"}, {"http_proxy", "http://plain:2"}, {"NO_PROXY", "inner"}};
  auto rules = proxies_of([&](const std::string& name) -> std::optional<std::string> {
    auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
  ASSERT_TRUE(rules.ok());
  EXPECT_EQ(rules->find(*parse_url("https://a/"))->text(), "secure:1");
  EXPECT_EQ(rules->find(*parse_url("http://a/"))->text(), "plain:2");
  EXPECT_EQ(rules->find(*parse_url("https://inner/")), nullptr);
  for (const char* here : {"http://localhost/", "http://127.0.0.9/", "https://[::1]/"})
    EXPECT_EQ(rules->find(*parse_url(here)), nullptr) << here;
  rules->loopback = ProxyRules::Loopback::proxied;
  EXPECT_NE(rules->find(*parse_url("http://localhost/")), nullptr);
  variables["https_proxy"] = "socks5://u:pw@p";
  auto wrong = proxies_of([&](const std::string& name) { return std::optional<std::string>(variables[name]); });
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().message, HasSubstr("https_proxy"));
}

}  // namespace
}  // namespace net
