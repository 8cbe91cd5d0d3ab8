#include "gateway/presentation.h"

#include <array>
#include <map>

#include "base/json.h"
#include "protocol/params.h"
#include "protocol/splice.h"

namespace gateway {
namespace {

// Extensions that live in definitions and results alone.
constexpr std::array<std::string_view, 1> kCarriedByAggregate = {"io.modelcontextprotocol/ui"};

using Members = std::map<std::string, std::string_view, std::less<>>;

// Adds the members of `object` that are not there yet.
void unite(Members& into, std::string_view object) {
  if (!base::is_object(object)) return;
  base::Members members(object);
  while (members.next()) into.emplace(members.key(), members.value());
}

void append(std::string& out, std::string_view key, const Members& members) {
  if (members.empty()) return;
  out.append(",\"").append(key).append("\":{");
  bool first = true;
  for (const auto& [name, value] : members) {
    if (!first) out += ',';
    first = false;
    base::append_json_string(out, name);
    out.append(":").append(value);
  }
  out += '}';
}

}  // namespace

std::string passed_capabilities(std::string_view upstream) {
  if (!base::is_object(upstream)) return "{}";
  std::string out = protocol::without_members(upstream, {"tasks"});
  std::string_view extensions = base::find_member(out, "extensions");
  if (base::find_member(extensions, protocol::kTasksExtension).empty()) return out;
  std::string rest = protocol::without_members(extensions, {protocol::kTasksExtension});
  return rest == "{}" ? protocol::without_members(out, {"extensions"}) : protocol::with_members(out, {{"extensions", rest}});
}

std::string merged_capabilities(std::span<const Presented> upstreams) {
  bool completions = false, logging = false;
  Members experimental, extensions;
  for (const Presented& upstream : upstreams) {
    if (!base::is_object(upstream.capabilities)) continue;
    completions = completions || base::is_object(base::find_member(upstream.capabilities, "completions"));
    logging = logging || base::is_object(base::find_member(upstream.capabilities, "logging"));
    unite(experimental, base::find_member(upstream.capabilities, "experimental"));
    std::string_view theirs = base::find_member(upstream.capabilities, "extensions");
    for (std::string_view name : kCarriedByAggregate) {
      std::string_view value = base::is_object(theirs) ? base::find_member(theirs, name) : std::string_view();
      if (!value.empty()) extensions.emplace(name, value);
    }
  }
  std::string out = R"({"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true})";
  if (completions) out += R"(,"completions":{})";
  if (logging) out += R"(,"logging":{})";
  append(out, "experimental", experimental);
  append(out, "extensions", extensions);
  return out + "}";
}

std::string merged_instructions(std::span<const Presented> upstreams) {
  std::string out;
  for (const Presented& upstream : upstreams) {
    if (upstream.instructions.empty()) continue;
    if (!out.empty()) out += "\n\n";
    out.append("## ").append(upstream.id).append(" (tools named ").append(upstream.id).append("__…)\n").append(upstream.instructions);
  }
  return out;
}

}  // namespace gateway
