#include "disclosure/declaration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using disclosure::declaration;
using disclosure::DeclarationLimits;
using disclosure::ToolView;
using ::testing::HasSubstr;
using ::testing::Not;

ToolView tool(std::string_view input, std::string_view output = "") {
  ToolView out;
  out.server = "s";
  out.name = "t";
  out.public_name = "s__t";
  out.input_schema = input;
  out.output_schema = output;
  return out;
}

// The type of the one argument `v`, whose schema is given; `named` gets what stands before the function.
std::string type_of(std::string_view schema, std::string* named = nullptr) {
  std::string input = R"({"type":"object","required":["v"],"properties":{"v":)" + std::string(schema) + "}}";
  auto parts = disclosure::declaration_parts(tool(input), {.server = "s", .tool = "t"});
  if (named) *named = parts.types;
  std::string_view text = parts.function;
  std::size_t begin = text.find("v: ");
  std::size_t end = text.rfind("): Promise<unknown>;");
  if (begin == std::string_view::npos || end == std::string_view::npos) return "?" + parts.function;
  text = text.substr(begin + 3, end - begin - 3);
  text.remove_suffix(text.ends_with(";\n  }") ? 5 : 2);
  return std::string(text);
}

TEST(Declaration, OfAWholeTool) {
  ToolView view = tool(R"({"type":"object","required":["path"],"properties":{
      "path":{"type":"string","description":"Where it is"},
      "head":{"type":"integer","minimum":1,"default":10,"description":"Only so many lines"}}})",
                       R"({"type":"object","required":["content"],"properties":{"content":{"type":"string"},"size":{"type":"number"}}})");
  view.server = "filesystem";
  view.name = "read-file";
  view.public_name = "filesystem__read-file";
  view.description = "Reads a file.\n\n\nAs text.";
  view.annotations = R"({"readOnlyHint":true,"destructiveHint":true,"openWorldHint":false})";
  EXPECT_EQ(declaration(view), R"(declare namespace filesystem {
  /** Reads a file.

    As text.
    @name filesystem__read-file
    @hints read-only, closed world */
  function read_file(args: {
    /** Where it is */
    path: string;
    /** Only so many lines @integer @default 10 @minimum 1 */
    head?: number;
  }): Promise<{ content: string; size?: number }>;
})");
}

TEST(Declaration, ArgumentsThatNobodyHasToGive) {
  EXPECT_THAT(declaration(tool(R"({"type":"object","properties":{}})")), HasSubstr("function t(args?: {}): Promise<unknown>;"));
  EXPECT_THAT(declaration(tool(R"({"type":"object","additionalProperties":false})")), HasSubstr("t(args?: {})"));
  EXPECT_THAT(declaration(tool(R"({"type":"object"})")), HasSubstr("t(args?: Record<string, unknown>)"));
  EXPECT_THAT(declaration(tool("")), HasSubstr("t(args?: Record<string, unknown>)"));
  EXPECT_THAT(declaration(tool(R"({"type":"object","properties":{"a":{"type":"string"}}})")), HasSubstr("t(args?: { a?: string })"));
  EXPECT_THAT(declaration(tool(R"({"type":"object","properties":{},"anyOf":[{"required":["a"]},{"required":["b"]}]})")),
              HasSubstr("t(args: { a: unknown } | { b: unknown })"));
}

TEST(Types, Simple) {
  EXPECT_EQ(type_of(R"({"type":"string"})"), "string");
  EXPECT_EQ(type_of(R"({"type":["string","null"]})"), "string | null");
  EXPECT_EQ(type_of(R"({"type":["integer","number"]})"), "number");
  EXPECT_EQ(type_of(R"({"type":"string","nullable":true})"), "string | null");
  EXPECT_EQ(type_of("true"), "unknown");
  EXPECT_EQ(type_of("false"), "never");
  EXPECT_EQ(type_of("{}"), "unknown");
  EXPECT_EQ(type_of(R"({"type":"thing"})"), "unknown");
  EXPECT_EQ(type_of(R"({"type":7,"unknownKeyword":{}})"), "unknown");
}

