#include "trust/pins/canonical.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace {

using trust::canonical_definition;
using trust::canonical_json;

// The numbers of RFC 8785, appendix B, in the spellings that JSON allows, and how ECMAScript writes them.
TEST(CanonicalJson, NumbersAreWrittenAsTheRfcHasThem) {
  EXPECT_EQ(canonical_json("[0,-0,-0.0,1,1.0,1e0,10e-1,100E-2,0.000001,1e-7,333333333.33333329]"),
            "[0,0,0,1,1,1,1,1,0.000001,1e-7,333333333.3333333]");
  EXPECT_EQ(canonical_json("[5e-324,-5e-324,1.7976931348623157e308,9007199254740992,295147905179352830000]"),
            "[5e-324,-5e-324,1.7976931348623157e+308,9007199254740992,295147905179352830000]");
  EXPECT_EQ(canonical_json("[1e21,1e20,1E30,4.50,2e-3,0.000000000000000000000000001,123456.789e3]"),
            "[1e+21,100000000000000000000,1e+30,4.5,0.002,1e-27,123456789]");
}

TEST(CanonicalJson, NumbersThatNoDoubleHoldsStayDifferent) {
  EXPECT_NE(canonical_json("9007199254740993"), canonical_json("9007199254740992"));
  EXPECT_EQ(canonical_json("9007199254740993"), canonical_json("9007199254740993.0"));
  EXPECT_NE(canonical_json("1e400"), canonical_json("1e401"));
  EXPECT_NE(canonical_json("0.10000000000000000001"), canonical_json("0.1"));
}

TEST(CanonicalJson, MembersAreSortedByUtf16) {
  // RFC 8785, 3.2.3.
  const std::string text =
      R"({"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"})";
  const std::string sorted = canonical_json(text);
  std::vector<std::string> values;
  for (base::Members one(sorted); one.next();) values.emplace_back(base::json_string(one.value()).value_or(""));
  const std::vector<std::string> expected{"Carriage Return",
                                          "One",
                                          "Control",
                                          "Latin Small Letter O With Diaeresis",
                                          "Euro Sign",
                                          "Emoji: Grinning Face",
                                          "Hebrew Letter Dalet With Dagesh"};
  EXPECT_EQ(values, expected);
}

TEST(CanonicalJson, StringsKeepEveryCharacterAndHaveOneSpelling) {
  EXPECT_EQ(canonical_json(R"("\u0041\/\u00e9\t\u001f\"\\")"), "\"A/é\\t\\u001f\\\"\\\\\"");
  EXPECT_EQ(canonical_json(R"("\ud83d\ude00")"), canonical_json("\"😀\""));
  // Composed and decomposed are two texts.
  EXPECT_NE(canonical_json("\"\xc3\xa9\""), canonical_json("\"e\xcc\x81\""));
  EXPECT_NE(canonical_json("\"a\""), canonical_json("\"a\xe2\x80\x8b\""));
}

TEST(CanonicalJson, WhiteSpaceAndOrderDoNotCountAndAllElseDoes) {
  EXPECT_EQ(canonical_json(" { \"b\" : [ 1 , { } , [ ] ] ,\n \"a\" : null } "), R"({"a":null,"b":[1,{},[]]})");
  EXPECT_NE(canonical_json("[1,2]"), canonical_json("[2,1]"));
  EXPECT_NE(canonical_json(R"({"a":1,"a":2})"), canonical_json(R"({"a":2})"));
  EXPECT_NE(canonical_json("true"), canonical_json("\"true\""));
}

TEST(CanonicalDefinition, MetaCountsButForWhatBelongsToOneMessage) {
  const std::string plain = canonical_definition(R"({"name":"a"})");
  EXPECT_EQ(canonical_definition(R"({"_meta":{"progressToken":1,"traceparent":"x"},"name":"a"})"), plain);
  EXPECT_EQ(canonical_definition(R"({"_meta":{},"name":"a"})"), plain);
  EXPECT_NE(canonical_definition(R"({"_meta":{"x":1},"name":"a"})"), plain);
  // Only at the top: below, the same words are part of a schema.
  EXPECT_NE(canonical_definition(R"({"name":"a","inputSchema":{"_meta":{"progressToken":1}}})"),
            canonical_definition(R"({"name":"a","inputSchema":{}})"));
}

}  // namespace
