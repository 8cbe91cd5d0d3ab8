#include "gateway/consents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace {

using gateway::CarriedKind;
using gateway::Carrier;
using gateway::consent_digest;
using gateway::consent_question;
using gateway::Consents;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::Not;
using Stage = Consents::Stage;

const Carrier::WallTime kNow = Carrier::WallTime::clock::now();

TEST(Consents, AreGivenOnceForOneCallOfOneCaller) {
  Carrier carrier("one");
  Consents consents(carrier);
  const std::string state = consents.seal(Stage::asked, "me", "digest", "", kNow);
  EXPECT_FALSE((*consents.redeem(state, "other", "digest", kNow)).has_value());
  EXPECT_FALSE(consents.redeem(state, "me", "another", kNow).ok());
  auto opened = consents.redeem(state, "me", "digest", kNow);
  ASSERT_TRUE(opened.ok() && *opened);
  EXPECT_EQ((*opened)->stage, Stage::asked);
  EXPECT_EQ((*opened)->state, "");
  EXPECT_EQ(consents.redeem(state, "me", "digest", kNow).error().code, mcp::Code::invalid_argument);
  EXPECT_EQ(consents.open(), 0u);
}

TEST(Consents, CarryTheStateOfTheCall) {
  Carrier carrier("one");
  Consents consents(carrier);
  const std::string inner = "a\nb \" {}";
  auto opened = consents.redeem(consents.seal(Stage::given, "me", "d", inner, kNow), "me", "d", kNow);
  ASSERT_TRUE(opened.ok() && *opened);
  EXPECT_EQ((*opened)->stage, Stage::given);
  EXPECT_EQ((*opened)->state, inner);
}

TEST(Consents, AreNoOtherStates) {
  Carrier carrier("one");
  Consents consents(carrier);
  const std::string other = carrier.seal(CarriedKind::call_state, "asked\nd\nid\n", "me", kNow + minutes(5));
  for (const std::string& text : {std::string(), std::string("x"), other})
    EXPECT_FALSE((*consents.redeem(text, "me", "d", kNow)).has_value());
  // Made by another process with the same keys: what it has asked is not known here.
  Carrier same("one");
  Consents elsewhere(carrier);
  EXPECT_FALSE(elsewhere.redeem(consents.seal(Stage::asked, "me", "d", "", kNow), "me", "d", kNow).ok());
}

TEST(Consents, AreBoundedInTimeAndNumber) {
  Carrier carrier("one");
  Consents consents(carrier, {2, minutes(10)});
  const std::string first = consents.seal(Stage::asked, "me", "d", "", kNow);
  const std::string second = consents.seal(Stage::asked, "me", "d", "", kNow);
  const std::string third = consents.seal(Stage::asked, "me", "d", "", kNow);
  EXPECT_EQ(consents.open(), 2u);
  EXPECT_FALSE(consents.redeem(first, "me", "d", kNow).ok());
  EXPECT_TRUE(consents.redeem(second, "me", "d", kNow).ok());
  EXPECT_FALSE((*consents.redeem(third, "me", "d", kNow + minutes(11))).has_value());
  (void)consents.seal(Stage::asked, "me", "d", "", kNow + minutes(11));
  EXPECT_EQ(consents.open(), 1u);
}

TEST(ConsentDigest, IsOfWhatIsMeant) {
  auto of = [](std::string_view arguments) { return consent_digest("tools/call", "s", "t", arguments); };
  EXPECT_EQ(of(R"({"a":1,"b":{"x":"\u0041","y":[1,2]}})"), of(R"({ "b" : {"y":[1, 2],"x":"A"}, "a":1 })"));
  EXPECT_EQ(of(""), of("{}"));
  EXPECT_NE(of(R"({"a":1})"), of(R"({"a":2})"));
  EXPECT_NE(of(R"({"a":[1,2]})"), of(R"({"a":[2,1]})"));
  EXPECT_NE(of(R"({"a":"1"})"), of(R"({"a":1})"));
  EXPECT_NE(of(R"({"a":1,"a":1,"cmd":"ls"})"), of(R"({"a":1,"a":1,"cmd":"rm"})"));
  EXPECT_NE(of(R"({"x":{"a":1,"a":1,"cmd":"ls"}})"), of(R"({"x":{"a":1,"a":1,"cmd":"rm"}})"));
  EXPECT_NE(consent_digest("tools/call", "s", "t", "{}"), consent_digest("tools/call", "s", "u", "{}"));
}

std::string message(std::string_view arguments, std::string_view name = "delete") {
  const std::string params = consent_question("tool", "files", name, arguments);
  EXPECT_TRUE(base::validate_json(params).ok()) << params;
  return *base::json_string(base::find_member(params, "message"));
}

TEST(ConsentQuestion, ShowsWhatIsCalledAndWith) {
  const std::string text = message(R"({ "path": "/a b" })");
  EXPECT_THAT(text, HasSubstr("Server: files\nTool: \"delete\"\nArguments: {\"path\":\"/a b\"}"));
  EXPECT_THAT(message("", "x\ny"), HasSubstr("Tool: \"x\\ny\"\n"));
}

TEST(ConsentQuestion, IsNotTakenInByTricks) {
  EXPECT_THAT(message("{\"a\":\"x\u202Ey\u200Bz\"}"), HasSubstr("x\\u202ey\\u200bz"));
  EXPECT_THAT(message("{\"a\":\"é 漢字 😀\"}"), HasSubstr("é 漢字 😀"));
  const std::string long_one = message("{\"a\":\"" + std::string(9'000, 'x') + "\",\"rm\":true}");
  EXPECT_LT(long_one.size(), 4'000u);
  EXPECT_THAT(long_one, HasSubstr("bytes are left out here"));
  EXPECT_THAT(long_one, HasSubstr("\"rm\":true}"));
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += "漢";
  EXPECT_THAT(message("{\"a\":\"" + many + "\"}"), Not(HasSubstr("\xEF\xBF\xBD")));
}

}  // namespace
