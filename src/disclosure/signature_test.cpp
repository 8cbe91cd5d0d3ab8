// A tool in one line, and the answer of find_tools.
#include "disclosure/signature.h"

#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "disclosure/find_answer.h"

namespace disclosure {
namespace {

std::string line(std::string_view schema, std::string_view description = "") {
  ToolView tool;
  tool.server = "files";
  tool.name = "read";
  tool.input_schema = schema;
  tool.description = description;
  return signature_line(tool);
}

TEST(signature, names_types_and_defaults) {
  EXPECT_EQ(line(R"({"type":"object","properties":{"limit":{"type":"integer","default":5},"path":{"type":"string"}},"required":["path"]})",
                 "Reads a file. Then more."),
            "files.read(path: str, limit?: int = 5) — Reads a file");
  EXPECT_EQ(line(R"({"properties":{"a":{"type":"number"},"b":{"type":"boolean","default":false},"c":{"type":["string","null"]},"d":{}}})"),
            "files.read(a?: num, b?: bool, c?: str, d?: any)");
  EXPECT_EQ(
      line(
          R"({"properties":{"a":{"enum":["x","y"]},"b":{"type":"array","items":{"type":"string"}},"c":{"type":"object","properties":{}}}})"),
      R"(files.read(a?: "x"|"y", b?: str[], c?: obj))");
  EXPECT_EQ(
      line(
          R"({"properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null},"b":{"type":"array","items":{"enum":[1,2]}}}})"),
      "files.read(a?: str, b?: (1|2)[])");
}

TEST(signature, follows_references_and_ends_in_recursive_ones) {
  EXPECT_EQ(line(R"({"$defs":{"Id":{"type":"string"}},"properties":{"id":{"$ref":"#/$defs/Id"}}})"), "files.read(id?: str)");
  EXPECT_EQ(line(R"({"$defs":{"N":{"$ref":"#/$defs/N"}},"properties":{"n":{"$ref":"#/$defs/N"}}})"), "files.read(n?: any)");
  EXPECT_EQ(line(R"({"properties":{"n":{"$ref":"https://example.com/x"}}})"), "files.read(n?: obj)");
}

TEST(signature, a_schema_that_branches_without_end_costs_no_more_than_others) {
  auto all_of = [](std::string_view branch) {
    std::string out = R"({"anyOf":[)";
    for (int i = 0; i < 1000; ++i) out.append(i == 0 ? "" : ",").append(branch);
    return out + "]}";
  };
  const std::string schema = R"({"$defs":{"a":)" + all_of(R"({"$ref":"#/$defs/b"})") + R"(,"b":)" + all_of("{}") +
                             R"(},"properties":{"x":)" + all_of(R"({"$ref":"#/$defs/a"})") + "}}";
  EXPECT_EQ(line(schema), "files.read(x?: any)");
}

TEST(signature, is_one_short_line_whatever_a_tool_says) {
  EXPECT_EQ(line("", "Line\none\n\nParagraph two"), "files.read() — Line one");
  EXPECT_EQ(line("{}", "Files, e.g. texts. More."), "files.read() — Files, e.g. texts");
  EXPECT_EQ(line("{}", "  # A heading"), "files.read() — A heading");
  EXPECT_LE(first_sentence(std::string(1 << 20, 'x')).size(), kMostOfSentence + 3);
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "ä";
  EXPECT_TRUE(base::validate_json(base::quoted(first_sentence(umlauts))).ok());
  EXPECT_EQ(base::quoted(first_sentence(umlauts)).find("\xef\xbf\xbd"), std::string::npos);

  std::string many = R"({"properties":{)";
  for (int i = 0; i < 1000; ++i) many += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + R"(":{"type":"string"})";
  EXPECT_EQ(line(many + "}}"), "files.read(p0?: str, p1?: str, p2?: str, p3?: str, …)");
  ToolView broken;
  broken.name = "a\nb";
  broken.input_schema = "{\"properties\":{\"x\":{\"const\":\"\n\"}}}";
  EXPECT_EQ(signature_line(broken).find('\n'), std::string::npos);
}

TEST(find_answer, says_how_many_there_are) {
  ToolView tool;
  tool.server = "files";
  tool.name = "read";
  Found found;
  found.hits = {{"files", "read", "files__read", 2}, {"files", "gone", "files__gone", 1}};
  found.matched = 7;
  EXPECT_EQ(find_answer({}, found, [&](const Hit& hit) { return hit.name == "read" ? &tool : nullptr; }), "files.read()\n1 of 7 match");
}

TEST(find_answer, names_the_nearest_servers_when_nothing_was_found) {
  Found found;
  found.nearest = {"files", "mail"};
  std::string text = find_answer({}, found, [](const Hit&) { return nullptr; });
  EXPECT_EQ(text.rfind("No tool matches. The nearest servers: files, mail.", 0), 0U) << text;
  Query query;
  query.server = "fils";
  EXPECT_NE(find_answer(query, found, [](const Hit&) { return nullptr; }).find("leave out the server"), std::string::npos);
}

}  // namespace
}  // namespace disclosure
