#include "disclosure/declaration.h"

#include <optional>
#include <set>

#include "base/json.h"
#include "disclosure/code_names.h"
#include "disclosure/schema_types.h"
#include "disclosure/script_text.h"

namespace disclosure {
namespace {

// What the annotations say, as far as they say something (ToolAnnotations; the defaults are the other way round).
std::string hints(std::string_view annotations) {
  if (!base::is_object(annotations) || !base::validate_json(annotations)) return {};
  std::string out;
  auto says = [&](std::string_view key, std::string_view word) { return base::find_member(annotations, key) == word; };
  auto add = [&](std::string_view text) { (out += out.empty() ? "" : ", ") += text; };
  bool reads = says("readOnlyHint", "true");
  // The next two mean something only for tools that write.
  if (reads) add("read-only");
  if (!reads && says("destructiveHint", "true")) add("destructive");
  if (!reads && says("destructiveHint", "false")) add("not destructive");
  if (!reads && says("idempotentHint", "true")) add("idempotent");
  if (says("openWorldHint", "true")) add("open world");
  if (says("openWorldHint", "false")) add("closed world");
  return out;
}

// The arguments of a function as TypeScript has them between its parentheses.
std::string parameters(const boost::json::value& schema, const TypeText& type) {
  const boost::json::object* object = schema.if_object();
  if (!object) return "args: " + type.text;
  auto has = [&](std::string_view key) { return object->contains(key); };
  const boost::json::value* properties = object->if_contains("properties");
  bool none = properties && properties->is_object() && properties->get_object().empty();
  bool combined = has("$ref") || has("$dynamicRef") || has("allOf") || has("anyOf") || has("oneOf");
  const boost::json::value* required = object->if_contains("required");
  bool needed = combined || (required && required->is_array() && !required->get_array().empty());
  if (none && !needed && !has("additionalProperties") && !has("patternProperties")) return "args?: {}";
  return (needed ? "args: " : "args?: ") + type.text;
}

// One of the two schemas of a tool, read.
struct Read {
  std::optional<boost::json::value> tree;
  std::string why;  // it was not, fit for a comment
};

Read read(std::string_view schema, const DeclarationLimits& limits) {
  Read out;
  if (schema.empty()) return out;
  if (schema.size() > limits.schema_bytes) {
    out.why = "its schema is too large to be shown";
    return out;
  }
  auto tree = base::parse_json(schema);
  if (tree)
    out.tree = *std::move(tree);
  else
    out.why = "its schema cannot be read";
  return out;
}

void add_line(std::string& docs, std::string_view line) {
  if (line.empty()) return;
  if (!docs.empty()) docs += '\n';
  docs += line;
}

// Both sides of a function.
struct Side {
  std::string type, docs, named;
};

void note(Side& side, const Read& schema, const TypeWriter* writer) {
  if (!schema.why.empty()) add_line(side.docs, schema.why);
  if (writer && writer->cut()) add_line(side.docs, "(Shortened: `unknown` may stand for more.)");
}

}  // namespace

DeclarationParts declaration_parts(const ToolView& tool, const CodeName& name, const DeclarationLimits& limits) {
  std::set<std::string> taken;
  Read input = read(tool.input_schema, limits);
  Read output = read(tool.output_schema, limits);
  Side arguments{.type = "args?: Record<string, unknown>", .docs = "", .named = ""};
  Side result{.type = "unknown", .docs = "", .named = ""};
  if (input.tree) {
    TypeWriter writer(*input.tree, limits, {.prefix = name.tool, .root_name = "Input", .taken = &taken});
    arguments.type = parameters(*input.tree, writer.root(2));
    arguments.named = writer.named_types();
    arguments.docs = writer.root_docs();
    note(arguments, input, &writer);
  } else {
    note(arguments, input, nullptr);
  }
  if (output.tree) {
    TypeWriter writer(*output.tree, limits, {.prefix = name.tool, .root_name = "Output", .taken = &taken});
    result.type = writer.root(2).text;
    result.named = writer.named_types();
    result.docs = writer.root_docs();
    note(result, output, &writer);
  } else {
    note(result, output, nullptr);
  }

  std::string docs = comment_text(tool.description.empty() ? tool.title : tool.description, limits.description_bytes);
  bool usual = tool.public_name.empty() || tool.public_name == tool.name || tool.public_name == std::string(tool.server) + "__" + name.tool;
  if (!usual) add_line(docs, "@name " + comment_line(tool.public_name, 200));
  if (std::string said = hints(tool.annotations); !said.empty()) add_line(docs, "@hints " + said);
  if (!arguments.docs.empty()) add_line(docs, "@param args " + arguments.docs);
  if (!result.docs.empty()) add_line(docs, "@returns " + result.docs);
  DeclarationParts out;
  out.types = arguments.named + result.named;
  out.function = doc_comment(docs, 2) + "  function " + name.tool + '(' + arguments.type + "): Promise<" + result.type + ">;\n";
  return out;
}

std::string declaration(const ToolView& tool, const CodeName& name, const DeclarationLimits& limits) {
  DeclarationParts parts = declaration_parts(tool, name, limits);
  return "declare namespace " + name.server + " {\n" + parts.types + parts.function + "}";
}

std::string declaration(const ToolView& tool) {
  return declaration(tool, {.server = code_name(tool.server), .tool = code_name(tool.name)});
}

}  // namespace disclosure
