#include "servers/openapi/schema_text.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "servers/rest/text.h"

namespace servers::openapi {
namespace {

constexpr int kDeepest = 40;
constexpr std::size_t kDescription = 160;
using Kind = JsonView::Kind;

bool nullable(JsonView schema) { return schema["nullable"].boolean_or(false); }

bool is_number(JsonView value) { return value.is(Kind::integer) || value.is(Kind::number); }

}  // namespace

std::string short_description(std::string_view text, std::size_t most) {
  const std::size_t paragraph = text.find("\n\n");
  std::string line = rest::plain_line(text.substr(0, paragraph), most * 4);
  if (line.size() <= most) return line;
  const std::size_t sentence = line.find(". ");
  if (sentence != std::string::npos && sentence < most) return line.substr(0, sentence + 1);
  return std::string(rest::cut(line, most)).append("…");
}

std::string SchemaText::convert(JsonView schema) {
  Writing to;
  write(schema, to);
  std::string text = std::move(to.out).text();
  bytes_ += text.size();
  return text;
}

std::string SchemaText::definitions() {
  mcp::JsonWriter out;
  bool any = false;
  out.object();
  while (!waiting_.empty()) {
    const std::string reference = std::move(waiting_.front());
    waiting_.pop_front();
    out.key(names_.find(reference)->second);
    any = true;
    auto schema = document_.find(reference);
    if (!schema) {
      problem_ = schema.error().message;
      out.raw("{}");
      continue;
    }
    // Beyond the limit everything is admitted, and the API says what is wrong.
    std::string text = bytes_ > most_bytes_ ? "{}" : convert(*schema);
    if (bytes_ > most_bytes_ && text != "{}") text = schema->operator[]("type").string_or("") == "object" ? R"({"type":"object"})" : "{}";
    out.raw(text);
  }
  out.end();
  return any ? std::move(out).text() : std::string();
}

std::string SchemaText::name_of(std::string_view reference) {
  if (auto known = names_.find(reference); known != names_.end()) return known->second;
  std::string name;
  for (char c : rest::decoded(reference.substr(reference.rfind('/') + 1)))
    name.push_back(std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ? c : '_');
  if (name.empty()) name = "schema";
  name.resize(std::min<std::size_t>(name.size(), 60));
  const std::string head = name;
  for (int i = 2; taken_.contains(name); ++i) name = fmt::format("{}_{}", head, i);
  taken_.insert(name);
  names_.emplace(reference, name);
  waiting_.emplace_back(reference);
  return name;
}

void SchemaText::write(JsonView schema, Writing& to) {
  if (auto flag = schema.boolean()) {
    to.out.raw(*flag ? "{}" : "false");
    return;
  }
  if (!schema.is(Kind::object) || to.depth >= kDeepest) {
    to.out.raw("{}");
    return;
  }
  ++to.depth;
  if (auto reference = schema["$ref"].string())
    write_reference(schema, *reference, to);
  else
    write_object(schema, to);
  --to.depth;
}

void SchemaText::write_reference(JsonView schema, std::string_view reference, Writing& to) {
  if (auto leads = document_.find(reference); !leads) {
    problem_ = leads.error().message;
    to.out.raw("{}");
    return;
  }
  to.out.object().field("$ref", "#/$defs/" + name_of(reference));
  // What stands beside a reference counts since 3.1.
  if (document_.version() == Document::Version::v3_1)
    if (auto text = schema["description"].string()) to.out.field("description", short_description(*text, kDescription));
  to.out.end();
}

void SchemaText::write_object(JsonView schema, Writing& to) {
  to.out.object();
  write_type(schema, to);
  write_enum(schema, to);
  write_limits(schema, to);
  write_properties(schema, to);
  write_combined(schema, to);
  write_annotations(schema, to);
  to.out.end();
}

void SchemaText::write_type(JsonView schema, Writing& to) {
  JsonView type = schema["type"];
  if (auto name = type.string()) {
    if (*name == "file" || *name == "any") return;
    if (nullable(schema))
      to.out.key("type").array().value(*name).value("null").end();
    else
      to.out.field("type", *name);
  } else if (type.is(Kind::array)) {
    to.out.key("type").raw(type.text());
  }
}

void SchemaText::write_enum(JsonView schema, Writing& to) {
  JsonView values = schema["enum"];
  if (values.is(Kind::array) && values.size() > 0 && values.size() <= 200) {
    bool has_null = false;
    to.out.key("enum").array();
    values.each_element([&](JsonView value) {
      has_null = has_null || value.is(Kind::null);
      to.out.raw(value.text());
    });
    if (nullable(schema) && !has_null) to.out.null();
    to.out.end();
  }
  if (schema["const"] && document_.version() == Document::Version::v3_1) to.out.key("const").raw(schema["const"].text());
}

void SchemaText::write_limits(JsonView schema, Writing& to) {
  struct Bound {
    std::string_view inclusive, exclusive;
  };
  for (const Bound& bound : {Bound{"minimum", "exclusiveMinimum"}, Bound{"maximum", "exclusiveMaximum"}}) {
    JsonView limit = schema[bound.inclusive];
    JsonView exclusive = schema[bound.exclusive];
    if (is_number(exclusive)) to.out.key(bound.exclusive).raw(exclusive.text());
    if (is_number(limit)) to.out.key(exclusive.boolean_or(false) ? bound.exclusive : bound.inclusive).raw(limit.text());
  }
  if (schema["multipleOf"].number().value_or(0) > 0) to.out.key("multipleOf").raw(schema["multipleOf"].text());
  for (std::string_view name : {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
    if (auto count = schema[name].unsigned_integer()) to.out.field(name, *count);
  if (schema["uniqueItems"].boolean_or(false)) to.out.field("uniqueItems", true);
}

bool SchemaText::read_only(JsonView schema) const {
  auto found = document_.resolve(schema);
  return schema["readOnly"].boolean_or(false) || (found && (*found)["readOnly"].boolean_or(false));
}

void SchemaText::write_properties(JsonView schema, Writing& to) {
  JsonView properties = schema["properties"];
  std::set<std::string_view> hidden;  // what only answers have
  if (properties.is(Kind::object)) {
    to.out.key("properties").object();
    properties.each_member([&](std::string_view name, JsonView property) {
      if (read_only(property)) {
        hidden.insert(name);
        return;
      }
      to.out.key(name);
      write(property, to);
    });
    to.out.end();
  }
  std::vector<std::string_view> required;
  schema["required"].each_element([&](JsonView name) {
    auto text = name.string();
    const bool twice = text && std::find(required.begin(), required.end(), *text) != required.end();
    if (text && !twice && !hidden.contains(*text)) required.push_back(*text);
  });
  if (!required.empty()) {
    to.out.key("required").array();
    for (std::string_view name : required) to.out.value(name);
    to.out.end();
  }
  JsonView more = schema["additionalProperties"];
  if (more.is(Kind::object) || more.boolean()) {
    to.out.key("additionalProperties");
    write(more, to);
  }
  if (JsonView items = schema["items"]; items.is(Kind::object) || items.boolean()) {
    to.out.key("items");
    write(items, to);
  }
}

void SchemaText::write_combined(JsonView schema, Writing& to) {
  for (std::string_view name : {"allOf", "anyOf", "oneOf", "prefixItems"}) {
    JsonView parts = schema[name];
    if (!parts.is(Kind::array) || parts.size() == 0 || parts.size() > 100) continue;
    // Without what tells the alternatives apart (formats, patterns), a value may fit several of them.
    to.out.key(name == "oneOf" ? "anyOf" : name).array();
    parts.each_element([&](JsonView part) { write(part, to); });
    to.out.end();
    if (name == "anyOf") break;
  }
}

void SchemaText::write_annotations(JsonView schema, Writing& to) {
  if (auto text = schema["description"].string(); text && !text->empty())
    to.out.field("description", short_description(*text, kDescription));
  if (auto format = schema["format"].string(); format && format->size() < 40) to.out.field("format", *format);
  if (JsonView value = schema["default"]; value && !value.is(Kind::null)) {
    const std::string text = value.text();
    if (text.size() < 200) to.out.key("default").raw(text);
  }
}

}  // namespace servers::openapi
