#include "gateway/catalog.h"

#include <algorithm>
#include <set>

#include "base/glob.h"
#include "base/json.h"
#include "gateway/names.h"
#include "gateway/uris.h"
#include "protocol/splice.h"

namespace gateway {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::array<std::string_view, kKinds.size()> kListKeys = {"tools", "prompts", "resources", "resourceTemplates"};
// Resources come first: tools name them.
constexpr std::array kMergeOrder = {DefinitionKind::resource, DefinitionKind::resource_template, DefinitionKind::tool,
                                    DefinitionKind::prompt};

std::string_view list_key(DefinitionKind kind) { return kListKeys[static_cast<std::size_t>(kind)]; }

bool shown(const ServerConfig* config, std::string_view tool) {
  if (!config) return true;
  auto matches = [&](const std::string& pattern) { return base::glob_match(pattern, tool); };
  if (!config->include.empty() && std::none_of(config->include.begin(), config->include.end(), matches)) return false;
  return std::none_of(config->exclude.begin(), config->exclude.end(), matches);
}

bool addressed_by_uri(DefinitionKind kind) { return kind == DefinitionKind::resource || kind == DefinitionKind::resource_template; }

// Writes a list result and remembers where its entries stand.
class ListWriter {
 public:
  explicit ListWriter(DefinitionKind kind) { out_.text.append("{\"").append(list_key(kind)).append("\":["); }
  void add(std::string_view raw, const Definition& definition) {
    // Older revisions have no output schema but of an object: such a list is looked at again on its way out.
    const std::string& schema = definition.output_schema;
    if (!schema.empty() && base::find_member(schema, "type") != "\"object\"") out_.bare = false;
    // Most revisions have no `execution`.
    if (!definition.task_support.empty()) out_.bare = false;
    if (!out_.items.empty()) out_.text += ',';
    out_.items.emplace_back(out_.text.size(), raw.size());
    out_.text += raw;
  }
  std::shared_ptr<const ListText> end(std::string_view extra) {
    out_.text.append("]").append(extra).append("}");
    out_.bare = out_.bare && extra.find("\"_meta\"") == std::string_view::npos;
    out_.text.shrink_to_fit();
    return std::make_shared<const ListText>(std::move(out_));
  }

 private:
  ListText out_;
};

// A tool whose MCP App (`_meta.ui.resourceUri`) is called otherwise here.
template <class Rename>
std::string with_app(std::string raw, const Rename& rename) {
  auto renamed = [&](std::string_view object, std::string_view key) {
    auto uri = base::json_string(base::is_object(object) ? base::find_member(object, key) : std::string_view());
    if (!uri) return std::string();
    std::string other = rename(*uri);
    return other == *uri ? std::string() : base::quoted(other);
  };
  std::string_view meta = base::find_member(raw, "_meta");
  if (!base::is_object(meta)) return raw;
  std::string changed(meta);
  if (std::string uri = renamed(meta, "ui/resourceUri"); !uri.empty()) changed = protocol::with_members(changed, {{"ui/resourceUri", uri}});
  if (std::string uri = renamed(base::find_member(meta, "ui"), "resourceUri"); !uri.empty()) {
    std::string ui = protocol::with_members(base::find_member(meta, "ui"), {{"resourceUri", uri}});
    changed = protocol::with_members(changed, {{"ui", ui}});
  }
  return changed == meta ? raw : protocol::with_members(raw, {{"_meta", changed}});
}

}  // namespace

bool OfferedList::same(const OfferedList& other) const {
  return extra == other.extra && std::equal(items.begin(), items.end(), other.items.begin(), other.items.end(),
                                            [](const Definition& a, const Definition& b) { return a.raw == b.raw; });
}

const std::vector<Definition>& ServerCatalog::list(DefinitionKind kind) const {
  static const std::vector<Definition> kNone;
  return at(kind) ? at(kind)->items : kNone;
}

std::string ServerCatalog::encode() const {
  std::string out = "{\"info\":" + (info.empty() ? "null" : info) + ",\"capabilities\":" + (capabilities.empty() ? "{}" : capabilities);
  out += ",\"instructions\":";
  base::append_json_string(out, instructions);
  for (DefinitionKind kind : kKinds) {
    if (!at(kind)) continue;
    out.append(",\"").append(list_key(kind)).append("\":[");
    bool first = true;
    for (const Definition& definition : list(kind)) {
      if (!first) out += ',';
      first = false;
      out += definition.raw;
    }
    out += ']';
  }
  return out + '}';
}

