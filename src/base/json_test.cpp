#include "base/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using base::each_element;
using base::each_member;
using base::find_member;
using base::json_integer;
using base::json_string;
using base::Members;
using base::Result;
using base::validate_json;
using std::string_literals::operator""s;

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string in_place(std::string text) {
  text.reserve(base::room_for_json(text.size()));
  return text;
}

TEST(Json, AcceptsEachKindOfValue) {
  for (const char* text : {"{}", "[]", "\"\"", "0", "-0", "-1.5e+10", "true", "false", "null", " { \"a\" : [ 1 , 2 ] } \n",
                           R"("\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t")", "[\"\xC3\xA9\xF0\x9F\x98\x80\"]"}) {
    EXPECT_TRUE(validate_json(text).ok()) << text;
    EXPECT_TRUE(validate_json(in_place(text)).ok()) << text;
    EXPECT_TRUE(base::parse_json(text).ok()) << text;
  }
}

TEST(Json, RefusesWhatIsBrokenAndSaysWhere) {
  for (const std::string& text : {""s,           " "s,        "{"s,           "}"s,         "{\"a\"}"s, "{\"a\":}"s,  "{a:1}"s,
                                  "{\"a\":1,}"s, "[1,]"s,     "[1 2]"s,       "01"s,        "1."s,      "1e"s,        "-"s,
                                  "+1"s,         "nul"s,      "nulll"s,       "truefalse"s, "{} {}"s,   "1 1"s,       "[]]"s,
                                  "\"a"s,        "\"\\x\""s,  "\"\\u12g4\""s, "\"\n\""s,    "\"\t\""s,  "\"\0\""s,    "{\"a\":1}\0"s,
                                  "NaN"s,        "Infinity"s, "'a'"s,         "// c\n1"s,   "[1}"s,     "{\"a\":1]"s, "\xEF\xBB\xBF{}"s}) {
    for (auto result : {validate_json(std::string_view(text)), validate_json(in_place(text))}) {
      ASSERT_FALSE(result.ok()) << text;
      EXPECT_EQ(result.error().code, base::Code::invalid_argument);
      EXPECT_NE(result.error().message.find("broken JSON"), std::string::npos);
    }
  }
  EXPECT_NE(validate_json("[1,x]").error().message.find("byte 3"), std::string::npos);
}

TEST(Json, RefusesWhatIsNotUtf8) {
  for (const char* bytes : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\xE2\x82"}) {
    std::string text = "{\"a\":\"" + std::string(bytes) + "\"}";
    EXPECT_FALSE(validate_json(text).ok());
  }
}

TEST(Json, NestingIsLimited) {
  EXPECT_TRUE(validate_json(nested(128)).ok());
  EXPECT_TRUE(base::parse_json(nested(128)).ok());
  ASSERT_FALSE(validate_json(nested(129)).ok());
  EXPECT_NE(validate_json(nested(129)).error().message.find("deep"), std::string::npos);
  EXPECT_FALSE(validate_json(nested(1'000'000)).ok());
  EXPECT_FALSE(validate_json(std::string(1'000'000, '[')).ok());
}

TEST(Json, NumbersOfAnySizeAreJson) {
  for (const char* text : {"18446744073709551615", "18446744073709551616", "-9223372036854775809", "123456789012345678901234567890",
                           "1e400", "1e-400", "0.1000000000000000055511151231257827021181583404541015625"}) {
    EXPECT_TRUE(validate_json("{\"n\":" + std::string(text) + "}").ok()) << text;
  }
  EXPECT_FALSE(validate_json("[123456789012345678901234567890,]").ok());
}

