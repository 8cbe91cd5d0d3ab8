#include "trust/pins/offer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/json.h"
#include "trust/pins/canonical.h"

namespace trust {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

struct ListFacts {
  std::string_view member;
  PinKind kind;
  std::string_view key;  // what names an entry
};
constexpr std::array<ListFacts, 4> kLists{{{"tools", PinKind::tool, "name"},
                                           {"prompts", PinKind::prompt, "name"},
                                           {"resources", PinKind::resource, "uri"},
                                           {"resourceTemplates", PinKind::resource_template, "uriTemplate"}}};
constexpr std::array<std::string_view, 6> kOfOneAnswer{"nextCursor", "resultType", "ttlMs", "cacheScope", "jsonrpc", "id"};

// Members of a definition by which its kind is known, the surest first.
PinKind kind_of_definition(std::string_view object) {
  if (!base::find_member(object, "uriTemplate").empty()) return PinKind::resource_template;
  if (!base::find_member(object, "uri").empty()) return PinKind::resource;
  if (base::find_member(object, "inputSchema").empty() && base::is_array(base::find_member(object, "arguments"))) return PinKind::prompt;
  return PinKind::tool;
}

std::string_view key_of(PinKind kind) {
  const auto found = std::find_if(kLists.begin(), kLists.end(), [kind](const ListFacts& one) { return one.kind == kind; });
  return found == kLists.end() ? std::string_view("name") : found->key;
}

Result<Pin> read_entry(PinKind kind, std::string_view value) {
  if (base::is_string(value)) {
    auto name = base::json_string(value);
    if (!name) return std::move(name).error();
    return pin_of(kind, *std::move(name), value);
  }
  if (!base::is_object(value)) return Error(Code::invalid_argument, "an entry of a list is neither a definition nor a name");
  std::string name = base::json_string(base::find_member(value, key_of(kind))).value_or("");
  return pin_of(kind, std::move(name), value);
}

Result<> read_list(std::optional<PinKind> kind, std::string_view list, std::vector<Pin>& out) {
  base::Elements entries(list);
  while (entries.next()) {
    const bool object = base::is_object(entries.value());
    auto pin = read_entry(kind ? *kind : object ? kind_of_definition(entries.value()) : PinKind::tool, entries.value());
    if (!pin) return std::move(pin).error();
    out.push_back(*std::move(pin));
  }
  return {};
}

bool one_definition(std::string_view object) {
  if (!base::find_member(object, "uri").empty() || !base::find_member(object, "uriTemplate").empty()) return true;
  if (!base::is_string(base::find_member(object, "name"))) return false;
  constexpr std::array<std::string_view, 6> kTelling{"inputSchema", "description", "title", "annotations", "arguments", "outputSchema"};
  return std::any_of(kTelling.begin(), kTelling.end(), [&](std::string_view key) { return !base::find_member(object, key).empty(); });
}

Result<> read_member(std::string_view key, std::string_view value, std::vector<Pin>& out) {
  if (std::find(kOfOneAnswer.begin(), kOfOneAnswer.end(), key) != kOfOneAnswer.end()) return {};
  const auto list = std::find_if(kLists.begin(), kLists.end(), [key](const ListFacts& one) { return one.member == key; });
  if (list != kLists.end() && base::is_array(value)) return read_list(list->kind, value, out);
  PinKind kind = PinKind::member;
  std::string name(key);
  if (key == "instructions") kind = PinKind::instructions;
  if (key == "serverInfo") kind = PinKind::server;
  if (key == "capabilities") kind = PinKind::capabilities;
  if (kind != PinKind::member) name.clear();
  out.push_back(pin_of(kind, std::move(name), value));
  return {};
}

}  // namespace

Result<std::vector<Pin>> read_offer(std::string_view text) {
  if (text.size() > kLargestOffer) return Error(Code::invalid_argument, "it is larger than 64 MB");
  if (auto valid = base::validate_json(text); !valid) return std::move(valid).error();
  const std::size_t begin = text.find_first_not_of(" \t\r\n"), end = text.find_last_not_of(" \t\r\n");
  std::string_view whole = text.substr(begin, end - begin + 1);
  std::vector<Pin> out;
  if (base::is_array(whole)) {
    if (auto read = read_list(std::nullopt, whole, out); !read) return std::move(read).error();
    return out;
  }
  if (!base::is_object(whole)) return Error(Code::invalid_argument, "it is neither a list of definitions nor an object that holds some");
  const std::string_view result = base::find_member(whole, "result");
  const bool response = base::is_object(result) && !base::find_member(whole, "jsonrpc").empty();
  if (response) whole = result;
  if (one_definition(whole)) {
    auto pin = read_entry(kind_of_definition(whole), whole);
    if (!pin) return std::move(pin).error();
    // Under one name in both files: whoever compares two definitions asks whether they are the same.
    pin->name.clear();
    out.push_back(*std::move(pin));
    return out;
  }
  base::Members members(whole);
  while (members.next())
    if (auto read = read_member(members.key(), members.value(), out); !read) return std::move(read).error();
  if (members.error()) return Error(Code::invalid_argument, members.error());
  return out;
}

}  // namespace trust