TEST(Types, Literals) {
  EXPECT_EQ(type_of(R"({"enum":["a","b\"c",null,1,-2.5,true]})"), R"("a" | "b\"c" | null | 1 | -2.5 | true)");
  EXPECT_EQ(type_of(R"({"const":"x"})"), "\"x\"");
  EXPECT_EQ(type_of(R"({"const":{"a":[1,{"b-c":null}]}})"), R"({ a: [1, { "b-c": null }] })");
  EXPECT_EQ(type_of(R"({"enum":[]})"), "never");
  EXPECT_EQ(type_of(R"({"enum":["a","a"]})"), "\"a\"");
  EXPECT_EQ(type_of(R"({"const":1e300})"), "1e+300");
  EXPECT_EQ(type_of(R"({"const":0.1})"), "0.1");
}

TEST(Types, Arrays) {
  EXPECT_EQ(type_of(R"({"type":"array"})"), "unknown[]");
  EXPECT_EQ(type_of(R"({"type":"array","items":{"type":"string"}})"), "string[]");
  EXPECT_EQ(type_of(R"({"type":"array","items":{"type":["string","null"]}})"), "(string | null)[]");
  EXPECT_EQ(type_of(R"({"items":{"enum":["a","b"]}})"), R"(("a" | "b")[])");
  EXPECT_EQ(type_of(R"({"type":"array","items":{"type":"string","format":"uri"}})"), "(/** @format uri */ string)[]");
  EXPECT_EQ(type_of(R"({"type":"array","items":false})"), "[]");
  EXPECT_EQ(type_of(R"({"type":"array","prefixItems":[{"type":"string"},{"type":"number"}]})"), "[string?, number?, ...unknown[]]");
  EXPECT_EQ(type_of(R"({"prefixItems":[{"type":"string"},{"type":["number","null"]}],"minItems":1,"items":false})"),
            "[string, (number | null)?]");
  EXPECT_EQ(type_of(R"({"prefixItems":[{"type":"string"}],"minItems":1,"items":{"type":"number"}})"), "[string, ...number[]]");
  EXPECT_EQ(type_of(R"({"type":"array","items":[{"type":"string"}],"additionalItems":false,"minItems":1})"), "[string]");
  EXPECT_EQ(type_of(R"({"prefixItems":[{"type":"string"},{"type":"number"}],"minItems":2,"maxItems":2})"), "[string, number]");
}

TEST(Types, Objects) {
  EXPECT_EQ(type_of(R"({"type":"object"})"), "Record<string, unknown>");
  EXPECT_EQ(type_of(R"({"type":"object","additionalProperties":false})"), "{}");
  EXPECT_EQ(type_of(R"({"properties":{"a":{"type":"string"}},"required":["a","b","b"]})"), "{ a: string; b: unknown }");
  EXPECT_EQ(type_of(R"({"type":"object","additionalProperties":{"type":"number"}})"), "{ [key: string]: number }");
  EXPECT_EQ(type_of(R"({"type":"object","properties":{"a":{}},"additionalProperties":true})"), "{ a?: unknown; [key: string]: unknown }");
  EXPECT_THAT(type_of(R"({"type":"object","properties":{"a":{}},"additionalProperties":{"type":"number"}})"),
              HasSubstr("/** others: number */\n      [key: string]: unknown"));
  EXPECT_THAT(type_of(R"({"patternProperties":{"^x-":{"type":"number"}},"additionalProperties":false})"),
              HasSubstr("/** /^x-/: number */\n      [key: string]: number"));
  EXPECT_EQ(type_of(R"({"properties":{"a-b":{},"1":{},"__proto__":{},"delete":{}}})"),
            R"({ "a-b"?: unknown; "1"?: unknown; "__proto__"?: unknown; delete?: unknown })");
  EXPECT_EQ(type_of(R"({"properties":{"":{},"é":{}}})"), R"({ ""?: unknown; "é"?: unknown })");
}

