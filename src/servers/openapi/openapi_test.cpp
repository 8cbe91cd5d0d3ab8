// From the text of a description to the request of a call: reading, converting, placing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "servers/openapi/call.h"
#include "servers/openapi/placing.h"
#include "servers/openapi/schema_text.h"
#include "servers/openapi/yaml_json.h"

namespace servers::openapi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(YamlJson, ReadsTheCoreSchema) {
  auto json = [](std::string_view yaml) {
    auto out = json_of_yaml(yaml);
    return out ? *out : "error: " + out.error().message;
  };
  EXPECT_EQ(json("a: 1\nb: '1'\nc: 1.50\nd: ~\ne: yes\nf: true\n200: ok\n"),
            R"({"a":1,"b":"1","c":1.50,"d":null,"e":"yes","f":true,"200":"ok"})");
  EXPECT_EQ(json("- 007\n- 0x10\n- .inf\n- 1e5\n- -0\n- +1\n- 2030-01-01\n"), R"(["007","0x10",".inf",1e5,-0,"+1","2030-01-01"])");
  EXPECT_EQ(json("a: &x {b: [1, 2]}\nc: *x\nd: |\n  two\n  lines\n"), R"({"a":{"b":[1,2]},"c":{"b":[1,2]},"d":"two\nlines\n"})");
  EXPECT_EQ(json("{}"), "{}");
  EXPECT_THAT(json("a: 1\na: 2\n"), HasSubstr("here twice"));
  EXPECT_THAT(json("a: !ruby/object x\n"), HasSubstr("tag"));
  EXPECT_THAT(json("a: 1\n---\nb: 2\n"), HasSubstr("several"));
  EXPECT_THAT(json("a: [1, 2\n"), HasSubstr("error: line"));
  EXPECT_THAT(json(std::string(5000, '[')), HasSubstr("error:"));
  EXPECT_THAT(json(""), HasSubstr("empty"));
  EXPECT_THAT(json("\xbf: 1\n\xef: 2\n"), HasSubstr("not UTF-8"));
  EXPECT_THAT(json("a: 1e999\n"), HasSubstr("1e999"));
}

TEST(YamlJson, AliasesCannotGrowWithoutEnd) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb.append("a" + std::to_string(i) + ": &a" + std::to_string(i) + " [");
    for (int k = 0; k < 10; ++k) bomb.append(k ? ",*a" : "*a").append(std::to_string(i - 1));
    bomb.append("]\n");
  }
  auto out = json_of_yaml(bomb);
  ASSERT_FALSE(out.ok());
  EXPECT_THAT(out.error().message, HasSubstr("more than"));
}

Document document(std::string_view paths, std::string_view more = "") {
  std::string text =
      R"({"openapi":"3.0.3","info":{"title":"T","version":"1"},"servers":[{"url":"https://{region}.example/v1/","variables":{"region":{"default":"eu"}}}])";
  text.append(more).append(R"(,"paths":)").append(paths).append("}");
  auto read = Document::parse(text);
  EXPECT_TRUE(read.ok()) << read.error().message;
  return *std::move(read);
}

