#include "protocol/definitions.h"

#include <array>

#include "base/json.h"
#include "protocol/splice.h"

namespace protocol {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

struct KindFacts {
  std::string_view list;  // member of the result
  std::string_view key;   // member of a definition that names it
};
constexpr std::array<KindFacts, 4> kKinds = {
    {{"tools", "name"}, {"prompts", "name"}, {"resources", "uri"}, {"resourceTemplates", "uriTemplate"}}};
const KindFacts& facts_of(DefinitionKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::string plain(std::string_view value) {
  auto text = base::json_string(value);
  return text.ok() ? std::move(*text) : std::string();
}

std::optional<bool> flag(std::string_view value) {
  if (value == "true") return true;
  if (value == "false") return false;
  return std::nullopt;
}

void read_hints(std::string_view annotations, Definition& out) {
  if (!base::is_object(annotations)) return;
  base::Members members(annotations);
  while (members.next()) {
    std::string_view key = members.key();
    if (key == "readOnlyHint")
      out.hints.read_only = flag(members.value());
    else if (key == "destructiveHint")
      out.hints.destructive = flag(members.value());
    else if (key == "idempotentHint")
      out.hints.idempotent = flag(members.value());
    else if (key == "openWorldHint")
      out.hints.open_world = flag(members.value());
    else if (key == "title" && out.title.empty())
      out.title = plain(members.value());
  }
}

Result<Definition> read_definition(DefinitionKind kind, std::string_view raw) {
  if (!base::is_object(raw)) return Error(Code::upstream_failed, "an entry is not an object");
  Definition out;
  out.kind = kind;
  out.raw = raw;
  std::string_view key_slice, annotations;
  base::Members members(raw);
  while (members.next()) {
    std::string_view key = members.key();
    std::string_view value = members.value();
    if (key == facts_of(kind).key) key_slice = value;
    if (key == "name")
      out.name = plain(value);
    else if (key == "title")
      out.title = plain(value);
    else if (key == "description")
      out.description = plain(value);
    else if (key == "inputSchema")
      out.input_schema = value;
    else if (key == "outputSchema")
      out.output_schema = value;
    else if (key == "mimeType")
      out.mime_type = plain(value);
    else if (key == "annotations")
      annotations = value;
    else if (key == "execution" && base::is_object(value))
      out.task_support = plain(base::find_member(value, "taskSupport"));
  }
  out.key = plain(key_slice);
  std::string label = out.key.empty() ? std::string("an entry") : out.key;
  if (members.error()) return Error(Code::upstream_failed, label + ": " + members.error());
  if (out.key.empty()) return Error(Code::upstream_failed, "an entry has no " + std::string(facts_of(kind).key));
  if (kind == DefinitionKind::tool) {
    read_hints(annotations, out);
    if (!base::is_object(out.input_schema)) return Error(Code::upstream_failed, label + ": inputSchema is not an object");
  }
  if (out.name.empty()) out.name = out.key;
  return out;
}

}  // namespace

Result<DefinitionPage> read_definitions(DefinitionKind kind, std::string_view result) {
  std::string_view list = base::is_object(result) ? base::find_member(result, facts_of(kind).list) : std::string_view();
  if (!base::is_array(list)) return Error(Code::upstream_failed, "the result has no array " + std::string(facts_of(kind).list));
  DefinitionPage page;
  base::Elements entries(list);
  while (entries.next()) {
    auto entry = read_definition(kind, entries.value());
    if (entry) {
      page.items.push_back(std::move(*entry));
    } else {
      page.refused.push_back(std::move(entry.error().message));
    }
  }
  std::string_view cursor = base::find_member(result, "nextCursor");
  if (base::is_string(cursor)) page.next_cursor = plain(cursor);
  return page;
}

std::string renamed(const Definition& definition, std::string_view name, std::string_view description) {
  std::string name_text = base::quoted(name);
  if (description.empty()) return with_members(definition.raw, {{"name", name_text}});
  std::string description_text = base::quoted(description);
  return with_members(definition.raw, {{"name", name_text}, {"description", description_text}});
}

std::string encode_definitions(DefinitionKind kind, const std::vector<std::string_view>& raw,
                               const std::optional<std::string>& next_cursor) {
  std::size_t size = 64;
  for (std::string_view r : raw) size += r.size() + 1;
  std::string out;
  out.reserve(size);
  out += "{";
  base::append_json_string(out, facts_of(kind).list);
  out += ":[";
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (i > 0) out += ',';
    out += raw[i];
  }
  out += ']';
  if (next_cursor) {
    out += ",\"nextCursor\":";
    base::append_json_string(out, *next_cursor);
  }
  return out += '}';
}

}  // namespace protocol
