#include <gtest/gtest.h>

#include <string>

#include "access/keys/key_book.h"
#include "access/keys/key_desk.h"
#include "access/keys/key_text.h"
#include "store/catalog_store.h"

namespace {

using authz::KeyBook;
using authz::KeyDesk;
using authz::KeyTime;
using authz::MadeKey;
using authz::NewKey;
using mcp::Code;
using std::chrono::hours;
using std::chrono::seconds;

const base::Secret<std::string> kPepper(std::string(32, 'p'));

TEST(KeyText, IsFoundByItsFormAndItsCheck) {
  auto made = authz::make_key_text();
  ASSERT_TRUE(made.ok());
  const std::string text = made->reveal();
  EXPECT_EQ(text.size(), 55u);
  auto id = authz::parse_key_text(text);
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, text.substr(4, 12));
  EXPECT_NE(authz::make_key_text()->reveal(), text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string slip = text;
    slip[i] = slip[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(authz::parse_key_text(slip).ok()) << i;
  }
  EXPECT_FALSE(authz::parse_key_text("").ok());
  EXPECT_FALSE(authz::parse_key_text(text + "0").ok());
  EXPECT_FALSE(authz::parse_key_text(text.substr(1)).ok());
  EXPECT_EQ(authz::parse_key_text("gth_" + std::string(51, '\xff')).error().message.find('\xff'), std::string::npos);
}

TEST(KeyText, TheDigestNeedsThePepper) {
  EXPECT_EQ(authz::key_digest(kPepper, "a"), authz::key_digest(kPepper, "a"));
  EXPECT_NE(authz::key_digest(kPepper, "a"), authz::key_digest(kPepper, "b"));
  EXPECT_NE(authz::key_digest(kPepper, "a"), authz::key_digest(base::Secret(std::string(32, 'q')), "a"));
  // RFC 4231, test case 2.
  EXPECT_EQ(authz::key_digest(base::Secret<std::string>("Jefe"), "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(OperatorText, IsGoodForAMinuteAndOfOnePepper) {
  const KeyTime now{hours(24 * 20'000)};
  const std::string text = authz::operator_text(kPepper, now).reveal();
  EXPECT_TRUE(authz::is_operator_text(kPepper, text, now));
  EXPECT_TRUE(authz::is_operator_text(kPepper, text, now + seconds(60)));
  EXPECT_FALSE(authz::is_operator_text(kPepper, text, now + seconds(61)));
  EXPECT_FALSE(authz::is_operator_text(kPepper, text, now - seconds(61)));
  EXPECT_FALSE(authz::is_operator_text(base::Secret(std::string(32, 'q')), text, now));
  EXPECT_FALSE(authz::is_operator_text(kPepper, text.substr(0, text.size() - 1) + "x", now));
  for (auto bad : {"", "gto_", "gto_1", "gto_x_y", "gto_99999999999999999999_"}) EXPECT_FALSE(authz::is_operator_text(kPepper, bad, now));
}

class Keys : public testing::Test {
 protected:
  Keys() {
    KeyDesk::Parts parts{loop, pool, store->keys(), kPepper, {}, {}, {}};
    parts.alert = [this](const authz::KeyAlert& alert) { alerts.push_back(alert.name + " " + std::to_string(alert.days)); };
    parts.now = [this] { return now; };
    parts.steady = [this] { return steady; };
    desk.emplace(std::move(parts));
    EXPECT_TRUE(desk->load().ok());
  }
  MadeKey make(const std::string& name, seconds life = hours(24 * 90)) {
    NewKey wanted{name, "ada", {"leads", "ops"}, {"writing"}, life};
    auto made = book.create(wanted, now);
    EXPECT_TRUE(made.ok()) << made.error().message;
    EXPECT_TRUE(desk->load().ok());
    return *std::move(made);
  }
  std::string who(std::string_view text) {
    auto found = desk->identify(text);
    return found ? (*found)->who->id : std::string(mcp::code_name(found.error().code)) + ": " + found.error().message;
  }
  // One round of what the desk does by itself.
  void run() {
    auto once = [](KeyDesk* of) -> base::Task<void> {
      of->start();
      co_await of->stop();
    };
    ASSERT_TRUE(loop.block_on(once(&*desk)).ok());
  }

  base::Loop loop;
  base::BlockingPool pool{1};
  std::unique_ptr<store::Store> store = std::move(*store::open_store("sqlite::memory:"));
  KeyTime now{hours(24 * 20'000)};
  base::Instant steady{hours(1)};
  std::vector<std::string> alerts;
  KeyBook book{store->keys(), kPepper};
  std::optional<KeyDesk> desk;
};

TEST_F(Keys, SpeakForACallerUntilTheyEnd) {
  MadeKey key = make("ci");
  EXPECT_EQ(who(key.text.reveal()), "key:ci");
  auto caller = desk->identify(key.text.reveal());
  EXPECT_EQ((*caller)->expires, key.kept.expires);
  EXPECT_EQ((*caller)->who->key, "ci");
  EXPECT_EQ((*caller)->who->owner, "ada");
  EXPECT_EQ((*caller)->who->groups, (std::vector<std::string>{"leads", "ops"}));
  EXPECT_EQ((*caller)->who->profiles, std::vector<std::string>{"writing"});
  now += hours(24 * 90);
  EXPECT_EQ(who(key.text.reveal()), "unauthenticated: the key ci has expired");
  EXPECT_EQ(desk->identify(key.text.reveal()).error().leaving(), "the API key is not good");
}

TEST_F(Keys, NothingOfAKeyIsKept) {
  MadeKey key = make("ci");
  const store::StoredKey kept = **store->keys().find("ci");
  const std::string secret = key.text.reveal().substr(17);
  for (const std::string& text : {kept.id, kept.name, kept.owner, kept.groups, kept.profiles, kept.digest, kept.old_digest})
    EXPECT_EQ(text.find(secret.substr(0, 8)), std::string::npos);
  EXPECT_EQ(book.create({"ci", "eve", {}, {}}, now).error().code, Code::conflict);
}

TEST_F(Keys, OfOthersAndUnknownOnesAreRefused) {
  MadeKey key = make("ci");
  EXPECT_EQ(who(authz::make_key_text()->reveal()), "unauthenticated: there is no API key with this id");
  EXPECT_EQ(who(authz::make_key_text(key.kept.id)->reveal()), "unauthenticated: a wrong secret for the key ci");
  EXPECT_NE(who("nonsense").find("no API key"), std::string::npos);
}

TEST_F(Keys, ARevokedKeyIsRefusedAtOnce) {
  MadeKey key = make("ci");
  EXPECT_EQ(who(key.text.reveal()), "key:ci");
  ASSERT_TRUE(book.revoke("ci", now).ok());
  ASSERT_TRUE(book.revoke("ci", now).ok());
  ASSERT_TRUE(loop.block_on(desk->look()).ok());
  EXPECT_EQ(who(key.text.reveal()), "unauthenticated: the key ci was revoked");
  EXPECT_EQ(book.rotate("ci", hours(1), hours(1), now).error().code, Code::conflict);
  EXPECT_EQ(book.revoke("nobody", now).error().code, Code::not_found);
}

TEST_F(Keys, ARotatedKeyIsGoodForItsGrace) {
  MadeKey before = make("ci");
  EXPECT_EQ(who(before.text.reveal()), "key:ci");
  auto after = book.rotate("ci", hours(24), hours(24 * 90), now);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->kept.id, before.kept.id);
  ASSERT_TRUE(loop.block_on(desk->look()).ok());
  EXPECT_EQ(who(before.text.reveal()), "key:ci");
  EXPECT_EQ(who(after->text.reveal()), "key:ci");
  now += hours(24);
  EXPECT_NE(who(before.text.reveal()).find("grace"), std::string::npos);
  EXPECT_EQ(who(after->text.reveal()), "key:ci");
}

TEST_F(Keys, TheGraceOfAnOldKeyDoesNotOutliveIt) {
  MadeKey before = make("ci", hours(2));
  auto after = book.rotate("ci", hours(24), hours(24 * 90), now);
  ASSERT_TRUE(loop.block_on(desk->look()).ok());
  now += hours(3);
  EXPECT_NE(who(before.text.reveal()).find("grace"), std::string::npos);
  EXPECT_EQ(who(after->text.reveal()), "key:ci");
}

TEST_F(Keys, EachMarkIsToldOnceByWhoeverSeesItFirst) {
  make("ci");
  make("short", hours(24 * 5));
  KeyDesk::Parts parts{loop, pool, store->keys(), kPepper, {}, {}, {}};
  std::vector<std::string> others;
  parts.alert = [&](const authz::KeyAlert& alert) { others.push_back(alert.name + " " + std::to_string(alert.days)); };
  parts.now = [this] { return now; };
  parts.steady = [this] { return steady; };
  const KeyTime begin = now;
  for (int day : {0, 59, 61, 62, 77, 84, 89}) {
    now = begin + hours(24 * day);
    steady += hours(24);
    run();
    KeyDesk second(parts);
    ASSERT_TRUE(second.load().ok());
    auto once = [](KeyDesk* of) -> base::Task<void> {
      of->start();
      co_await of->stop();
    };
    ASSERT_TRUE(loop.block_on(once(&second)).ok());
  }
  alerts.insert(alerts.end(), others.begin(), others.end());
  std::sort(alerts.begin(), alerts.end());
  EXPECT_EQ(alerts, (std::vector<std::string>{"ci 1", "ci 14", "ci 30", "ci 7"}));
}

TEST_F(Keys, UsesAreNotedInBatches) {
  MadeKey key = make("ci");
  (void)who(key.text.reveal());
  EXPECT_EQ((**store->keys().find("ci")).used, KeyTime());
  run();
  EXPECT_EQ((**store->keys().find("ci")).used, now);
}

TEST_F(Keys, WithoutTheStoreWhatWasKnownGoesOnForAMinute) {
  MadeKey key = make("ci");
  steady += seconds(60);
  EXPECT_EQ(who(key.text.reveal()), "key:ci");
  steady += seconds(1);
  EXPECT_NE(who(key.text.reveal()).find("unavailable"), std::string::npos);
}

TEST_F(Keys, NeedANameAnOwnerAndALife) {
  for (auto name : {"", "-x", "a b", "a\n", "key:x"})
    EXPECT_EQ(book.create({name, "ada", {}, {}}, now).error().code, Code::invalid_argument);
  EXPECT_FALSE(book.create({std::string(65, 'a'), "ada", {}, {}}, now).ok());
  EXPECT_FALSE(book.create({"a", "", {}, {}}, now).ok());
  EXPECT_FALSE(book.create({"a", "ada", {}, {}, seconds(0)}, now).ok());
  EXPECT_FALSE(book.create({"a", "ada", {""}, {}}, now).ok());
}

}  // namespace