TEST(Json, ALargeTextIsCheckedToo) {
  std::string text = "[";
  for (int i = 0; i < 100'000; ++i) text += "\"0123456789\",";
  text += "1]";
  EXPECT_TRUE(validate_json(text).ok());
  text.back() = '}';
  EXPECT_FALSE(validate_json(text).ok());
}

using Seen = std::vector<std::pair<std::string, std::string>>;

Result<> walk(std::string_view text, Seen* seen) {
  return each_member(text, [&](std::string_view key, std::string_view value) -> Result<> {
    seen->emplace_back(key, value);
    return {};
  });
}

TEST(Json, MembersComeInOrderAsTheyStand) {
  Seen seen;
  ASSERT_TRUE(walk(" {\"a\" : 1.50 ,\n\"b\":{\"x\":[\"}\",\"\\\"\"]},\"\":null , \"c\":\"\\\\\",\"d\":[],\"e\":true} ", &seen).ok());
  Seen expected = {{"a", "1.50"}, {"b", "{\"x\":[\"}\",\"\\\"\"]}"}, {"", "null"}, {"c", "\"\\\\\""}, {"d", "[]"}, {"e", "true"}};
  EXPECT_EQ(seen, expected);
}

TEST(Json, KeysAreUnescaped) {
  Seen seen;
  ASSERT_TRUE(walk(R"({"\u0061\n":1,"\ud83d\ude00":2,"\ud83d":3,"\/":4})", &seen).ok());
  EXPECT_EQ(seen[0].first, "a\n");
  EXPECT_EQ(seen[1].first, "\xF0\x9F\x98\x80");
  EXPECT_EQ(seen[2].first, "\xEF\xBF\xBD");
  EXPECT_EQ(seen[3].first, "/");
}

TEST(Json, AKeyTwiceIsRefusedHoweverItIsSpelled) {
  Seen seen;
  EXPECT_FALSE(walk(R"({"a":1,"a":2})", &seen).ok());
  EXPECT_FALSE(walk(R"({"a":1,"b":2,"\u0061":3})", &seen).ok());
  EXPECT_FALSE(walk(R"({"\u0061":1,"\u0061":2})", &seen).ok());
  EXPECT_TRUE(walk(R"({"a":1,"A":2})", &seen).ok());
}

TEST(Json, AKeyTwiceIsFoundAmongManyKeys) {
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  Seen seen;
  EXPECT_TRUE(walk(many + "\"z\":0}", &seen).ok());
  EXPECT_EQ(seen.size(), 101u);
  EXPECT_FALSE(walk(many + "\"k3\":0}", &seen).ok());
  EXPECT_FALSE(walk(many + "\"k99\":0}", &seen).ok());
}

TEST(Json, WalksStopWhereTheVisitorSaysSo) {
  int count = 0;
  auto stop = [&](std::string_view, std::string_view) -> Result<> {
    ++count;
    return base::Error(base::Code::denied, "enough");
  };
  auto result = each_member(R"({"a":1,"b":2})", stop);
  EXPECT_EQ(result.error().code, base::Code::denied);
  EXPECT_EQ(count, 1);
}

TEST(Json, WhatIsNoObjectHasNoMembers) {
  Seen seen;
  for (const char* text : {"[]", "1", "\"{}\"", "null", ""}) EXPECT_FALSE(walk(text, &seen).ok()) << text;
  EXPECT_TRUE(walk("{ }", &seen).ok());
  EXPECT_FALSE(each_element("{}", [](std::string_view) { return Result<>(); }).ok());
}

TEST(Json, ElementsComeInOrder) {
  std::vector<std::string> seen;
  auto take = [&](std::string_view value) -> Result<> {
    seen.emplace_back(value);
    return {};
  };
  ASSERT_TRUE(each_element(" [ 1 ,\"],\" , [ 2 , 3 ],{\"a\":[]}, null ] ", take).ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"1", "\"],\"", "[ 2 , 3 ]", "{\"a\":[]}", "null"}));
  seen.clear();
  ASSERT_TRUE(each_element("[]", take).ok());
  EXPECT_TRUE(seen.empty());
}

TEST(Json, FindsAMember) {
  EXPECT_EQ(find_member(R"({"a":1,"\u0062":[2],"c":3})", "b"), "[2]");
  EXPECT_EQ(find_member(R"({"a":{"b":1}})", "b"), "");
  EXPECT_EQ(find_member("[1]", "b"), "");
}

TEST(Json, TheWalkersStayInsideOfBrokenText) {
  for (const char* text : {"{\"a", "{\"a\\", "{\"", "{\"a\":", "{\"a\":\"", "{\"a\":[", "{,}", "{\"a\":1 \"b\"", "[", "[,", "[\"\\"}) {
    std::string copy(text);
    Members members(copy);
    for (int i = 0; i < 10 && members.next(); ++i) {}
    base::Elements elements(copy);
    for (int i = 0; i < 10 && elements.next(); ++i) {}
  }
}

TEST(Json, UniqueKeysLooksDown) {
  EXPECT_TRUE(base::unique_keys(R"({"a":{"x":1},"b":{"x":1}})").ok());
  EXPECT_FALSE(base::unique_keys(R"({"a":[{"x":1,"x":2}]})").ok());
  EXPECT_FALSE(base::parse_json(R"({"a":[{"x":1,"\u0078":2}]})").ok());
}

