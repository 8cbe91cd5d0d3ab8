#include "servers/openapi/document.h"

#include <fmt/format.h>

#include "servers/openapi/yaml_json.h"
#include "servers/rest/text.h"
#include "servers/rest/trim.h"

namespace servers::openapi {

Result<Document> Document::parse(std::string_view text) {
  if (text.size() > kLargestDocument)
    return Error(Code::invalid_argument, fmt::format("it is larger than {} MiB; cut it to the part that is used", kLargestDocument >> 20U));
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  Result<mcp::Json> json = Error(Code::invalid_argument, "it is empty");
  if (first != std::string_view::npos && text[first] == '{') {
    json = mcp::Json::parse(text);
  } else if (first != std::string_view::npos) {
    auto converted = json_of_yaml(text);
    if (!converted) return std::move(converted).error();
    json = mcp::Json::parse(*converted);
  }
  if (!json) return std::move(json).error();
  if ((*json)["swagger"])
    return Error(Code::invalid_argument,
                 "it is a Swagger 2.0 description, and OpenAPI 3.0 or 3.1 is read; convert it, for instance with swagger2openapi");
  // Unquoted in YAML, 3.1 is a number.
  JsonView version = (*json)["openapi"];
  const std::string spelled = version.string() ? std::string(*version.string()) : version.text();
  if (!version) return Error(Code::invalid_argument, "it has no 'openapi' member, so it is no OpenAPI description");
  Version which = Version::v3_0;
  if (spelled.starts_with("3.1") || spelled.starts_with("3.2"))
    which = Version::v3_1;
  else if (!spelled.starts_with("3.0"))
    return Error(Code::invalid_argument, fmt::format("its version is {}, and OpenAPI 3.0 or 3.1 is read", rest::plain_line(spelled, 20)));
  if (!(*json)["paths"].is(JsonView::Kind::object))
    return Error(Code::invalid_argument, "it has no 'paths', so there is nothing to make tools of");
  return Document(*std::move(json), which);
}

Result<JsonView> Document::find(std::string_view reference) const {
  const std::string shown = rest::plain_line(reference, 80);
  if (!reference.starts_with('#'))
    return Error(
        Code::invalid_argument,
        fmt::format("'{}' leads out of this file; bundle the description into one file first, for instance with redocly bundle", shown));
  const std::string pointer = rest::decoded(reference.substr(1));
  if (!pointer.empty() && pointer.front() != '/')
    return Error(Code::invalid_argument, fmt::format("'{}' is no reference by a path", shown));
  JsonView found = rest::at_pointer(root(), pointer);
  if (!found) return Error(Code::invalid_argument, fmt::format("'{}' leads to nothing", shown));
  return found;
}

Result<JsonView> Document::resolve(JsonView value) const {
  for (int step = 0; step < 32; ++step) {
    auto reference = value["$ref"].string();
    if (!reference) return value;
    auto next = find(*reference);
    if (!next) return next;
    value = *next;
  }
  return Error(Code::invalid_argument, "a reference leads round in circles");
}

}  // namespace servers::openapi
