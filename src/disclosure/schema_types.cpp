#include "disclosure/schema_types.h"

#include <algorithm>
#include <unordered_set>

#include "disclosure/code_names.h"
#include "disclosure/schema_docs.h"
#include "disclosure/script_text.h"

namespace disclosure {
namespace {

using boost::json::value;

constexpr std::string_view kUnknown = "unknown";
constexpr std::string_view kAnyObject = "Record<string, unknown>";
constexpr std::size_t kLongestName = 200;     // of a member
constexpr std::size_t kLongestLiteral = 200;  // bytes
constexpr std::size_t kLiteralDepth = 4;
constexpr std::size_t kShortLine = 100;  // an object without documentation that fits is one line
constexpr std::size_t kShortDocs = 300;  // of what is no member
constexpr std::size_t kMostOfTuple = 60;

const value* member(const boost::json::object& schema, std::string_view key) { return schema.if_contains(key); }

const boost::json::object* object_at(const boost::json::object& schema, std::string_view key) {
  const value* at = member(schema, key);
  return at ? at->if_object() : nullptr;
}

const boost::json::array* array_at(const boost::json::object& schema, std::string_view key) {
  const value* at = member(schema, key);
  return at ? at->if_array() : nullptr;
}

bool is_false(const value* at) { return at && at->is_bool() && !at->get_bool(); }
// Whether a schema allows everything: `true` or `{}`.
bool allows_all(const value& schema) {
  return (schema.is_bool() && schema.get_bool()) || (schema.is_object() && schema.get_object().empty());
}

std::size_t count_at(const boost::json::object& schema, std::string_view key, std::size_t otherwise) {
  const value* at = member(schema, key);
  const std::int64_t* count = at ? at->if_int64() : nullptr;
  return count && *count >= 0 ? static_cast<std::size_t>(*count) : otherwise;
}

TypeText simple(std::string_view text) { return {.text = std::string(text)}; }

std::string wrapped(TypeText type, Binding within) {
  return type.binding > within ? "(" + std::move(type.text) + ")" : std::move(type.text);
}

void drop_repeated(std::vector<TypeText>& parts) {
  std::unordered_set<std::string> seen;
  std::erase_if(parts, [&](const TypeText& one) { return !seen.insert(one.text).second; });
}

TypeText joined(std::vector<TypeText> parts, std::string_view sign, Binding binding) {
  if (parts.size() == 1) return std::move(parts.front());
  TypeText out{.text = "", .binding = binding};
  for (TypeText& one : parts) {
    if (!out.text.empty()) out.text += sign;
    out.text += wrapped(std::move(one), binding);
  }
  return out;
}

TypeText either(std::vector<TypeText> parts) {
  for (const TypeText& one : parts)
    if (one.is(kUnknown)) return simple(kUnknown);
  std::erase_if(parts, [](const TypeText& one) { return one.is("never"); });
  drop_repeated(parts);
  return parts.empty() ? simple("never") : joined(std::move(parts), " | ", Binding::either);
}

// What all parts say. What is said less exactly beside another part is left out.
TypeText both(std::vector<TypeText> parts) {
  for (const TypeText& one : parts)
    if (one.is("never")) return simple("never");
  std::erase_if(parts, [](const TypeText& one) { return one.is(kUnknown); });
  drop_repeated(parts);
  for (std::string_view vague : {kAnyObject, std::string_view("string"), std::string_view("number"), std::string_view("boolean")})
    if (parts.size() > 1) std::erase_if(parts, [&](const TypeText& one) { return one.is(vague); });
  return parts.empty() ? simple(kUnknown) : joined(std::move(parts), " & ", Binding::both);
}

TypeText wide(const value& value) {
  if (value.is_string()) return simple("string");
  if (value.is_number()) return simple("number");
  if (value.is_bool()) return simple("boolean");
  if (value.is_null()) return simple("null");
  return simple(value.is_array() ? "unknown[]" : kAnyObject);
}

std::string literal(const value& value, std::size_t depth) {
  if (const auto* text = value.if_string())
    return text->size() <= kLongestLiteral ? string_literal(std::string_view(*text)) : std::string("string");
  if (depth >= kLiteralDepth) return wide(value).text;
  std::string out;
  if (const auto* list = value.if_array()) {
    for (const auto& one : *list) out += (out.empty() ? "[" : ", ") + literal(one, depth + 1);
    return out.empty() ? "[]" : out + "]";
  }
  if (const auto* map = value.if_object()) {
    for (const auto& one : *map) out += (out.empty() ? "{ " : "; ") + member_name(one.key()) + ": " + literal(one.value(), depth + 1);
    return out.empty() ? "{}" : out + " }";
  }
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_null()) return "null";
  out = shown_number(value);
  return out.empty() ? std::string("number") : out;
}

bool has_any(const boost::json::object& schema, std::initializer_list<std::string_view> keys) {
  return std::ranges::any_of(keys, [&](std::string_view key) { return schema.contains(key); });
}

std::string_view last_step(const boost::json::object& schema) {
  for (std::string_view key : {"$ref", "$dynamicRef"}) {
    const value* at = member(schema, key);
    if (!at || !at->is_string()) continue;
    std::string_view text(at->get_string());
    return text.substr(text.find_last_of("/#") + 1);
  }
  return {};
}

}  // namespace

