#include "gateway/public_uris.h"

#include "base/json.h"
#include "protocol/splice.h"

namespace gateway {
namespace {

using Rename = std::function<std::string(std::string_view)>;

// Each of these gives the changed text, or nothing when nothing changes.

std::string with_uri(std::string_view object, const Rename& rename) {
  auto uri = base::json_string(base::is_object(object) ? base::find_member(object, "uri") : std::string_view());
  if (!uri) return {};
  std::string other = rename(*uri);
  if (other == *uri) return {};
  std::string text = base::quoted(other);
  return protocol::with_members(object, {{"uri", text}});
}

std::string with_member(std::string_view object, std::string_view key, const std::string& value) {
  return value.empty() ? std::string() : protocol::with_members(object, {{key, value}});
}

std::string block(std::string_view value, const Rename& rename) {
  if (!base::is_object(value)) return {};
  std::string_view type = base::find_member(value, "type");
  if (type == "\"resource_link\"") return with_uri(value, rename);
  if (type == "\"resource\"") return with_member(value, "resource", with_uri(base::find_member(value, "resource"), rename));
  return {};
}

std::string message(std::string_view value, const Rename& rename) {
  if (!base::is_object(value)) return {};
  return with_member(value, "content", block(base::find_member(value, "content"), rename));
}

template <class F>
std::string each(std::string_view array, const Rename& rename, F change) {
  if (!base::is_array(array)) return {};
  std::string out = "[";
  bool changed = false;
  base::Elements elements(array);
  while (elements.next()) {
    if (out.size() > 1) out += ',';
    std::string other = change(elements.value(), rename);
    changed = changed || !other.empty();
    out += other.empty() ? elements.value() : std::string_view(other);
  }
  return changed ? out + "]" : std::string();
}

}  // namespace

std::string with_public_uris(std::string_view result, const Rename& rename) {
  if (!base::is_object(result)) return {};
  if (std::string contents = each(base::find_member(result, "contents"), rename, with_uri); !contents.empty())
    return with_member(result, "contents", contents);
  if (std::string content = each(base::find_member(result, "content"), rename, block); !content.empty())
    return with_member(result, "content", content);
  return with_member(result, "messages", each(base::find_member(result, "messages"), rename, message));
}

}  // namespace gateway
