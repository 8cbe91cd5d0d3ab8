#include "oauth/issuer_rules.h"

#include <algorithm>

#include "base/json.h"

namespace oauth {
namespace {

constexpr std::size_t kMostTexts = 200, kLongest = 256, kDeepest = 8;

bool fit(std::string_view text) {
  return !text.empty() && text.size() <= kLongest &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string_view value_at(std::string_view json, std::string_view path) {
  for (std::size_t depth = 0; depth < kDeepest && base::is_object(json); ++depth) {
    if (std::string_view whole = base::find_member(json, path); !whole.empty()) return whole;
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) return {};
    json = base::find_member(json, path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  return {};
}

}  // namespace

bool has_scope(const std::vector<std::string>& scopes, std::string_view wanted, ScopeForm form) {
  if (std::find(scopes.begin(), scopes.end(), wanted) != scopes.end()) return true;
  if (form == ScopeForm::plain) return false;
  const std::string_view last = wanted.substr(wanted.rfind('/') + 1);
  return last == ".default" || std::find(scopes.begin(), scopes.end(), last) != scopes.end();
}

std::vector<std::string> texts_at(std::string_view payload, std::string_view path) {
  std::vector<std::string> out;
  if (path.empty()) return out;
  auto add = [&out](std::string_view item) -> mcp::Result<> {
    if (out.size() >= kMostTexts || !base::is_string(item)) return {};
    if (auto text = base::json_string(item); text && fit(*text)) out.push_back(*std::move(text));
    return {};
  };
  const std::string_view value = value_at(payload, path);
  if (base::is_array(value))
    (void)base::each_element(value, add);
  else
    (void)add(value);
  return out;
}

std::string client_of(std::string_view payload) {
  for (std::string_view name : {"client_id", "azp", "appid", "cid"})
    if (auto found = texts_at(payload, name); !found.empty()) return found.front();
  return {};
}

}  // namespace oauth
