#include "gateway/signin/token_vault.h"

#include <gtest/gtest.h>

#include <random>

#include "gateway/signin/server_sign_in.h"
#include "oauth/tokens.h"
#include "store/catalog_store.h"

namespace gateway {
namespace {

using base::Code;
using base::Secret;
using Keys = std::vector<Secret<std::string>>;

constexpr std::string_view kUrl = "https://mcp.example.com/mcp", kIssuer = "https://id.example.com";

Secret<std::string> key(char c) { return Secret<std::string>(std::string(32, c)); }

mcp::TokenKey of(const std::string& caller, const std::string& issuer = {}) { return {std::string(kUrl), issuer, caller}; }

struct World {
  base::Loop loop;
  base::BlockingPool pool{2};
  std::unique_ptr<store::Store> store = *store::open_store("sqlite::memory:");
  TokenVault vault(const Keys& keys, std::string holder = "one") {
    return TokenVault({loop, pool, store->sign_ins()}, keys, std::move(holder));
  }
};

TEST(TokenVault, KeepsARecordForItsServerAndCallerOnly) {
  World world;
  TokenVault vault = world.vault({key('a')});
  auto desk = vault.of_server("desk"), shelf = vault.of_server("shelf");
  ASSERT_TRUE(world.loop.block_on(desk->put(of("ada"), "the token")).ok());
  EXPECT_EQ(*world.loop.block_on(desk->get(of("ada"))), "the token");
  EXPECT_FALSE(world.loop.block_on(desk->get(of("bob")))->has_value());
  EXPECT_FALSE(world.loop.block_on(desk->get(of("")))->has_value());
  EXPECT_FALSE(world.loop.block_on(shelf->get(of("ada")))->has_value());
  auto rows = world.store->sign_ins().list();
  ASSERT_EQ(rows->size(), 1u);
  auto kept = world.store->sign_ins().find((*rows)[0].row);
  EXPECT_EQ((*kept)->body.find("token"), std::string::npos);
}

TEST(TokenVault, ARowThatWasMovedOrChangedDoesNotOpen) {
  World world;
  TokenVault vault = world.vault({key('a')});
  auto desk = vault.of_server("desk");
  ASSERT_TRUE(world.loop.block_on(desk->put(of("ada"), "the token")).ok());
  auto& rows = world.store->sign_ins();
  store::StoredSignIn one = **rows.find((*rows.list())[0].row);
  for (const store::SignInRow& other : {store::SignInRow{"desk", "bob", one.row.kind}, store::SignInRow{"shelf", "ada", one.row.kind},
                                        store::SignInRow{"desk", "ada", "choice https://elsewhere.example"}}) {
    store::StoredSignIn moved = one;
    moved.row = other;
    EXPECT_EQ(SignInSeal(Keys{key('a')}).open(moved).error().code, Code::denied);
  }
  EXPECT_EQ(*SignInSeal(Keys{key('a')}).open(one), "the token");
  store::StoredSignIn stolen = one;
  stolen.row.caller = "bob";
  ASSERT_TRUE(rows.put(stolen).ok());
  EXPECT_FALSE(world.loop.block_on(desk->get(of("bob")))->has_value());
  for (std::size_t i = 0; i < one.body.size(); ++i) {
    store::StoredSignIn changed = one;
    changed.body[i] = changed.body[i] == 'A' ? 'B' : 'A';
    auto opened = SignInSeal(Keys{key('a')}).open(changed);
    // The last character of base64 may have bits that stand for nothing.
    EXPECT_TRUE(!opened || i + 3 >= one.body.size()) << i;
  }
  EXPECT_FALSE(SignInSeal(Keys{key('b')}).open(one).ok());
}

TEST(TokenVault, OldKeysStillOpenAndRowsFollowTheNewKeyWhenUsed) {
  World world;
  {
    TokenVault vault = world.vault({key('a')});
    ASSERT_TRUE(world.loop.block_on(vault.of_server("desk")->put(of("ada"), "old")).ok());
  }
  const std::string before = (*world.store->sign_ins().list())[0].key_id;
  EXPECT_EQ(before, SignInSeal(Keys{key('a')}).key_id());
  {
    TokenVault vault = world.vault({key('b'), key('a')});
    EXPECT_EQ(*world.loop.block_on(vault.of_server("desk")->get(of("ada"))), "old");
  }
  EXPECT_EQ((*world.store->sign_ins().list())[0].key_id, SignInSeal(Keys{key('b')}).key_id());
  TokenVault vault = world.vault({key('b')});
  EXPECT_EQ(*world.loop.block_on(vault.of_server("desk")->get(of("ada"))), "old");
  TokenVault another = world.vault({key('c')});
  EXPECT_FALSE(world.loop.block_on(another.of_server("desk")->get(of("ada")))->has_value());
}

TEST(TokenVault, OneProcessAtATimeMayRenew) {
  World world;
  TokenVault one = world.vault({key('a')}, "one"), two = world.vault({key('a')}, "two");
  const base::Millis most(30'000);
  EXPECT_TRUE(*world.loop.block_on(one.of_server("desk")->claim(of("ada"), most)));
  EXPECT_FALSE(*world.loop.block_on(two.of_server("desk")->claim(of("ada"), most)));
  EXPECT_TRUE(*world.loop.block_on(two.of_server("desk")->claim(of("bob"), most)));
  ASSERT_TRUE(world.loop.block_on(one.of_server("desk")->release(of("ada"))).ok());
  EXPECT_TRUE(*world.loop.block_on(two.of_server("desk")->claim(of("ada"), most)));
}

// Many callers with tokens of their own, far more than are kept in memory, in any order: nobody's request carries another one's token.
TEST(ServerSignIn, NobodyEverCarriesTheTokenOfAnotherCaller) {
  constexpr std::size_t kCallers = 10'000, kFrequent = 500, kCalls = 200'000;
  World world;
  TokenVault vault = world.vault({key('a')});
  auto tokens = vault.of_server("desk");
  auto fill = [](mcp::TokenStore* into) -> base::Task<void> {
    for (std::size_t i = 0; i < kCallers; ++i) {
      const std::string caller = "caller-" + std::to_string(i);
      oauth::Tokens one;
      one.issuer = kIssuer;
      one.resource = kUrl;
      one.access = Secret<std::string>("token-of-" + caller);
      co_await into->put(of(caller), std::string(kIssuer));
      co_await into->put(of(caller, std::string(kIssuer)), oauth::record_of(one));
    }
  };
  ASSERT_TRUE(world.loop.block_on(fill(tokens.get())).ok());
  ServerConfig config;
  config.id = "desk";
  config.url = kUrl;
  config.auth.grant = UpstreamAuth::Grant::per_user;
  ServerSignIn::Parts parts{world.loop, tokens, {}, {}, {}, {}};
  parts.origin = [] { return std::string(); };
  parts.link = [](const std::string&, const std::string&) { return std::string(); };
  parts.bearer = [](const std::string&) { return Secret<std::string>(); };
  auto door = std::make_shared<ServerSignIn>(std::move(parts), config);
  std::size_t wrong = 0, right = 0;
  // Several at once, so that one waits for the store while others go on.
  auto call = [&](std::uint32_t seed) -> base::Task<void> {
    auto many = [](ServerSignIn* at, std::uint32_t from, std::size_t* good, std::size_t* bad) -> base::Task<void> {
      std::mt19937 random(from);
      net::Url url = *net::parse_url(kUrl);
      for (std::size_t i = 0; i < kCalls / 8; ++i) {
        // Some come often, and some once.
        const std::size_t who = random() % 8 == 0 ? random() % kCallers : random() % kFrequent;
        const std::string caller = "caller-" + std::to_string(who);
        std::stop_token none;
        co_await at->ready(caller, none);
        std::shared_ptr<sdk::Authorizer> mine = at->of(caller);
        sdk::Authorizer::Lines lines = co_await mine->lines("POST", url, none);
        const bool own = lines.headers.size() == 1 && lines.headers[0].second == "Bearer token-of-" + caller;
        ++(own ? *good : *bad);
      }
    };
    return many(door.get(), seed, &right, &wrong);
  };
  base::TaskGroup group;
  for (std::uint32_t seed = 1; seed <= 8; ++seed) group.spawn(call(seed));
  auto join = [&group]() -> base::Task<void> { return group.join(); };
  ASSERT_TRUE(world.loop.block_on(join()).ok());
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(right, kCalls);
  EXPECT_LE(door->seats(), ServerSignIn::kMostSeats);
  // Who has none gets none.
  auto stranger = world.loop.block_on(door->ready("caller-x", {}));
  EXPECT_EQ(stranger.error().code, Code::unauthenticated);
  EXPECT_EQ(door->lacking(), "");
  ASSERT_TRUE(world.loop.block_on(door->close()).ok());
}

}  // namespace
}  // namespace gateway
