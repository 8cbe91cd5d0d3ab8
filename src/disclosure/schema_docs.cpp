#include "disclosure/schema_docs.h"

#include <array>
#include <charconv>
#include <cmath>

#include "disclosure/script_text.h"

namespace disclosure {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::size_t kMostOfTag = 160;  // bytes of a tag's value

// The keywords that say something of a value beyond its type, in the order in which they are told.
constexpr std::array<std::string_view, 26> kTags{
    "default",         "format",           "pattern",       "minimum",       "exclusiveMinimum", "maximum",           "exclusiveMaximum",
    "multipleOf",      "minLength",        "maxLength",     "minItems",      "maxItems",         "uniqueItems",       "contains",
    "minContains",     "maxContains",      "minProperties", "maxProperties", "propertyNames",    "dependentRequired", "dependentSchemas",
    "contentEncoding", "contentMediaType", "not",           "examples",      "deprecated"};

std::string_view text_of(const object& schema, std::string_view key) {
  const value* member = schema.if_contains(key);
  const boost::json::string* text = member ? member->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

// Letters and digits without their case.
std::string bare(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (static_cast<unsigned char>(c) & 0x80) != 0) out += c;
  }
  return out;
}

bool is_integer(const object& schema) {
  if (schema.contains("enum") || schema.contains("const")) return false;
  const value* type = schema.if_contains("type");
  if (!type) return false;
  if (const auto* list = type->if_array())
    for (const value& one : *list)
      if (one.is_string() && one.get_string() == "integer") return true;
  return type->is_string() && type->get_string() == "integer";
}

// What generators write of themselves: the ends of what a double holds exactly, and what is so anyway.
bool goes_without_saying(std::string_view keyword, const value& said) {
  if (const bool* flag = said.if_bool()) return keyword != "default" && !*flag;
  if (const auto* list = said.if_array(); list && keyword == "examples") return list->empty();
  constexpr std::int64_t kSafe = 9'007'199'254'740'991;
  const std::int64_t* number = said.if_int64();
  if (!number) return false;
  if (keyword == "minLength" || keyword == "minItems" || keyword == "minProperties") return *number <= 0;
  return (keyword == "minimum" && *number == -kSafe) || (keyword == "maximum" && *number == kSafe);
}

// As JSON, until it is longer than `most`.
void append_value(std::string& out, const value& value, std::size_t most) {
  if (out.size() > most) return;
  if (const auto* text = value.if_string()) {
    out += string_literal(std::string_view(*text).substr(0, most));
  } else if (const auto* list = value.if_array()) {
    char sign = '[';
    for (auto one = list->begin(); one != list->end() && out.size() <= most; ++one, sign = ',') append_value(out += sign, *one, most);
    out += list->empty() ? "[]" : "]";
  } else if (const auto* map = value.if_object()) {
    char sign = '{';
    for (auto one = map->begin(); one != map->end() && out.size() <= most; ++one, sign = ',') {
      out += sign + string_literal(std::string_view(one->key()).substr(0, most)) + ':';
      append_value(out, one->value(), most);
    }
    out += map->empty() ? "{}" : "}";
  } else if (value.is_bool()) {
    out += value.get_bool() ? "true" : "false";
  } else {
    out += value.is_null() ? "null" : shown_number(value);
  }
}

void add(std::string& out, std::string_view more) {
  if (!out.empty()) out += ' ';
  out += more;
}

}  // namespace

std::string shown_number(const value& number) {
  if (const std::int64_t* whole = number.if_int64()) return std::to_string(*whole);
  if (const std::uint64_t* whole = number.if_uint64()) return std::to_string(*whole);
  const double* real = number.if_double();
  if (!real || !std::isfinite(*real)) return {};
  std::array<char, 32> text{};
  auto end = std::to_chars(text.data(), text.data() + text.size(), *real).ptr;
  return {text.data(), end};
}

std::string shown_value(const value& value, std::size_t most) {
  std::string out;
  append_value(out, value, most);
  return comment_line(out, most);
}

std::string schema_docs(const object& schema, std::string_view name, std::size_t most) {
  std::string out = comment_text(text_of(schema, "description"), most);
  if (std::string_view title = text_of(schema, "title"); out.empty() && bare(title) != bare(name)) out = comment_line(title, most);
  std::string tags;
  if (is_integer(schema)) tags = "@integer";
  for (std::string_view keyword : kTags) {
    const value* said = schema.if_contains(keyword);
    if (!said || goes_without_saying(keyword, *said)) continue;
    add(tags, "@" + std::string(keyword));
    // A plain word needs no quotes where nothing else can stand.
    bool word = said->is_string() && keyword != "default" && keyword != "examples";
    if (word)
      add(tags, comment_line(std::string_view(said->get_string()), kMostOfTag));
    else if (!said->is_bool() || !said->get_bool() || keyword == "default")
      add(tags, shown_value(*said, kMostOfTag));
    if (tags.size() > most) break;
  }
  if (tags.empty()) return out;
  if (!out.empty()) out += out.find('\n') == std::string::npos ? ' ' : '\n';
  return out + tags;
}

}  // namespace disclosure
