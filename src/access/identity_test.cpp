#include "access/identity.h"

#include <gtest/gtest.h>

#include "access/policy.h"

namespace {

using authz::Identity;
using authz::is_loopback;
using authz::may_listen;
using authz::Peer;

TEST(Identity, WhoeverIsOnThisMachineIsLocal) {
  Identity identity;
  EXPECT_EQ((*identity.identify({Peer::Kind::tcp, "127.0.0.1"}))->id, "local");
  EXPECT_EQ((*identity.identify({Peer::Kind::tcp, "::1"}))->id, "local");
  EXPECT_EQ((*identity.identify({Peer::Kind::unix_socket, {}}))->id, "local");
  EXPECT_EQ((*identity.identify({Peer::Kind::stdio, {}}))->id, "local");
}

TEST(Identity, NobodyElseIsAnybody) {
  Identity identity;
  for (auto address : {"10.0.0.1", "8.8.8.8", "2001:db8::1", "", "localhost.evil.example", "127.0.0.1.nip.io"}) {
    auto who = identity.identify({Peer::Kind::tcp, address});
    ASSERT_FALSE(who.ok()) << address;
    EXPECT_EQ(who.error().code, mcp::Code::unauthenticated);
    EXPECT_EQ(who.error().leaving(), "sign-in is required");
  }
}

TEST(Loopback, IsAllOfItAndNothingElse) {
  EXPECT_TRUE(is_loopback("127.8.9.1"));
  EXPECT_TRUE(is_loopback("::ffff:127.0.0.1"));
  EXPECT_FALSE(is_loopback("::ffff:10.0.0.1"));
  EXPECT_FALSE(is_loopback("0.0.0.0"));
  EXPECT_FALSE(is_loopback("::"));
}

TEST(MayListen, OnlyOnThisMachineWithoutSignIn) {
  EXPECT_TRUE(may_listen("127.0.0.1").ok());
  EXPECT_TRUE(may_listen("localhost").ok());
  auto wide = may_listen("0.0.0.0");
  ASSERT_FALSE(wide.ok());
  EXPECT_NE(wide.error().message.find("127.0.0.1"), std::string::npos);
}

TEST(MayListen, BeyondItWithKeysOrWhenTheConfigKnowsThatItIsOpen) {
  EXPECT_TRUE(may_listen("0.0.0.0", authz::Door::keys).ok());
  EXPECT_TRUE(may_listen("0.0.0.0", authz::Door::open).ok());
  Identity open;
  open.use(authz::Door::open);
  EXPECT_EQ((*open.identify({Peer::Kind::tcp, "10.0.0.1"}))->id, "anonymous");
  EXPECT_EQ((*open.identify({Peer::Kind::tcp, "127.0.0.1"}))->id, "local");
  Identity keys;
  keys.use(authz::Door::keys);
  EXPECT_FALSE(keys.identify({Peer::Kind::tcp, "10.0.0.1"}).ok());
}

TEST(Policy, HoldsBackWhatIsTooLarge) {
  authz::Policy policy;
  authz::Subject subject{authz::Subject::Verb::call, "files", "read"};
  EXPECT_TRUE(policy.decide({}, subject, "{}").allowed());
  EXPECT_TRUE(policy.review({}, subject, "{}").ok());
  std::string huge(authz::Policy::kLargestResult + 1, ' ');
  EXPECT_EQ(policy.review({}, subject, huge).error().code, mcp::Code::too_large);
}

}  // namespace