Result<ServerCatalog> ServerCatalog::decode(std::string id, const std::string& text) {
  if (auto valid = base::validate_json(text); !valid) return std::move(valid).error();
  ServerCatalog out;
  out.id = std::move(id);
  std::string_view info = base::find_member(text, "info");
  out.info = info == "null" ? std::string() : std::string(info);
  out.capabilities = base::find_member(text, "capabilities");
  auto instructions = base::json_string(base::find_member(text, "instructions"));
  if (!instructions) return std::move(instructions).error();
  out.instructions = *std::move(instructions);
  for (DefinitionKind kind : kKinds) {
    if (base::find_member(text, list_key(kind)).empty()) continue;
    auto page = protocol::read_definitions(kind, text);
    if (!page) return Error(Code::invalid_argument, "a stored catalog is damaged: " + page.error().message);
    out.at(kind) = std::make_shared<const OfferedList>(OfferedList{std::move(page->items), {}});
  }
  return out;
}

std::shared_ptr<const Catalog> Catalog::of_server(const ServerConfig* config, std::shared_ptr<const ServerCatalog> offer) {
  auto catalog = std::make_shared<Catalog>();
  catalog->offers_.push_back(std::move(offer));
  for (DefinitionKind kind : kKinds) {
    catalog->add(config, kind);
    catalog->index(kind);
  }
  return catalog;
}

void Catalog::add(const ServerConfig* config, DefinitionKind kind) {
  const ServerCatalog& offer = *offers_.front();
  std::vector<Entry>& entries = entries_[static_cast<std::size_t>(kind)];
  std::set<std::string, std::less<>> seen;
  ListWriter text(kind);
  for (const Definition& definition : offer.list(kind)) {
    const ToolOverride* changed = nullptr;
    if (kind == DefinitionKind::tool && config) {
      if (!shown(config, definition.key)) continue;
      auto found = config->tools.find(definition.key);
      if (found != config->tools.end()) changed = &found->second;
    }
    Entry entry;
    entry.server = &offer;
    entry.definition = &definition;
    entry.name = changed && changed->rename ? *changed->rename : definition.key;
    if (definition.input_schema.find("x-mcp-header") != std::string::npos) {
      auto headers = protocol::tool_header_map(definition.input_schema);
      if (!headers) {
        left_out_.push_back(offer.id + " offers '" + entry.name + "' with marks that no client can follow: " + headers.error().message);
        continue;
      }
      entry.headers = *std::move(headers);
    }
    if (!seen.insert(entry.name).second) {
      left_out_.push_back(offer.id + " offers '" + entry.name + "' twice; the first one is used");
      continue;
    }
    std::string description = changed && changed->description ? *changed->description : std::string();
    bool as_is = entry.name == definition.key && description.empty();
    text.add(as_is ? definition.raw : protocol::renamed(definition, entry.name, description), definition);
    entry.public_name = entry.name;
    entries.push_back(std::move(entry));
  }
  texts_[static_cast<std::size_t>(kind)] = text.end(offer.at(kind) ? std::string_view(offer.at(kind)->extra) : std::string_view());
}

std::shared_ptr<const Catalog> Catalog::merge(std::vector<std::shared_ptr<const Catalog>> servers, std::size_t name_limit) {
  auto catalog = std::make_shared<Catalog>();
  catalog->servers_ = std::move(servers);
  for (const auto& server : catalog->servers_) catalog->offers_.push_back(server->offers_.front());
  for (DefinitionKind kind : kMergeOrder) catalog->merge_kind(kind, name_limit);
  return catalog;
}

// The definition of `entry`, which is number `index` of its own server's catalog, under the name that it has here.
std::string Catalog::merged_text(const Catalog& from, std::size_t index, const Entry& entry) const {
  const DefinitionKind kind = entry.definition->kind;
  const ListText& own = *from.text(kind);
  std::string raw = own.text.substr(own.items[index].first, own.items[index].second);
  if (entry.public_name != entry.name) {
    std::string name = base::quoted(entry.public_name);
    std::string_view key = kind == DefinitionKind::resource ? "uri" : kind == DefinitionKind::resource_template ? "uriTemplate" : "name";
    raw = protocol::with_members(raw, {{key, name}});
  }
  if (kind != DefinitionKind::tool || prefixed_.empty() || raw.find("resourceUri") == std::string::npos) return raw;
  return with_app(std::move(raw), [&](const std::string& uri) { return public_uri(entry.server->id, uri); });
}