TypeWriter::TypeWriter(const value& schema, const DeclarationLimits& limits, Naming naming)
    : schema_(schema), limits_(limits), naming_(std::move(naming)), graph_(schema, limits.subschemas) {}

bool TypeWriter::spend(std::size_t bytes) {
  spent_ += bytes;
  if (spent_ <= limits_.type_bytes) return true;
  cut_ = true;
  return false;
}

TypeText TypeWriter::root(std::size_t indent) {
  if (!graph_.wants_name(schema_)) return type(schema_, {.indent = indent, .depth = 0});
  // It refers to itself.
  if (!names_.contains(&schema_)) {
    std::string name = naming_.prefix + '_' + naming_.root_name;
    while (!naming_.taken->insert(name).second) name += '_';
    names_.emplace(&schema_, name);
    unwritten_.push_back(&schema_);
  }
  return simple(names_[&schema_]);
}

std::string TypeWriter::root_docs() const {
  const boost::json::object* schema = schema_.if_object();
  return schema ? docs_of(schema_, schema->contains("description") ? "" : naming_.root_name, limits_.documentation_bytes) : std::string();
}

std::string TypeWriter::named_types() {
  std::string out;
  while (!unwritten_.empty()) {
    const value* next = unwritten_.front();
    unwritten_.pop_front();
    std::string name = names_[next];
    TypeText text = spent_ > limits_.type_bytes ? simple(kUnknown) : type(*next, {.indent = 2, .depth = 0});
    if (next != &schema_) out += doc_comment(docs_of(*next, name, limits_.documentation_bytes), 2);
    out += "  type " + name + " = " + text.text + ";\n";
  }
  return out;
}

std::string TypeWriter::docs_of(const value& schema, std::string_view name, std::size_t most) const {
  const boost::json::object* object = schema.if_object();
  if (!object || spent_ > limits_.type_bytes) return {};
  std::string out = schema_docs(*object, name, most);
  auto add = [&](const value& other) {
    const boost::json::object* more = other.if_object();
    std::string docs = more ? schema_docs(*more, name, most) : std::string();
    if (!docs.empty() && out.size() + docs.size() < most && out.find(docs) == std::string::npos) out += (out.empty() ? "" : " ") + docs;
  };
  // What is only said elsewhere; a named type says it itself.
  if (const value* to = graph_.target(*object); to && !graph_.wants_name(*to)) add(*to);
  if (const auto* all = array_at(*object, "allOf"))
    for (const value& one : *all) add(one);
  return out;
}

TypeText TypeWriter::commented(const value& schema, At at) {
  TypeText out = type(schema, at);
  if (out.is(kUnknown)) return out;
  std::string docs = comment_line(docs_of(schema, "", kShortDocs), kShortDocs);
  if (docs.empty() || !spend(docs.size())) return out;
  out.text = "/** " + docs + " */ " + wrapped(std::move(out), Binding::both);
  // So that it stays with what it is said of.
  out.binding = Binding::both;
  return out;
}

TypeText TypeWriter::type(const value& schema, At at) {
  if (schema.is_bool()) return simple(schema.get_bool() ? kUnknown : "never");
  const boost::json::object* object = schema.if_object();
  if (!object) return simple(kUnknown);
  if (at.depth > limits_.depth || !spend(8)) {
    cut_ = true;
    return simple(kUnknown);
  }
  ++at.depth;
  std::vector<TypeText> parts{own_type(*object, at)};
  if (const value* to = graph_.target(*object)) parts.push_back(reference(*object, *to, at));
  if (const auto* all = array_at(*object, "allOf")) {
    for (const value& one : *all)
      if (!graph_.closes_circle(*object, one)) parts.push_back(type(one, at));
  }
  for (std::string_view key : {"anyOf", "oneOf"})
    if (const auto* list = array_at(*object, key); list && !list->empty()) parts.push_back(branches(*object, *list, at));
  TypeText out = both(std::move(parts));
  const value* nullable = member(*object, "nullable");
  if (nullable && nullable->is_bool() && nullable->get_bool()) return either({std::move(out), simple("null")});
  return out;
}

