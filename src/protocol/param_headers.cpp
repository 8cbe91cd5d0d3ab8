#include "protocol/param_headers.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "protocol/header_value.h"

namespace protocol {
namespace {

namespace json = boost::json;
using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::string_view kMark = "x-mcp-header";
constexpr std::string_view kPrefix = "Mcp-Param-";
constexpr std::int64_t kMostExact = (std::int64_t{1} << 53) - 1;

// Keywords of JSON Schema below which schemas stand: one schema, an array of schemas, a map from names to schemas.
constexpr std::array<std::string_view, 12> kOneSchema = {"items",
                                                         "additionalItems",
                                                         "contains",
                                                         "additionalProperties",
                                                         "unevaluatedItems",
                                                         "unevaluatedProperties",
                                                         "propertyNames",
                                                         "not",
                                                         "if",
                                                         "then",
                                                         "else",
                                                         "contentSchema"};
constexpr std::array<std::string_view, 5> kManySchemas = {"allOf", "anyOf", "oneOf", "prefixItems", "items"};
constexpr std::array<std::string_view, 6> kNamedSchemas = {"properties", "patternProperties", "dependentSchemas",
                                                           "$defs",      "definitions",       "dependencies"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kMarks.find(c) != std::string_view::npos;
  });
}

std::optional<ParamType> find_type(std::string_view name) {
  if (name == "string") return ParamType::string;
  if (name == "integer") return ParamType::integer;
  if (name == "boolean") return ParamType::boolean;
  return std::nullopt;
}

// The type of a marked property. A type that may also be null is one of the three: null has no header.
std::optional<ParamType> type_of(const json::object& schema) {
  const json::value* type = schema.if_contains("type");
  if (!type) return std::nullopt;
  if (const json::string* name = type->if_string()) return find_type(*name);
  const json::array* names = type->if_array();
  if (!names) return std::nullopt;
  std::optional<ParamType> found;
  for (const json::value& entry : *names) {
    const json::string* name = entry.if_string();
    if (!name) return std::nullopt;
    if (*name == "null") continue;
    if (found) return std::nullopt;
    found = find_type(*name);
    if (!found) return std::nullopt;
  }
  return found;
}

// Collects the marks of one tool.
class Marks {
 public:
  ToolHeaders headers;
  std::string reason;

  // Walks a schema that stands at `path`. `reached` says whether only `properties` led here. The parser has limited the depth.
  enum class Reached { directly, otherwise };
  bool walk(const json::value& schema, std::vector<std::string>& path, Reached reached) {
    const json::object* object = schema.if_object();
    if (!object) return true;
    if (const json::value* mark = object->if_contains(kMark); mark && !take(*mark, *object, path, reached)) return false;
    for (const auto& [key, value] : *object) {
      if (value.is_object() && among(kNamedSchemas, key)) {
        if (!walk_named(key, value.get_object(), path, reached)) return false;
      } else if (value.is_array() && among(kManySchemas, key)) {
        for (const json::value& below : value.get_array()) {
          if (!walk(below, path, Reached::otherwise)) return false;
        }
      } else if (value.is_object() && among(kOneSchema, key)) {
        if (!walk(value, path, Reached::otherwise)) return false;
      }
    }
    return true;
  }

 private:
  bool walk_named(std::string_view keyword, const json::object& schemas, std::vector<std::string>& path, Reached reached) {
    Reached below = keyword == "properties" ? reached : Reached::otherwise;
    for (const auto& [name, schema] : schemas) {
      path.emplace_back(name);
      bool fine = walk(schema, path, below);
      path.pop_back();
      if (!fine) return false;
    }
    return true;
  }

