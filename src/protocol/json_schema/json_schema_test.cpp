// What the official suite does not ask: messages, places, limits, and schemas that mean harm.
#include "protocol/json_schema/json_schema.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/json.h"
#include "protocol/json_schema/pattern.h"
#include "protocol/json_schema/uri.h"

namespace {

using mcp::Code;
using protocol::FormatUse;
using protocol::JsonSchema;
using protocol::PatternUse;
using protocol::SchemaOptions;
using protocol::SchemaVerdict;

boost::json::value json(std::string_view text) {
  auto value = base::parse_json(text);
  EXPECT_TRUE(value.ok()) << text;
  return value ? *value : boost::json::value();
}

SchemaVerdict judge(std::string_view schema, std::string_view value, const SchemaOptions& options = {}) {
  auto compiled = JsonSchema::compile(schema, options);
  EXPECT_TRUE(compiled.ok()) << schema << ": " << (compiled ? "" : compiled.error().message);
  return compiled ? compiled->validate(json(value)) : SchemaVerdict{};
}

bool fits(std::string_view schema, std::string_view value) { return judge(schema, value).valid(); }

// Why a schema is refused; empty when it is not.
std::string refusal(std::string_view schema, const SchemaOptions& options = {}) {
  auto compiled = JsonSchema::compile(schema, options);
  return compiled ? "" : compiled.error().message;
}

std::string says(std::string_view schema, std::string_view value) { return judge(schema, value).text("argument"); }

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// No single step of these tests may take so long, whatever machine and sanitizer.
constexpr std::chrono::seconds kLong{10};
class Watch {
 public:
  ~Watch() { EXPECT_LT(std::chrono::steady_clock::now() - began_, kLong); }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

TEST(JsonSchema, SaysWhereAndWhat) {
  constexpr std::string_view kSchema =
      R"({"type":"object","properties":{"limit":{"type":"integer","minimum":1,"maximum":100},"tags":{"type":"array","items":{"type":"string"}},)"
      R"("mode":{"enum":["fast","slow"]},"a/b":{"type":["string","null"]}},"required":["limit"],"additionalProperties":false})";
  EXPECT_EQ(says(kSchema, R"({"limit":0})"), "argument '/limit' must be at least 1");
  EXPECT_EQ(says(kSchema, R"({"limit":1.5})"), "argument '/limit' must be an integer, and is a number");
  EXPECT_EQ(says(kSchema, R"({})"), "argument needs the member \"limit\"");
  EXPECT_EQ(says(kSchema, R"({"limit":1,"tags":["a",2]})"), "argument '/tags/1' must be a string, and is an integer");
  EXPECT_EQ(says(kSchema, R"({"limit":1,"mode":"slw"})"), "argument '/mode' must be one of \"fast\", \"slow\"");
  EXPECT_EQ(says(kSchema, R"({"limit":1,"a/b":3})"), "argument '/a~1b' must be a string or null, and is an integer");
  EXPECT_EQ(says(kSchema, R"({"limit":1,"lmit":3})"), "argument '/lmit' is not known");
  EXPECT_EQ(says(kSchema, R"([])"), "argument must be an object, and is a list");
  EXPECT_EQ(says(kSchema, R"({"limit":101,"tags":3})"),
            "argument '/limit' must be at most 100; argument '/tags' must be a list, and is an integer");
  auto verdict = judge(kSchema, R"({"limit":0})");
  ASSERT_EQ(verdict.problems.size(), 1U);
  EXPECT_EQ(verdict.problems[0].keyword, "minimum");
}

TEST(JsonSchema, AlternativesTellOfTheNearest) {
  constexpr std::string_view kSchema =
      R"({"oneOf":[{"type":"string"},{"type":"object","properties":{"at":{"type":"object","properties":{"x":{"type":"integer"}}}}}]})";
  EXPECT_EQ(says(kSchema, R"({"at":{"x":"1"}})"), "argument '/at/x' must be an integer, and is a string");
  EXPECT_EQ(says(kSchema, "3"), "argument must match one of 2 alternatives; the first says: must be a string, and is an integer");
  EXPECT_EQ(says(R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "3"),
            "argument must match exactly one of 2 alternatives, and matches numbers 1 and 2");
}

TEST(JsonSchema, ListsNoMoreProblemsThanAsked) {
  SchemaOptions options;
  options.limits.problems = 3;
  EXPECT_EQ(judge(R"({"items":{"type":"string"}})", "[1,2,3,4,5]", options).problems.size(), 3U);
}

TEST(JsonSchema, NumbersAreExact) {
  EXPECT_TRUE(fits(R"({"maximum":9223372036854775807})", "9223372036854775807"));
  EXPECT_FALSE(fits(R"({"maximum":9223372036854775806})", "9223372036854775807"));
  EXPECT_FALSE(fits(R"({"const":9007199254740993})", "9007199254740992"));
  EXPECT_TRUE(fits(R"({"maximum":18446744073709551615})", "18446744073709551615"));
  EXPECT_FALSE(fits(R"({"maximum":9007199254740992.5})", "9007199254740993"));
  EXPECT_TRUE(fits(R"({"exclusiveMinimum":-0.5})", "0"));
  EXPECT_FALSE(fits(R"({"exclusiveMaximum":-9223372036854775808})", "-9223372036854775808"));
  EXPECT_TRUE(fits(R"({"maximum":-1.5})", "-2"));
  EXPECT_FALSE(fits(R"({"maximum":-1.5})", "-1"));
  EXPECT_TRUE(fits(R"({"type":"integer"})", "1.0"));
  EXPECT_TRUE(fits(R"({"type":"integer"})", "1e400"));
  EXPECT_FALSE(fits(R"({"maximum":1e300})", "1e400"));
  EXPECT_TRUE(fits(R"({"multipleOf":0.01})", "4.02"));
  EXPECT_TRUE(fits(R"({"multipleOf":0.1})", "123456789.1"));
  EXPECT_FALSE(fits(R"({"multipleOf":0.01})", "4.025"));
  EXPECT_TRUE(fits(R"({"multipleOf":1e-8})", "12391239123"));
  EXPECT_TRUE(fits(R"({"multipleOf":7})", "9223372036854775807"));  // 7 * 7 * 73 * 127 * 337 * 92737 * 649657
  EXPECT_FALSE(fits(R"({"multipleOf":2})", "9223372036854775807"));
  EXPECT_FALSE(fits(R"({"multipleOf":1e300})", "1e299"));
  EXPECT_TRUE(fits(R"({"multipleOf":3e-300})", "9e-300"));
  EXPECT_FALSE(fits(R"({"uniqueItems":true})", "[1,2,1.0]"));
  EXPECT_FALSE(fits(R"({"uniqueItems":true})", R"([0,1,2,3,4,5,6,7,8,{"a":1,"b":2},{"b":2,"a":1.0}])"));
}

TEST(JsonSchema, OldDialectsKeepTheirMeaning) {
  constexpr std::string_view kTuple =
      R"({"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"string"}],"additionalItems":false})";
  EXPECT_TRUE(fits(kTuple, R"(["a"])"));
  EXPECT_FALSE(fits(kTuple, R"(["a","b"])"));
  EXPECT_TRUE(fits(
      R"({"$schema":"http://json-schema.org/draft-07/schema","$ref":"#/definitions/a","maximum":1,"definitions":{"a":{"type":"integer"}}})",
      "5"))
      << "draft-07 ignores what stands beside $ref";
  EXPECT_FALSE(fits(R"({"$ref":"#/$defs/a","maximum":1,"$defs":{"a":{"type":"integer"}}})", "5"));
  EXPECT_NE(refusal(R"({"items":[{}]})").find("prefixItems"), std::string::npos);
  EXPECT_NE(refusal(R"({"$schema":"http://json-schema.org/draft-04/schema#"})").find("draft-07"), std::string::npos);
  EXPECT_NE(refusal(R"({"$schema":"https://example.com/mine"})").find("not known here"), std::string::npos);
  EXPECT_NE(refusal(R"({"minimum":1,"exclusiveMinimum":true})").find("draft-04"), std::string::npos);
}

TEST(JsonSchema, FormatsAreCheckedOnlyWhenAsked) {
  EXPECT_TRUE(fits(R"({"format":"email"})", R"("no")"));
  SchemaOptions options;
  options.formats = FormatUse::check;
  EXPECT_EQ(judge(R"({"format":"email"})", R"("no")", options).text("it"), "it must be of the format email");
  EXPECT_TRUE(judge(R"({"format":"date-time"})", R"("2024-02-29T12:00:00Z")", options).valid());
  EXPECT_FALSE(judge(R"({"format":"date"})", R"("2023-02-29")", options).valid());
  EXPECT_TRUE(judge(R"({"format":"uri"})", R"("https://a.example/b?c#d")", options).valid());
  EXPECT_FALSE(judge(R"({"format":"uri"})", R"("/b")", options).valid());
  EXPECT_TRUE(judge(R"({"format":"my-own"})", R"("anything")", options).valid());
}

TEST(JsonSchema, BrokenSchemasAreRefusedWithTheirPlace) {
  EXPECT_EQ(refusal(R"({"properties":{"a":{"minimum":"1"}}})"), "schema at /properties/a/minimum: must be a number");
  EXPECT_EQ(refusal(R"({"properties":{"a":3}})"), "schema at /properties: must be a schema: an object, true or false");
  EXPECT_EQ(refusal(R"({"type":"int"})"),
            "schema at /type: must be one of null, boolean, integer, number, string, array and object, or a list of them");
  EXPECT_EQ(refusal(R"({"required":true})"),
            "schema at /required: must be a list of names, beside properties; true and false are of draft-03");
  EXPECT_EQ(refusal(R"({"multipleOf":0})"), "schema at /multipleOf: must be more than 0");
  EXPECT_EQ(refusal(R"({"anyOf":[]})"), "schema at /anyOf: must be a list of schemas, and not empty");
  EXPECT_EQ(refusal(R"({"$ref":"#/$defs/no"})"), "schema at /$ref: the reference '#/$defs/no' leads nowhere");
  EXPECT_EQ(refusal(R"({"$ref":"#no"})"), "schema at /$ref: the reference '#no' leads nowhere: there is no such $anchor");
  EXPECT_NE(refusal("[1]").find("a schema must be an object, true or false"), std::string::npos);
  EXPECT_NE(refusal("{").find("broken JSON"), std::string::npos);
  EXPECT_NE(refusal(R"({"minLength":-1})").find("at least 0"), std::string::npos);
  EXPECT_NE(refusal(R"({"$anchor":"a b"})").find("$anchor"), std::string::npos);
  EXPECT_NE(refusal(R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})").find("twice"), std::string::npos);
  EXPECT_NE(refusal(R"({"$defs":{"a":{"$id":"http://x/y"},"b":{"$id":"http://x/y"}}})").find("twice"), std::string::npos);
}

TEST(JsonSchema, NothingIsFetched) {
  for (const char* uri :
       {"https://example.com/schema.json", "http://169.254.169.254/latest", "file:///etc/passwd", "other.json", "//host/x"}) {
    std::string why = refusal(std::string(R"({"properties":{"a":{"$ref":")") + uri + "\"}}}");
    EXPECT_NE(why.find("nothing is fetched"), std::string::npos) << uri << ": " << why;
  }
  SchemaOptions options;
  options.documents = {{"https://example.com/schema.json", R"({"type":"string"})"}};
  EXPECT_TRUE(judge(R"({"$ref":"https://example.com/schema.json"})", R"("a")", options).valid());
}

TEST(JsonSchema, PatternsOfEcma) {
  auto matches = [](std::string_view pattern, std::string_view text) {
    auto compiled = protocol::schema::Pattern::compile(pattern);
    EXPECT_TRUE(compiled.ok()) << pattern << ": " << (compiled ? "" : compiled.error().message);
    return compiled && compiled->matches(text);
  };
  EXPECT_TRUE(matches("^\\p{Letter}+$", "π"));
  EXPECT_TRUE(matches("^\\p{Script=Greek}$", "π"));
  EXPECT_TRUE(matches("^\\u{1F432}$", "🐲"));
  EXPECT_TRUE(matches("^\\uD83D\\uDC32$", "🐲"));
  EXPECT_TRUE(matches("^[^\\S\\n]$", "\xC2\xA0"));
  EXPECT_FALSE(matches("^.$", "\n"));
  EXPECT_TRUE(matches("^[^]$", "\n"));
  EXPECT_TRUE(matches("^(?<year>\\d{4})$", "2024"));
  EXPECT_TRUE(matches("^[[:a]$", "["));
  EXPECT_TRUE(matches("^\\/\\-\\_$", "/-_"));
  EXPECT_TRUE(matches("^[\\w-.]+$", "a-b.c"));
  EXPECT_FALSE(matches("^a$", "a\n"));
}

TEST(JsonSchema, PatternsThatCannotBeRunAreNamed) {
  for (const char* pattern : {"^(?!a)", "(?<=a)b", "(a)\\\\1", "(?<n>a)\\\\k<n>"}) {
    std::string schema = std::string(R"({"properties":{"a":{"pattern":")") + pattern + "\"}}}";
    EXPECT_NE(refusal(schema).find("cannot be matched in linear time"), std::string::npos) << refusal(schema);
    EXPECT_NE(refusal(schema).find("/properties/a/pattern"), std::string::npos);
    SchemaOptions lenient;
    lenient.patterns = PatternUse::ignore;
    EXPECT_EQ(refusal(schema, lenient), "");
  }
  EXPECT_NE(refusal(R"({"pattern":"(a"})").find("broken"), std::string::npos);
  EXPECT_NE(refusal(R"({"pattern":"((a{1000}){1000}){1000}"})"), "");
  EXPECT_NE(refusal(R"({"patternProperties":{"[":{}}})").find("/patternProperties"), std::string::npos);
}

TEST(JsonSchemaHarm, CatastrophicPatternsAreLinear) {
  Watch watch;
  auto schema = JsonSchema::compile(R"({"pattern":"^(a+)+$"})");
  ASSERT_TRUE(schema.ok());
  EXPECT_FALSE(schema->accepts(boost::json::value(std::string(100'000, 'a') + "b")));
  EXPECT_TRUE(schema->accepts(boost::json::value(std::string(100'000, 'a'))));
  auto huge = JsonSchema::compile(R"({"pattern":"(x+x+)+y|(.*)*z|([a-z]+[0-9]{1,200}){2,4}q"})");
  ASSERT_TRUE(huge.ok()) << huge.error().message;
  auto verdict = huge->validate(boost::json::value(std::string(1'000'000, 'x')));
  EXPECT_FALSE(verdict.valid());
}

TEST(JsonSchemaHarm, TooManyPatternsAreRefused) {
  Watch watch;
  std::string schema = R"({"allOf":[)";
  for (int i = 0; i < 600; ++i) schema += (i ? "," : "") + std::string(R"({"pattern":"(a{20}[b-z]{50}){15})") + std::to_string(i) + "\"}";
  auto why = JsonSchema::compile(schema + "]}");
  ASSERT_FALSE(why.ok());
  EXPECT_EQ(why.error().code, Code::too_large);
}

TEST(JsonSchemaHarm, LoopsAreSeenWhenCompiling) {
  for (const char* schema :
       {R"({"$ref":"#"})", R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"allOf":[{"$ref":"#/$defs/a"}]}},"$ref":"#/$defs/a"})",
        R"({"not":{"$ref":"#"}})", R"({"$defs":{"x":{"oneOf":[{"$ref":"#/$defs/x"}]}}, "$ref":"#/$defs/x"})",
        R"({"if":{"$ref":"#"},"then":false})"})
    EXPECT_NE(refusal(schema).find("never end"), std::string::npos) << schema;
}

TEST(JsonSchemaHarm, LoopsThatOnlyShowLaterEnd) {
  Watch watch;
  auto verdict = judge(R"({"anyOf":[{"type":"string"},{"$ref":"#"}]})", "1");
  ASSERT_TRUE(verdict.gave_up.has_value());
  EXPECT_EQ(verdict.gave_up->code, Code::too_large);
  EXPECT_NE(verdict.text("it").find("too complex"), std::string::npos);
  auto dynamic = judge(R"({"$dynamicAnchor":"n","$dynamicRef":"#n"})", "1");
  EXPECT_TRUE(dynamic.gave_up.has_value());
}

TEST(JsonSchemaHarm, ExponentialReferencesEnd) {
  Watch watch;
  std::string defs;
  for (int i = 0; i < 60; ++i) {
    std::string next = R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}";
    defs += "\"d" + std::to_string(i) + R"(":{"allOf":[)" + next + "," + next + "]},";
  }
  auto verdict = judge(R"({"$ref":"#/$defs/d0","$defs":{)" + defs + R"("d60":true}})", "1");
  ASSERT_TRUE(verdict.gave_up.has_value());
  // The same with branches that fail, which each report would look into again.
  std::string any;
  for (int i = 0; i < 60; ++i) {
    std::string next = R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}";
    any += "\"d" + std::to_string(i) + R"(":{"anyOf":[)" + next + "," + next + R"(],"unevaluatedProperties":false},)";
  }
  EXPECT_TRUE(judge(R"({"$ref":"#/$defs/d0","$defs":{)" + any + R"("d60":false}})", R"({"a":1})").gave_up.has_value());
}

TEST(JsonSchemaHarm, DepthAndSizeAreBounded) {
  Watch watch;
  EXPECT_NE(refusal(repeated(R"({"not":)", 200) + "true" + repeated("}", 200)).find("broken JSON"), std::string::npos);
  std::string wide = R"({"allOf":[)" + repeated("{},", 20'000) + "{}]}";
  EXPECT_NE(refusal(wide).find("more than 10000 subschemas"), std::string::npos);
  EXPECT_NE(refusal(R"({"description":")" + std::string(600'000, 'x') + "\"}").find("the limit is"), std::string::npos);
  // A long chain of references is no recursion of this program.
  std::string chain;
  for (int i = 0; i < 4000; ++i) chain += "\"d" + std::to_string(i) + R"(":{"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"},";
  auto verdict = judge(R"({"$ref":"#/$defs/d0","$defs":{)" + chain + R"("d4000":true}})", "1");
  EXPECT_TRUE(verdict.gave_up.has_value());
}

TEST(JsonSchemaHarm, BigValuesCostWhatTheyAreLong) {
  Watch watch;
  std::string many = "[0";
  for (int i = 1; i < 50'000; ++i) many += "," + std::to_string(i);
  EXPECT_TRUE(fits(R"({"uniqueItems":true})", many + "]"));
  EXPECT_FALSE(fits(R"({"uniqueItems":true})", many + ",49999.0]"));
  auto schema = JsonSchema::compile(R"({"items":{"anyOf":[{"type":"string"},{"items":{"uniqueItems":true}}]}})");
  ASSERT_TRUE(schema.ok());
  std::string deep = "[" + repeated("[", 100) + many + "]" + repeated("]", 100) + "]";
  (void)schema->validate(json(deep));
}

TEST(JsonSchema, RecursionThatGoesIntoTheValueIsFine) {
  constexpr std::string_view kTree =
      R"({"type":"object","properties":{"left":{"$ref":"#"},"right":{"$ref":"#"}},"additionalProperties":false})";
  EXPECT_TRUE(fits(kTree, repeated(R"({"left":)", 100) + "{}" + repeated("}", 100)));
  EXPECT_FALSE(fits(kTree, repeated(R"({"left":)", 100) + "1" + repeated("}", 100)));
}

TEST(JsonSchema, ResolvesReferencesAsRfc3986Says) {
  // The examples of RFC 3986, section 5.4, without those that are only a fragment.
  const std::vector<std::pair<std::string, std::string>> kExamples = {{"g:h", "g:h"},
                                                                      {"g", "http://a/b/c/g"},
                                                                      {"./g", "http://a/b/c/g"},
                                                                      {"g/", "http://a/b/c/g/"},
                                                                      {"/g", "http://a/g"},
                                                                      {"//g", "http://g"},
                                                                      {"?y", "http://a/b/c/d;p?y"},
                                                                      {"g?y", "http://a/b/c/g?y"},
                                                                      {";x", "http://a/b/c/;x"},
                                                                      {"", "http://a/b/c/d;p?q"},
                                                                      {".", "http://a/b/c/"},
                                                                      {"./", "http://a/b/c/"},
                                                                      {"..", "http://a/b/"},
                                                                      {"../", "http://a/b/"},
                                                                      {"../g", "http://a/b/g"},
                                                                      {"../..", "http://a/"},
                                                                      {"../../", "http://a/"},
                                                                      {"../../g", "http://a/g"},
                                                                      {"../../../g", "http://a/g"},
                                                                      {"/./g", "http://a/g"},
                                                                      {"/../g", "http://a/g"},
                                                                      {"g.", "http://a/b/c/g."},
                                                                      {"..g", "http://a/b/c/..g"},
                                                                      {"./../g", "http://a/b/g"},
                                                                      {"g/./h", "http://a/b/c/g/h"},
                                                                      {"g/../h", "http://a/b/c/h"}};
  for (const auto& [reference, expected] : kExamples)
    EXPECT_EQ(protocol::schema::resolve_uri("http://a/b/c/d;p?q", reference), expected) << reference;
  EXPECT_EQ(protocol::schema::resolve_uri("", "a.json#x"), "a.json");
  EXPECT_EQ(protocol::schema::percent_decoded("a%25b%2"), "a%b%2");
}

}  // namespace