TypeText TypeWriter::reference(const boost::json::object& schema, const value& target, At at) {
  if (graph_.closes_circle(schema, target)) return simple(kUnknown);
  if (!graph_.wants_name(target)) return type(target, at);
  auto found = names_.find(&target);
  if (found == names_.end()) {
    std::string_view step = &target == &schema_ ? std::string_view(naming_.root_name) : last_step(schema);
    std::string wanted = naming_.prefix + '_' + code_name(step.substr(0, 40));
    std::string name = wanted;
    for (int number = 2; !naming_.taken->insert(name).second; ++number) name = wanted + '_' + std::to_string(number);
    found = names_.emplace(&target, std::move(name)).first;
    unwritten_.push_back(&target);
  }
  return spend(found->second.size()) ? simple(found->second) : simple(kUnknown);
}

TypeText TypeWriter::branches(const boost::json::object& schema, const boost::json::array& list, At at) {
  std::vector<TypeText> parts;
  for (const value& one : list) {
    // A branch that only says the whole again adds nothing.
    if (graph_.closes_circle(schema, one)) continue;
    parts.push_back(commented(one, at));
    if (parts.back().is(kUnknown)) return simple(kUnknown);
  }
  return parts.empty() ? simple(kUnknown) : either(std::move(parts));
}

TypeText TypeWriter::literals(const boost::json::array& list) {
  std::vector<TypeText> parts;
  std::size_t written = 0;
  for (const value& one : list) {
    if (written < limits_.literals && spent_ <= limits_.type_bytes) {
      std::string text = literal(one, 0);
      if (text.size() > 4 * kLongestLiteral || !spend(text.size()))
        parts.push_back(wide(one));
      else
        parts.push_back(simple(text));
      ++written;
    } else if (TypeText rest = wide(one); std::ranges::none_of(parts, [&](const TypeText& part) { return part.is(rest.text); })) {
      parts.push_back(std::move(rest));
    }
  }
  TypeText out = either(std::move(parts));
  if (written < list.size()) {
    cut_ = true;
    out.text += " /* and " + std::to_string(list.size() - written) + " more values */";
  }
  return out;
}

TypeText TypeWriter::own_type(const boost::json::object& schema, At at) {
  if (const value* constant = member(schema, "const")) return literals({*constant});
  if (const auto* options = array_at(schema, "enum")) return literals(*options);
  const value* type = member(schema, "type");
  if (!type || (!type->is_string() && !type->is_array())) {
    if (has_any(schema, {"properties", "required", "additionalProperties", "patternProperties"})) return object(schema, at);
    if (has_any(schema, {"items", "prefixItems"})) return array(schema, at);
    return simple(kUnknown);
  }
  if (type->is_string()) return one_of_types(std::string_view(type->get_string()), schema, at);
  std::vector<TypeText> parts;
  for (const value& one : type->get_array()) {
    if (parts.size() >= 8) break;
    parts.push_back(one.is_string() ? one_of_types(std::string_view(one.get_string()), schema, at) : simple(kUnknown));
  }
  return parts.empty() ? simple(kUnknown) : either(std::move(parts));
}

TypeText TypeWriter::one_of_types(std::string_view name, const boost::json::object& schema, At at) {
  if (name == "string" || name == "number" || name == "boolean" || name == "null") return simple(name);
  if (name == "integer") return simple("number");
  if (name == "object") return object(schema, at);
  if (name == "array") return array(schema, at);
  return simple(kUnknown);
}

TypeText TypeWriter::array(const boost::json::object& schema, At at) {
  const value* items = member(schema, "items");
  if (const auto* prefix = array_at(schema, "prefixItems")) return tuple(schema, *prefix, items, at);
  if (items && items->is_array()) return tuple(schema, items->get_array(), member(schema, "additionalItems"), at);
  if (!items || allows_all(*items)) return simple("unknown[]");
  if (is_false(items)) return simple("[]");
  return {.text = wrapped(commented(*items, at), Binding::tight) + "[]"};
}

TypeText TypeWriter::tuple(const boost::json::object& schema, const boost::json::array& items, const value* rest, At at) {
  std::size_t least = count_at(schema, "minItems", 0);
  std::size_t most = count_at(schema, "maxItems", SIZE_MAX);
  std::size_t shown = std::min({items.size(), most, kMostOfTuple});
  std::string out;
  for (std::size_t i = 0; i < shown && spent_ <= limits_.type_bytes; ++i) {
    out += out.empty() ? "[" : ", ";
    TypeText item = commented(items[i], at);
    out += i < least ? std::move(item.text) : wrapped(std::move(item), Binding::tight) + "?";
  }
  bool all = shown == std::min(items.size(), most) && spent_ <= limits_.type_bytes;
  if (!all) cut_ = true;
  if (all && (is_false(rest) || most <= items.size())) return simple(out.empty() ? "[]" : out + "]");
  bool typed = all && rest && !allows_all(*rest);
  out += out.empty() ? "[..." : ", ...";
  return simple(out + (typed ? wrapped(commented(*rest, at), Binding::tight) : std::string(kUnknown)) + "[]]");
}