  bool take(const json::value& mark, const json::object& schema, const std::vector<std::string>& path, Reached reached) {
    const json::string* name = mark.if_string();
    if (!name || !is_token(*name)) return refuse("its name is not a header token");
    if (reached != Reached::directly || path.empty()) return refuse("it is not reached from the root by properties alone");
    auto type = type_of(schema);
    if (!type) return refuse("its type is not string, integer or boolean");
    ParamHeader header{path, std::string(kPrefix) + std::string(*name), *type};
    for (const ParamHeader& other : headers) {
      if (lower(other.header) == lower(header.header)) return refuse("its name comes twice");
    }
    headers.push_back(std::move(header));
    return true;
  }

  bool refuse(const char* why) {
    reason = std::string("invalid x-mcp-header: ") + why;
    return false;
  }
};

std::string_view at_path(std::string_view arguments, const std::vector<std::string>& path) {
  std::string_view value = arguments;
  for (const std::string& key : path) {
    if (!base::is_object(value)) return {};
    value = base::find_member(value, key);
  }
  return value == "null" ? std::string_view() : value;
}

std::string dotted(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& key : path) out += (out.empty() ? "" : ".") + key;
  return out;
}

bool same(std::string_view header, std::string_view value) {
  if (base::is_string(value)) {
    auto text = base::json_string(value);
    return text.ok() && *text == header;
  }
  auto in_header = base::json_integer(header);
  auto in_body = base::json_integer(value);
  if (in_header.ok() && in_body.ok()) return *in_header == *in_body;
  return header == value;
}

}  // namespace

Result<ToolHeaders> tool_header_map(std::string_view input_schema) {
  // Nearly every tool has no mark: look for the word before a tree is built. A backslash could hide it.
  if (input_schema.find(kMark) == std::string_view::npos && input_schema.find('\\') == std::string_view::npos) return ToolHeaders{};
  auto schema = base::parse_json(input_schema);
  if (!schema) return std::move(schema.error()).in("input schema");
  Marks marks;
  std::vector<std::string> path;
  if (!marks.walk(*schema, path, Marks::Reached::directly)) return Error(Code::invalid_argument, marks.reason);
  return std::move(marks.headers);
}

Result<std::vector<Header>> param_headers(const ToolHeaders& tool, std::string_view arguments) {
  std::vector<Header> out;
  for (const ParamHeader& param : tool) {
    std::string_view value = at_path(arguments, param.path);
    if (value.empty()) continue;
    auto wrong = [&](const char* what) { return Error(Code::invalid_argument, "argument " + dotted(param.path) + " is not " + what); };
    switch (param.type) {
      case ParamType::string: {
        auto text = base::json_string(value);
        if (!text) return wrong("a string");
        out.emplace_back(param.header, encode_header_value(*text));
        break;
      }
      case ParamType::integer: {
        auto number = base::json_integer(value);
        if (!number || *number > kMostExact || *number < -kMostExact) return wrong("an integer that every peer reads exactly");
        out.emplace_back(param.header, std::to_string(*number));
        break;
      }
      case ParamType::boolean:
        if (value != "true" && value != "false") return wrong("a boolean");
        out.emplace_back(param.header, value);
        break;
    }
  }
  return out;
}

RpcCheck check_param_headers(const ToolHeaders& tool, std::string_view arguments, const HeaderLookup& lookup) {
  for (const ParamHeader& param : tool) {
    std::string_view value = at_path(arguments, param.path);
    auto header = lookup(param.header);
    if (!header) {
      // An object or array here is against the schema: that is for the check of the arguments to say.
      if (value.empty() || base::is_object(value) || base::is_array(value)) continue;
      return header_mismatch(param.header, "header is absent, but the body has " + dotted(param.path));
    }
    if (value.empty()) return header_mismatch(param.header, "header is there, but the body has no " + dotted(param.path));
    auto decoded = decode_header_value(*header);
    if (!decoded) return header_mismatch(param.header, "header value is malformed");
    if (!same(*decoded, value)) return header_mismatch(param.header, "header value does not match the body's " + dotted(param.path));
  }
  return Fine{};
}

}  // namespace protocol