TEST(Json, StringsAreRead) {
  EXPECT_EQ(*json_string(R"("a\u00e9\ud83d\ude00\n\"")"), "a\xC3\xA9\xF0\x9F\x98\x80\n\"");
  EXPECT_EQ(*json_string(R"("\ud83d!")"), "\xEF\xBF\xBD!");
  EXPECT_EQ(*json_string(R"("\ude00\ud83d")"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(*json_string(R"("\ud83d\ud83d\ude00")"), "\xEF\xBF\xBD\xF0\x9F\x98\x80");
  EXPECT_EQ(*json_string(R"("\u0000")"), "\0"s);
  for (const char* text : {"1", "", "\"", "null", "{}"}) EXPECT_FALSE(json_string(text).ok()) << text;
}

TEST(Json, IntegersAreReadInEverySpelling) {
  EXPECT_EQ(*json_integer("42"), 42);
  EXPECT_EQ(*json_integer("-7"), -7);
  EXPECT_EQ(*json_integer("3.0"), 3);
  EXPECT_EQ(*json_integer("1e3"), 1000);
  EXPECT_EQ(*json_integer("1200e-2"), 12);
  EXPECT_EQ(*json_integer("0.5e1"), 5);
  EXPECT_EQ(*json_integer("-0"), 0);
  EXPECT_EQ(*json_integer("0e999999999999999999999"), 0);
  EXPECT_EQ(*json_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(*json_integer("-9223372036854775808"), INT64_MIN);
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "1.5", "1e-1", "1e19", "1e999999999999999999999", "", "-",
                           "\"1\"", "true", "1x", "e1", "99999999999999999999"}) {
    EXPECT_FALSE(json_integer(text).ok()) << text;
  }
}

// Long strings are read and written in steps of several sizes; what matters may stand at any place of one.
TEST(Json, WhatIsSpecialIsSeenAtEachPlaceOfAString) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string plain(size, 'a');
    EXPECT_EQ(base::quoted(plain), "\"" + plain + "\"");
    EXPECT_EQ(find_member("{\"k\":\"" + plain + "\",\"next\":7}", "next"), "7") << size;
    for (std::size_t place = 0; place <= size; place += 1 + place / 20) {
      std::string text = plain;
      text.insert(place, "\"\\\n\u00e9\xff");
      const std::string written = base::quoted(text);
      std::string expected = plain;
      expected.insert(place, R"(\"\\\n)"
                             "\u00e9\xEF\xBF\xBD");
      EXPECT_EQ(written, "\"" + expected + "\"") << size << " " << place;
      const std::string object = "{\"k\":" + written + ",\"next\":7}";
      EXPECT_EQ(find_member(object, "next"), "7") << size << " " << place;
      EXPECT_EQ(find_member(object, "k"), written);
    }
  }
}

TEST(Json, StringsAreWritten) {
  EXPECT_EQ(base::quoted("a\"\\\b\f\n\r\t\x01\x1f/"), R"("a\"\\\b\f\n\r\t\u0001\u001f/")");
  EXPECT_EQ(base::quoted("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
  EXPECT_EQ(base::quoted("\xFFz\xED\xA0\x80"), "\"\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(base::quoted("\0"s), "\"\\u0000\"");
}

TEST(Json, MinifiedKeepsStrings) {
  EXPECT_EQ(base::minified("{ \"a b\" :\r\n [ 1 , \" \\\" \" ] }"), "{\"a b\":[1,\" \\\" \"]}");
  EXPECT_FALSE(base::single_line("{\n}"));
  EXPECT_FALSE(base::single_line("{\r}"));
  EXPECT_TRUE(base::single_line("{ \"a\" : \"\\n\" }"));
}

TEST(Json, TheTreeReadsFractionsExactly) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> ordinary(0, 1000);
  char text[40];
  auto check = [&](double d) {
    std::string_view spelled(text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, d).ptr - text));
    auto tree = base::parse_json(spelled);
    ASSERT_TRUE(tree.ok()) << spelled;
    EXPECT_EQ(tree->to_number<double>(), d) << spelled;
  };
  for (int i = 0; i < 2000; ++i) {
    check(ordinary(random));
    if (double any = std::bit_cast<double>(random()); std::isfinite(any)) check(any);
  }
  EXPECT_EQ(base::parse_json("[-1.5e-3]")->at(0).as_double(), -0.0015);
  EXPECT_EQ(base::parse_json("-1e400")->as_double(), -std::numeric_limits<double>::infinity());
}

TEST(Json, TheTreeTakesWhatTheCheckTakes) {
  auto tree = base::parse_json(R"({"half":"\ud83d","big":123456789012345678901234567890,"int":9223372036854775807})");
  ASSERT_TRUE(tree.ok()) << tree.error().message;
  EXPECT_EQ(tree->at("half").as_string(), "\xEF\xBF\xBD");
  EXPECT_EQ(tree->at("int").as_int64(), INT64_MAX);
  for (const char* text : {"1e400", "55555E555555555555555512", "-1e-555555555555555555", "0e99999999999999",
                           "[1e+00000000000000000000000002,{\"\\ud83d\":1E99999999999}]"})
    EXPECT_TRUE(base::parse_json(text).ok()) << text;
  EXPECT_EQ(base::parse_json("[0e99999999999999]")->at(0).to_number<double>(), 0.0);
  EXPECT_FALSE(base::parse_json("{").ok());
}

}  // namespace