TEST(Types, Combined) {
  EXPECT_EQ(type_of(R"({"anyOf":[{"type":"string"},{"type":"number"},{"type":"string"}]})"), "string | number");
  EXPECT_EQ(type_of(R"({"oneOf":[{"type":"string"},{}]})"), "unknown");
  EXPECT_EQ(type_of(R"({"anyOf":[{"type":"string","format":"date"},{"type":"null"}]})"), "/** @format date */ string | null");
  EXPECT_EQ(type_of(R"({"allOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"string"}}}]})"),
            "{ a?: string } & { b?: string }");
  EXPECT_EQ(type_of(R"({"type":"object","properties":{"a":{"type":"string"}},"oneOf":[{"required":["a"]},{"required":["b"]}]})"),
            "{ a?: string } & ({ a: unknown } | { b: unknown })");
  EXPECT_EQ(type_of(R"({"type":"string","allOf":[{"minLength":1}]})"), "string");
  EXPECT_EQ(type_of(R"({"allOf":[{"type":"string"},false]})"), "never");
  EXPECT_EQ(type_of(R"({"type":"string","not":{"const":"x"},"if":{},"then":{}})"), "string");
}

TEST(Types, References) {
  std::string with = R"({"type":"object","required":["v"],"properties":{"v":{"$ref":"#/$defs/Node"}},"$defs":{"Node":
      {"type":"object","description":"A node","properties":{"next":{"$ref":"#/$defs/Node"},"all":{"type":"array","items":{"$ref":"#/$defs/Node"}}}}}})";
  EXPECT_EQ(declaration(tool(with)), R"(declare namespace s {
  /** A node */
  type t_Node = { next?: t_Node; all?: t_Node[] };
  function t(args: { v: t_Node }): Promise<unknown>;
})");
  // Used once, and so small that a name would be longer.
  EXPECT_THAT(declaration(tool(R"({"required":["v"],"properties":{"v":{"$ref":"#/definitions/A"},"w":{"$ref":"#b"},"x":{"$ref":"#b"}},
      "definitions":{"A":{"type":"object","properties":{"x":{"type":"string"}}},"B":{"$anchor":"b","type":"string"}}})")),
              HasSubstr("{ v: { x?: string }; w?: string; x?: string }"));
  EXPECT_THAT(declaration(tool(R"({"type":"object","required":["a"],"properties":{"a":{"type":"array","items":{"$ref":"#"}}}})")),
              HasSubstr("type t_Input = { a: t_Input[] };\n  function t(args: t_Input)"));
  EXPECT_THAT(
      declaration(tool("", R"({"$id":"https://x.example/a","$ref":"b#/$defs/c","$defs":{"b":{"$id":"b","$defs":{"c":{"const":1}}}}})")),
      HasSubstr("Promise<1>"));
}

TEST(Types, WhatLeadsNowhereIsUnknown) {
  EXPECT_EQ(type_of(R"({"$ref":"https://example.com/schema"})"), "unknown");
  EXPECT_EQ(type_of(R"({"$ref":"#/$defs/lost"})"), "unknown");
  EXPECT_EQ(type_of(R"({"$ref":7})"), "unknown");
  EXPECT_EQ(type_of(R"({"$ref":"#lost"})"), "unknown");
  EXPECT_EQ(type_of(R"({"$ref":"#/%zz/~9"})"), "unknown");
}

TEST(Types, CirclesThatSayNothing) {
  EXPECT_THAT(declaration(tool(R"({"$ref":"#"})")), HasSubstr("type t_Input = unknown;"));
  std::string both = declaration(tool(R"({"properties":{"v":{"$ref":"#/$defs/a"}},"$defs":{
      "a":{"anyOf":[{"$ref":"#/$defs/b"},{"type":"null"}]},"b":{"anyOf":[{"$ref":"#/$defs/a"},{"type":"string"}]}}})"));
  EXPECT_THAT(both, HasSubstr("type t_a = unknown;"));
  EXPECT_THAT(
      declaration(tool(R"({"properties":{"v":{"$ref":"#/$defs/a"}},"$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"},{"type":"string"}]}}})")),
      HasSubstr("= string;"));
}

TEST(Hostile, CommentsDoNotEndEarly) {
  std::string text =
      declaration(tool(R"({"properties":{"a":{"type":"string","description":"x */ }; evil(); /*","pattern":"*/","default":"*/"},
      "b":{"enum":["*/"]},"*/":{"type":"string","title":"*/"}},"patternProperties":{"*/x":{"const":"*/"}}})"));
  EXPECT_THAT(text, HasSubstr("/** x *\\/ }; evil(); /*"));
  for (std::size_t at = text.find("*/"); at != std::string::npos; at = text.find("*/", at + 1)) {
    bool ends = text.substr(0, at).ends_with(' ');
    bool within_string = text.substr(at).starts_with("*/\"");
    EXPECT_TRUE(ends || within_string) << text.substr(0, at + 2);
  }
}

TEST(Hostile, OutputIsBounded) {
  DeclarationLimits limits;
  std::string many = R"({"type":"object","properties":{)";
  for (int i = 0; i < 5'000; ++i)
    many += (i ? ",\"p" : "\"p") + std::to_string(i) + R"(":{"type":"string","description":"some words about it"})";
  std::string text = declaration(tool(many + "}}"));
  EXPECT_LT(text.size(), 2 * limits.type_bytes);
  EXPECT_THAT(text, HasSubstr("more members"));
  EXPECT_THAT(text, HasSubstr("Shortened"));

  std::string options = R"({"enum":[)";
  for (int i = 0; i < 20'000; ++i) options += (i ? ",\"v" : "\"v") + std::to_string(i) + '"';
  std::string of_enum = type_of(options + "]}");
  EXPECT_LT(of_enum.size(), 2'000U);
  EXPECT_THAT(of_enum, HasSubstr("| string /* and 19940 more values */"));

  std::string deep;
  for (int i = 0; i < 60; ++i) deep += R"({"properties":{"a":)";
  deep += "{}";
  for (int i = 0; i < 60; ++i) deep += "}}";
  EXPECT_LT(declaration(tool(deep)).size(), 8'000U);

  std::string chain = R"({"properties":{"v":{"$ref":"#/$defs/d0"}},"$defs":{)";
  for (int i = 0; i < 4'000; ++i) chain += "\"d" + std::to_string(i) + R"(":{"items":{"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}},";
  EXPECT_LT(declaration(tool(chain + R"("d4000":{}}})")).size(), 8'000U);

  // Everything leads to everything.
  std::string web = R"({"properties":{"v":{"$ref":"#/$defs/d0"}},"$defs":{)";
  for (int i = 0; i < 60; ++i) {
    web += (i ? ",\"d" : "\"d") + std::to_string(i) + R"(":{"anyOf":[{"type":"null"})";
    for (int j = 0; j < 60; ++j) web += R"(,{"$ref":"#/$defs/d)" + std::to_string(j) + "\"}";
    web += "]}";
  }
  EXPECT_LT(declaration(tool(web + "}}")).size(), 4 * limits.type_bytes);

  // More than is looked at, and each leads to two others.
  std::string unseen = R"({"properties":{"v":{"$ref":"#/$defs/d9000"}},"$defs":{)";
  for (int i = 0; i < 9'000; ++i) {
    std::string next = std::to_string(i * 7 % 9'000);
    unseen.append("\"d").append(std::to_string(i)).append(R"(":{"properties":{"a":{"$ref":"#/$defs/d)").append(next);
    unseen.append(R"("},"b":{"$ref":"#/$defs/d)").append(next).append("\"}}},");
  }
  EXPECT_LT(declaration(tool(unseen + R"("d9000":{"oneOf":[{"$ref":"#/$defs/d1"},{"$ref":"#/$defs/d2"}]}}})")).size(),
            4 * limits.type_bytes);

  const std::string held = R"({"type":"object","properties":{"a":{"description":")" + std::string(400'000, 'x') + "\"}}}";
  ToolView large = tool(held);
  std::string description(1'000'000, 'd');
  large.description = description;
  EXPECT_LT(declaration(large).size(), 12'000U);
}

TEST(Hostile, WhatCannotBeReadIsUnknown) {
  EXPECT_THAT(declaration(tool("{\"type\":")), HasSubstr("its schema cannot be read"));
  EXPECT_THAT(declaration(tool(R"({"a":1,"a":2})")), HasSubstr("args?: Record<string, unknown>"));
  EXPECT_THAT(declaration(tool(std::string(600'000, ' '))), HasSubstr("too large"));
  EXPECT_THAT(declaration(tool("7")), HasSubstr("args: unknown"));
  EXPECT_THAT(declaration(tool("[]", "false")), HasSubstr("Promise<never>"));
  EXPECT_THAT(declaration(tool(R"({"properties":[],"required":{},"allOf":{},"anyOf":7,"enum":"x","items":3,"type":{}})")),
              Not(HasSubstr("?undefined")));
}

}  // namespace
