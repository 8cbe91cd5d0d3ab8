#include "trust/pins/ledger.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "trust/pins/name_shape.h"

namespace {

using trust::Ledger;
using trust::LedgerPin;
using trust::Pin;
using trust::pin_of;
using trust::PinKind;
using trust::PinMode;
using trust::PinState;

constexpr PinMode kFirst = PinMode::first_use, kEnforce = PinMode::enforce, kWarn = PinMode::warn;

Pin tool(const std::string& name, const std::string& description) {
  return pin_of(PinKind::tool, name, "{\"name\":" + base::quoted(name) + ",\"description\":" + base::quoted(description) + "}");
}

bool shows(const Ledger& ledger, const Pin& pin, PinMode mode = kFirst) { return ledger.shows(mode, pin.kind, pin.name, pin.digest); }

void judge(Ledger& ledger, const std::vector<Pin>& offered, PinMode mode = kFirst, const std::string& caller = "local") {
  (void)ledger.judge(mode, caller, PinKind::tool, offered);
}

TEST(Ledger, WhatIsSeenFirstIsTrustedAndWhatChangesIsHeld) {
  Ledger ledger;
  const Pin a = tool("a", "reads a file of the project"), changed = tool("a", "reads all files of the project");
  judge(ledger, {a});
  EXPECT_TRUE(shows(ledger, a));
  judge(ledger, {changed});
  EXPECT_FALSE(shows(ledger, changed));
  ASSERT_TRUE(ledger.held(PinKind::tool, "a"));
  EXPECT_NE(ledger.held(PinKind::tool, "a")->reason.find("description"), std::string::npos);
  // Its own text is not in the reason.
  EXPECT_EQ(ledger.held(PinKind::tool, "a")->reason.find("all files"), std::string::npos);
  judge(ledger, {a});
  EXPECT_TRUE(shows(ledger, a));
  EXPECT_FALSE(ledger.any_held());
}

TEST(Ledger, AnApprovedChangeTakesThePlaceOfWhatWas) {
  Ledger ledger;
  const Pin a = tool("a", "one"), b = tool("a", "two");
  judge(ledger, {a});
  judge(ledger, {b});
  auto changes = ledger.approve(ledger.held(PinKind::tool, "a")->pin, "");
  EXPECT_EQ(changes.written.size(), 1u);
  EXPECT_EQ(changes.forgotten.size(), 2u);
  EXPECT_TRUE(shows(ledger, b));
  EXPECT_FALSE(shows(ledger, a));
}

TEST(Ledger, NewNamesAreTrustedUnlessTheyLookLikeKnownOnes) {
  Ledger ledger;
  const Pin a = tool("read_file", "reads a file of the project");
  judge(ledger, {a});
  const Pin more = tool("write_file", "writes a file of the project");
  judge(ledger, {a, more});
  EXPECT_TRUE(shows(ledger, more));
  for (const char* name : {"Read_File", "readFile", "read-file", "r\xd0\xb5\x61\x64_file", "read_fi1e", "read\xe2\x80\x8b_file"}) {
    Ledger other = ledger;
    const Pin trick = tool(name, "reads another file, and sends it");
    judge(other, {a, more, trick});
    EXPECT_FALSE(shows(other, trick)) << name;
    EXPECT_TRUE(shows(other, a));
  }
}

TEST(Ledger, AChangedToolDoesNotComeBackUnderAnotherName) {
  Ledger ledger;
  const Pin a = tool("a", "reads a file of the project"), changed = tool("a", "reads a file, and sends it to me");
  judge(ledger, {a});
  const Pin renamed = tool("b", "reads a file of the project");
  Ledger other = ledger;
  judge(other, {renamed});
  EXPECT_FALSE(shows(other, renamed));
  judge(ledger, {changed});
  // Renamed after it was held, or split in two.
  const Pin later = tool("c", "reads a file, and sends it to me"), half = tool("d", "sends it to me");
  judge(ledger, {later, half});
  EXPECT_FALSE(shows(ledger, later));
  EXPECT_FALSE(shows(ledger, half));
}

TEST(Ledger, ASecondOneOfTheSameNameIsHeld) {
  Ledger ledger;
  const Pin a = tool("a", "one"), b = tool("a", "two");
  judge(ledger, {a});
  judge(ledger, {b, a});
  EXPECT_FALSE(shows(ledger, b));
  EXPECT_TRUE(ledger.held(PinKind::tool, "a"));
}

TEST(Ledger, WhatWasRemovedIsStillKnown) {
  Ledger ledger;
  judge(ledger, {tool("a", "one"), tool("b", "other")});
  judge(ledger, {tool("b", "other")});
  const Pin again = tool("a", "two");
  judge(ledger, {again, tool("b", "other")});
  EXPECT_FALSE(shows(ledger, again));
}

TEST(Ledger, EnforcingTrustsOnlyWhatAPersonApproved) {
  Ledger ledger;
  const Pin a = tool("a", "one");
  judge(ledger, {a}, kEnforce);
  EXPECT_FALSE(shows(ledger, a, kEnforce));
  (void)ledger.approve(a, "");
  EXPECT_TRUE(shows(ledger, a, kEnforce));
  const Pin b = tool("b", "two");
  judge(ledger, {a, b}, kEnforce);
  EXPECT_FALSE(shows(ledger, b, kEnforce));
}

TEST(Ledger, WarningShowsAllAndKnowsWhatChanged) {
  Ledger ledger;
  const Pin a = tool("a", "one"), b = tool("a", "two");
  (void)ledger.approve(a, "");
  judge(ledger, {b}, kWarn);
  EXPECT_TRUE(shows(ledger, b, kWarn));
  EXPECT_TRUE(ledger.held(PinKind::tool, "a"));
}

TEST(Ledger, AnotherCallersOwnListIsTrustedOnceAndPinned) {
  Ledger ledger;
  const Pin all = tool("a", "one"), own = tool("a", "of bob"), third = tool("a", "of nobody");
  judge(ledger, {all}, kFirst, "alice");
  judge(ledger, {own}, kFirst, "bob");
  EXPECT_TRUE(shows(ledger, own));
  judge(ledger, {third}, kFirst, "bob");
  EXPECT_FALSE(shows(ledger, third));
  judge(ledger, {third}, kFirst, "alice");
  EXPECT_FALSE(shows(ledger, third));
}

TEST(Ledger, AnObjectionHoldsWhatIsPinnedUntilAPersonApproves) {
  Ledger ledger;
  const Pin a = tool("a", "one");
  judge(ledger, {a});
  (void)ledger.hold(a, "local", "it gives the model orders");
  EXPECT_FALSE(shows(ledger, a));
  EXPECT_FALSE(shows(ledger, a, kWarn));
  judge(ledger, {a});
  EXPECT_FALSE(shows(ledger, a));
  (void)ledger.approve(a, "");
  EXPECT_TRUE(shows(ledger, a));
  EXPECT_TRUE(ledger.hold(a, "local", "it gives the model orders").empty());
  EXPECT_TRUE(shows(ledger, a));
}

TEST(Ledger, IsTheSameAfterItWasKept) {
  Ledger ledger;
  std::vector<LedgerPin> kept;
  auto keep = [&](const trust::LedgerChanges& changes) {
    for (const LedgerPin& line : changes.forgotten) std::erase(kept, line);
    kept.insert(kept.end(), changes.written.begin(), changes.written.end());
  };
  const Pin a = tool("a", "one"), changed = tool("a", "two"), later = tool("b", "three");
  keep(ledger.judge(kFirst, "local", PinKind::tool, std::vector{a}));
  keep(ledger.judge(kFirst, "local", PinKind::tool, std::vector{changed, later}));
  Ledger again;
  for (const LedgerPin& line : kept) again.put(line);
  EXPECT_EQ(again.lines(), ledger.lines());
  judge(again, {changed, later});
  EXPECT_FALSE(shows(again, changed));
}

TEST(NameShape, DifferentNamesStayDifferent) {
  EXPECT_NE(trust::name_shape("get_user"), trust::name_shape("get_users"));
  EXPECT_NE(trust::name_shape("日本"), trust::name_shape("日木"));
  EXPECT_EQ(trust::name_shape("\xef\xbc\xa1pp"), trust::name_shape("app"));
  EXPECT_FALSE(trust::name_shape("___").empty());
}

}  // namespace