TEST(Schemas, AreWrittenAsJsonSchema) {
  const Document doc = document(
      "{}",
      R"(,"components":{"schemas":{"A":{"type":"object","properties":{"b":{"$ref":"#/components/schemas/A"},"id":{"type":"string","readOnly":true}},"required":["id","b"]}}})");
  auto converted = [&doc](std::string_view schema) {
    auto json = mcp::Json::parse(schema);
    SchemaText text(doc, 10'000);
    std::string out = text.convert(json->root());
    const std::string definitions = text.definitions();
    return definitions.empty() ? out : out + " " + definitions;
  };
  EXPECT_EQ(converted(R"({"type":"integer","nullable":true,"minimum":1,"exclusiveMinimum":true,"example":3,"xml":{}})"),
            R"({"type":["integer","null"],"exclusiveMinimum":1})");
  EXPECT_EQ(converted(R"x({"type":"string","enum":["a","b"],"nullable":true,"pattern":"(?=x)"})x"),
            R"({"type":["string","null"],"enum":["a","b",null]})");
  EXPECT_EQ(converted(R"({"$ref":"#/components/schemas/A"})"),
            R"({"$ref":"#/$defs/A"} {"A":{"type":"object","properties":{"b":{"$ref":"#/$defs/A"}},"required":["b"]}})");
  EXPECT_EQ(converted(R"({"oneOf":[{"type":"string"},true],"description":"One. Two."})"),
            R"({"anyOf":[{"type":"string"},{}],"description":"One. Two."})");
  EXPECT_EQ(converted(R"({"$ref":"other.json#/x"})"), "{}");
  EXPECT_EQ(converted(R"({"items":{"$ref":"#/components/schemas/None"},"type":"array"})"), R"({"type":"array","items":{}})");
}

TEST(Schemas, AreBounded) {
  std::string schemas = R"(,"components":{"schemas":{)";
  for (int i = 0; i < 200; ++i)
    schemas.append((i ? "," : ""))
        .append("\"S" + std::to_string(i) + R"(":{"type":"object","properties":{"next":{"$ref":"#/components/schemas/S)" +
                std::to_string((i + 1) % 200) + R"("},"text":{"type":"string","description":"a text of some length"}}})");
  const Document doc = document(
      R"({"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/S0"}}}},"responses":{}}}})",
      schemas + "}}");
  Operations out = read_operations(doc, {}, 10);
  ASSERT_THAT(out.all, SizeIs(1));
  EXPECT_LT(out.all[0].input_schema.size(), 20'000u);
  EXPECT_TRUE(mcp::Json::parse(out.all[0].input_schema).ok());
}

TEST(Operations, AreNamedWithinBounds) {
  std::map<std::string, int> taken;
  EXPECT_EQ(tool_name("pets.list all", taken), "pets_list_all");
  EXPECT_EQ(tool_name("pets/list/all", taken), "pets_list_all_2");
  const std::string name = tool_name(std::string(100, 'a'), taken);
  EXPECT_EQ(name.size(), 64u);
  EXPECT_NE(tool_name(std::string(101, 'a'), taken), name);
  EXPECT_EQ(tool_name("ünïcode", taken).find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos);
  EXPECT_EQ(tool_name("", taken), "operation");
}

TEST(Operations, WhatCannotWorkIsLeftOutAndSaid) {
  const Document doc =
      document(R"({"/a/{x}":{"get":{"operationId":"a","responses":{}}},"/b":{"get":{"security":[{"odd":[]}],"responses":{}}},
    "/c":{"get":{"parameters":[{"$ref":"#/nothing"}],"responses":{}}},"/d":{"get":{"operationId":"d","responses":{}}}})",
               R"(,"components":{"securitySchemes":{"odd":{"type":"mutualTLS"}}})");
  Operations out = read_operations(doc, {}, 10);
  ASSERT_THAT(out.all, SizeIs(1));
  EXPECT_EQ(out.all[0].name, "d");
  EXPECT_THAT(out.problems,
              ElementsAre(HasSubstr("no parameter describes it"), HasSubstr("kind of sign-in"), HasSubstr("leads to nothing")));
  EXPECT_THAT(read_operations(doc, {}, 0).problems, testing::Contains(HasSubstr("at most 0 become tools")));
}

Parameter parameter(Parameter::In in, Parameter::Style style, bool explode) {
  Parameter out;
  out.name = out.argument = "c";
  out.in = in;
  out.style = style;
  out.explode = explode;
  return out;
}

// The table of styles in the specification (OpenAPI 3.0.3, "Style Examples"), with percent-encoding.
TEST(Placing, WritesEveryStyle) {
  using In = Parameter::In;
  using Style = Parameter::Style;
  auto array = mcp::Json::parse(R"(["blue","black"])");
  auto object = mcp::Json::parse(R"({"R":100,"G":200})");
  auto text = mcp::Json::parse(R"("a b")");
  auto path = [](Style style, bool explode, const mcp::Json& value) {
    Placed placed;
    placed.path = "/x/{c}/y";
    auto done = place(parameter(In::path, style, explode), value.root(), placed);
    return done ? placed.path : done.error().message;
  };
  EXPECT_EQ(path(Style::simple, false, *text), "/x/a%20b/y");
  EXPECT_EQ(path(Style::simple, false, *array), "/x/blue,black/y");
  EXPECT_EQ(path(Style::simple, false, *object), "/x/R,100,G,200/y");
  EXPECT_EQ(path(Style::simple, true, *object), "/x/R=100,G=200/y");
  EXPECT_EQ(path(Style::label, true, *array), "/x/.blue.black/y");
  EXPECT_EQ(path(Style::label, true, *object), "/x/.R=100.G=200/y");
  EXPECT_EQ(path(Style::matrix, false, *array), "/x/;c=blue,black/y");
  EXPECT_EQ(path(Style::matrix, true, *array), "/x/;c=blue;c=black/y");
  EXPECT_EQ(path(Style::matrix, true, *object), "/x/;R=100;G=200/y");
  auto query = [](Style style, bool explode, const mcp::Json& value) {
    Placed placed;
    EXPECT_TRUE(place(parameter(In::query, style, explode), value.root(), placed).ok());
    return placed.query;
  };
  EXPECT_THAT(query(Style::form, true, *array), ElementsAre("c=blue", "c=black"));
  EXPECT_THAT(query(Style::form, false, *array), ElementsAre("c=blue,black"));
  EXPECT_THAT(query(Style::form, true, *object), ElementsAre("R=100", "G=200"));
  EXPECT_THAT(query(Style::form, false, *object), ElementsAre("c=R,100,G,200"));
  EXPECT_THAT(query(Style::space, false, *array), ElementsAre("c=blue%20black"));
  EXPECT_THAT(query(Style::pipe, false, *array), ElementsAre("c=blue%7Cblack"));
  EXPECT_THAT(query(Style::deep, true, *object), ElementsAre("c%5BR%5D=100", "c%5BG%5D=200"));
  EXPECT_THAT(query(Style::form, false, *mcp::Json::parse("[]")), IsEmpty());
}

TEST(Placing, RefusesWhatCannotStandThere) {
  using In = Parameter::In;
  using Style = Parameter::Style;
  auto wrong = [](In in, std::string_view value) {
    Placed placed;
    placed.path = "/{c}";
    auto json = mcp::Json::parse(value);
    auto done = place(parameter(in, Style::simple, false), json->root(), placed);
    return done ? std::string("fine") : done.error().message;
  };
  for (const char* value : {"\"\"", "\".\"", "\"..\""}) EXPECT_THAT(wrong(In::path, value), HasSubstr("'c' must not be empty"));
  EXPECT_THAT(wrong(In::header, R"("a\r\nb")"), HasSubstr("control character"));
  EXPECT_THAT(wrong(In::query, R"([{"a":1}])"), HasSubstr("inside of a list"));
  EXPECT_EQ(wrong(In::path, "\"a/../b\""), "fine");
}

TEST(Calls, AreMadeOfArgumentsAndCredentials) {
  const Document doc = document(
      R"({"/a":{"get":{"operationId":"a","parameters":[{"name":"q","in":"query","required":true,"schema":{"type":"string"}}],"responses":{"200":{"content":{"application/json":{}}}}},
     "post":{"operationId":"up","security":[],"requestBody":{"content":{"multipart/form-data":{"schema":{"type":"object","properties":{"file":{"type":"string","format":"binary"},"note":{"type":"string"}}}}}},"responses":{}}}})",
      R"(,"security":[{"q":[],"b":[]}],"components":{"securitySchemes":{"q":{"type":"apiKey","in":"query","name":"key"},"b":{"type":"http","scheme":"basic"}}})");
  Operations out = read_operations(doc, {}, 10);
  ASSERT_THAT(out.all, SizeIs(2));
  CallOptions options;
  options.remedy = "set it";
  auto arguments = mcp::Json::parse(R"({"q":"x"})");
  EXPECT_THAT(request_of(out.all[0], arguments->root(), options).error().message,
              HasSubstr("'q' (an API key in the query as key) and 'b' (user:password), which is not set; set it"));
  options.credentials["q"] = rest::Secret("k&1");
  options.credentials["b"] = rest::Secret("u:p");
  auto request = request_of(out.all[0], arguments->root(), options);
  ASSERT_TRUE(request.ok()) << request.error().message;
  EXPECT_EQ(request->url, "https://eu.example/v1/a?q=x&key=k%261");
  EXPECT_EQ(request->secrets.at(0).second.reveal(), "Basic dTpw");
  EXPECT_THAT(request_of(out.all[0], mcp::Json::parse("{}")->root(), options).error().message, HasSubstr("'q' is missing"));
  auto parts = mcp::Json::parse(R"({"body":{"file":"aGk=","note":"n"}})");
  auto upload = request_of(out.all[1], parts->root(), options);
  ASSERT_TRUE(upload.ok());
  EXPECT_THAT(upload->body, HasSubstr("filename=\"file\"\r\nContent-Type: application/octet-stream\r\n\r\nhi\r\n"));
  EXPECT_THAT(upload->body, HasSubstr("name=\"note\"\r\n\r\nn\r\n"));
}

TEST(Calls, SayHowToGetTheNextPage) {
  Operation operation;
  for (const char* name : {"cursor", "page", "per_page", "q"}) {
    Parameter one = parameter(Parameter::In::query, Parameter::Style::form, true);
    one.name = one.argument = name;
    operation.parameters.push_back(one);
  }
  rest::Answer answer;
  answer.headers.emplace_back("link", R"(<https://a/?q=x&page=2&per_page=10>; rel="next")");
  auto body = mcp::Json::parse(R"({"meta":{"next_cursor":"abc"}})");
  EXPECT_EQ(next_page(operation, answer, body->root()), R"(More: call again with {"page":2})");
  EXPECT_EQ(next_page(operation, {}, body->root()), R"(More: call again with {"cursor":"abc"})");
  EXPECT_EQ(next_page(operation, {}, mcp::Json::parse(R"({"next_cursor":""})")->root()), "");
}

}  // namespace
}  // namespace servers::openapi