std::vector<std::string> TypeWriter::members(const boost::json::object& schema, At at, std::size_t& left_out) {
  std::unordered_set<std::string_view> required;
  if (const auto* list = array_at(schema, "required"))
    for (const value& one : *list)
      if (one.is_string()) required.insert(std::string_view(one.get_string()));
  std::vector<std::string> out;
  At within{.indent = at.indent + 2, .depth = at.depth};
  std::string margin(within.indent, ' ');
  const boost::json::object* properties = object_at(schema, "properties");
  if (properties) {
    for (const auto& one : *properties) {
      std::string_view name = one.key();
      if (name.size() > kLongestName || !spend(name.size() + within.indent)) {
        ++left_out;
        continue;
      }
      std::string docs = docs_of(one.value(), name, limits_.documentation_bytes);
      bool documented = !docs.empty() && spend(docs.size());
      std::string line = documented ? doc_comment(docs, within.indent) : std::string();
      line += margin + member_name(name) + (required.contains(name) ? ": " : "?: ") + type(one.value(), within).text + ";";
      out.push_back(std::move(line));
    }
  }
  if (const auto* list = array_at(schema, "required")) {
    for (const value& one : *list) {
      if (!one.is_string() || (properties && properties->contains(one.get_string()))) continue;
      std::string_view name(one.get_string());
      // A name that comes twice is declared once.
      if (required.erase(name) == 0) continue;
      if (name.size() > kLongestName || !spend(name.size() + within.indent))
        ++left_out;
      else
        out.push_back(margin + member_name(name) + ": unknown;");
    }
  }
  return out;
}

// The members that nobody named: what stands in the brackets, or nothing.
std::string TypeWriter::index_member(const boost::json::object& schema, bool has_members, At at) {
  const value* additional = member(schema, "additionalProperties");
  const boost::json::object* patterns = object_at(schema, "patternProperties");
  std::string docs;
  std::string typed;
  At within{.indent = at.indent + 2, .depth = at.depth};
  if (patterns) {
    for (const auto& one : *patterns) {
      std::string pattern = comment_line(one.key(), 80);
      if (docs.size() > kShortDocs || !spend(pattern.size() + 8)) break;
      std::string text = type(one.value(), within).text;
      docs += (docs.empty() ? "" : ", ") + ("/" + pattern + "/: ") + comment_line(text, 120);
      // Only where no other name is allowed does the index speak of all members.
      if (patterns->size() == 1 && is_false(additional)) typed = std::move(text);
    }
  }
  if (additional && additional->is_object() && !allows_all(*additional)) {
    TypeText text = type(*additional, within);
    std::string said = docs_of(*additional, "", kShortDocs);
    if (!patterns) typed = text.text;
    if (has_members || patterns)
      docs += (docs.empty() ? "others: " : ", others: ") + comment_line(text.text, 200);
    else
      docs = comment_line(said, kShortDocs);
  } else if (!patterns && (!additional || is_false(additional))) {
    return {};
  }
  // An index must not contradict the members beside it.
  if (has_members || typed.empty()) typed = kUnknown;
  std::string margin(within.indent, ' ');
  if (!spend(docs.size())) docs.clear();
  return doc_comment(docs, within.indent) + margin + "[key: string]: " + typed + ";";
}

TypeText TypeWriter::object(const boost::json::object& schema, At at) {
  std::size_t left_out = 0;
  std::vector<std::string> lines = members(schema, at, left_out);
  std::string margin(at.indent + 2, ' ');
  std::string index = left_out > 0 ? margin + "[key: string]: unknown;" : index_member(schema, !lines.empty(), at);
  if (left_out > 0) {
    cut_ = true;
    index = margin + "/* and " + std::to_string(left_out) + " more members */\n" + index;
  }
  if (!index.empty()) lines.push_back(std::move(index));
  bool closed = is_false(member(schema, "additionalProperties"));
  if (lines.empty()) return simple(closed ? std::string_view("{}") : kAnyObject);
  if (lines.size() == 1 && lines[0] == margin + "[key: string]: unknown;") return simple(kAnyObject);
  std::string line = "{";
  std::string block = "{\n";
  bool one_line = true;
  for (std::string& one : lines) {
    one_line = one_line && line.size() + one.size() < kShortLine && one.find_first_of("\n") == std::string::npos;
    if (one_line) line += ' ' + one.substr(margin.size());
    block += std::move(one) + '\n';
  }
  if (!one_line) return simple(block + std::string(at.indent, ' ') + '}');
  line.pop_back();
  return simple(line + " }");
}

}  // namespace disclosure