void Catalog::merge_kind(DefinitionKind kind, std::size_t name_limit) {
  auto at = static_cast<std::size_t>(kind);
  std::vector<std::string> names;
  if (!addressed_by_uri(kind)) {
    std::vector<RealName> real;
    for (const auto& server : servers_)
      for (const Entry& entry : server->entries(kind)) real.push_back({entry.server->id, entry.name});
    names = public_names(real, name_limit);
  }
  std::set<std::string, std::less<>> taken;
  ListWriter text(kind);
  std::size_t number = 0;
  for (const auto& server : servers_) {
    std::span<const Entry> theirs = server->entries(kind);
    for (std::size_t i = 0; i < theirs.size(); ++i, ++number) {
      Entry entry = theirs[i];
      entry.public_name = names.empty() ? entry.name : std::move(names[number]);
      if (names.empty() && taken.contains(entry.name)) entry.public_name = prefixed_uri(entry.server->id, entry.name);
      if (!taken.insert(entry.public_name).second) {
        left_out_.push_back(entry.server->id + " offers '" + entry.public_name + "', which is taken; it is not in /mcp");
        continue;
      }
      if (names.empty() && entry.public_name != entry.name) prefixed_.emplace(std::pair(entry.server->id, entry.name), entry.public_name);
      text.add(merged_text(*server, i, entry), *entry.definition);
      entries_[at].push_back(std::move(entry));
    }
  }
  texts_[at] = text.end({});
  index(kind);
}

void Catalog::index(DefinitionKind kind) {
  auto at = static_cast<std::size_t>(kind);
  for (const Entry& entry : entries_[at]) by_name_[at].emplace(entry.public_name, &entry);
}

const Entry* Catalog::find(DefinitionKind kind, std::string_view name) const {
  if (kind == DefinitionKind::resource) {
    auto found = place(name);
    return found ? found->entry : nullptr;
  }
  const Index& index = by_name_[static_cast<std::size_t>(kind)];
  auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

std::optional<Located> Catalog::place(std::string_view uri) const {
  const Index& index = by_name_[static_cast<std::size_t>(DefinitionKind::resource)];
  if (auto found = index.find(uri); found != index.end()) return Located{found->second, found->second->name};
  for (const Entry& entry : entries(DefinitionKind::resource_template)) {
    if (!template_matches(entry.public_name, uri)) continue;
    if (entry.public_name == entry.name) return Located{&entry, std::string(uri)};
    if (auto plain = unprefixed_uri(uri)) return Located{&entry, std::move(plain->uri)};
  }
  if (servers_.empty()) return std::nullopt;
  // The prefixed form finds a server's resource also where there is no need for it.
  auto plain = unprefixed_uri(uri);
  if (!plain) return std::nullopt;
  for (const auto& server : servers_)
    if (server->offers_.front()->id == plain->server) return server->place(plain->uri);
  return std::nullopt;
}

std::string Catalog::public_uri(std::string_view server, std::string_view uri) const {
  if (servers_.empty()) return std::string(uri);
  if (!prefixed_.empty()) {
    auto found = prefixed_.find(std::pair(std::string(server), std::string(uri)));
    if (found != prefixed_.end()) return found->second;
    for (const auto& [real, prefixed] : prefixed_)
      if (real.first == server && real.second.find('{') != std::string::npos && template_matches(real.second, uri))
        return prefixed_uri(server, uri);
  }
  // What one server says of itself and another one lists is the other one's, as far as clients know.
  const Index& index = by_name_[static_cast<std::size_t>(DefinitionKind::resource)];
  auto found = index.find(uri);
  return found == index.end() || found->second->server->id == server ? std::string(uri) : prefixed_uri(server, uri);
}

bool Catalog::renames_uris_of(std::string_view server) const {
  return std::any_of(prefixed_.begin(), prefixed_.end(), [&](const auto& one) { return one.first.first == server; });
}

std::string Catalog::only_server_with_resources() const {
  std::string only;
  for (const auto& offer : offers_) {
    if (base::find_member(offer->capabilities, "resources").empty()) continue;
    if (!only.empty()) return {};
    only = offer->id;
  }
  return only;
}

bool passes_unlisted(const ServerConfig& config, std::string_view tool) {
  auto taken = [&](const auto& one) { return one.first == tool ? one.second.rename.has_value() : one.second.rename == tool; };
  return shown(&config, tool) && std::none_of(config.tools.begin(), config.tools.end(), taken);
}

const ServerCatalog* Catalog::offer(std::string_view server) const {
  for (const auto& offer : offers_)
    if (offer->id == server) return offer.get();
  return nullptr;
}

}  // namespace gateway
