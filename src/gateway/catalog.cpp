#include "gateway/catalog.h"

#include <algorithm>
#include <set>

#include "base/glob.h"
#include "base/json.h"
#include "gateway/names.h"

namespace gateway {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::array<std::string_view, kKinds.size()> kListKeys = {"tools", "prompts", "resources", "resourceTemplates"};

const std::string kEmpty;

bool shown(const ServerConfig* config, std::string_view tool) {
  if (!config) return true;
  auto matches = [&](const std::string& pattern) { return base::glob_match(pattern, tool); };
  if (!config->include.empty() && std::none_of(config->include.begin(), config->include.end(), matches)) return false;
  return std::none_of(config->exclude.begin(), config->exclude.end(), matches);
}

const ServerConfig* find_config(const Config& config, std::string_view id) {
  for (const ServerConfig& server : config.servers)
    if (server.id == id) return &server;
  return nullptr;
}

bool addressed_by_uri(DefinitionKind kind) { return kind == DefinitionKind::resource || kind == DefinitionKind::resource_template; }

}  // namespace

std::string ServerCatalog::encode() const {
  std::string out = "{\"info\":" + (info.empty() ? "null" : info) + ",\"capabilities\":" + (capabilities.empty() ? "{}" : capabilities);
  out += ",\"instructions\":";
  base::append_json_string(out, instructions);
  for (DefinitionKind kind : kKinds) {
    out.append(",\"").append(kListKeys[static_cast<std::size_t>(kind)]).append("\":[");
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
    auto page = protocol::read_definitions(kind, text);
    if (!page) return Error(Code::invalid_argument, "a stored catalog is damaged: " + page.error().message);
    out.list(kind) = std::move(page->items);
  }
  return out;
}

std::shared_ptr<const Catalog> Catalog::make(const Config& config, std::vector<std::shared_ptr<const ServerCatalog>> offers) {
  auto catalog = std::make_shared<Catalog>();
  catalog->offers_ = std::move(offers);
  for (DefinitionKind kind : kKinds) {
    catalog->add(config, kind);
    catalog->index(kind);
  }
  return catalog;
}

void Catalog::add(const Config& config, DefinitionKind kind) {
  std::vector<Entry>& entries = entries_[static_cast<std::size_t>(kind)];
  std::vector<const ToolOverride*> overrides;
  for (const auto& offer : offers_) {
    const ServerConfig* server = find_config(config, offer->id);
    std::set<std::string, std::less<>> seen;
    for (const Definition& definition : offer->list(kind)) {
      if (kind == DefinitionKind::tool && !shown(server, definition.key)) continue;
      const ToolOverride* changed = nullptr;
      if (kind == DefinitionKind::tool && server) {
        auto found = server->tools.find(definition.key);
        if (found != server->tools.end()) changed = &found->second;
      }
      Entry entry;
      entry.server = offer.get();
      entry.definition = &definition;
      entry.name = changed && changed->rename ? *changed->rename : definition.key;
      if (definition.input_schema.find("x-mcp-header") != std::string::npos) {
        auto headers = protocol::tool_header_map(definition.input_schema);
        if (!headers) {
          left_out_.push_back(offer->id + " offers '" + entry.name + "' with marks that no client can follow: " + headers.error().message);
          continue;
        }
        entry.headers = *std::move(headers);
      }
      if (!seen.insert(entry.name).second) {
        left_out_.push_back(offer->id + " offers '" + entry.name + "' twice; the first one is used");
        continue;
      }
      entries.push_back(std::move(entry));
      overrides.push_back(changed);
    }
  }

  std::vector<RealName> real;
  for (const Entry& entry : entries) real.push_back({entry.server->id, entry.name});
  std::vector<std::string> names;
  if (!addressed_by_uri(kind)) names = public_names(real, config.name_limit);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Entry& entry = entries[i];
    if (addressed_by_uri(kind)) {
      entry.public_name = entry.name;
      entry.raw = entry.definition->raw;
      entry.public_raw = entry.raw;
      continue;
    }
    entry.public_name = std::move(names[i]);
    std::string description = overrides[i] && overrides[i]->description ? *overrides[i]->description : std::string();
    bool as_is = entry.name == entry.definition->key && description.empty();
    entry.raw = as_is ? entry.definition->raw : protocol::renamed(*entry.definition, entry.name, description);
    entry.public_raw = protocol::renamed(*entry.definition, entry.public_name, description);
  }
}

void Catalog::index(DefinitionKind kind) {
  auto at = static_cast<std::size_t>(kind);
  std::vector<std::string_view> all;
  std::map<std::string_view, std::vector<std::string_view>> of_server;
  for (const Entry& entry : entries_[at]) {
    if (by_public_name_[at].emplace(entry.public_name, &entry).second)
      all.push_back(entry.public_raw);
    else
      left_out_.push_back(entry.server->id + " offers '" + entry.public_name +
                          "', which another server offers too; in /mcp the first one is used");
    by_server_[entry.server->id][at].emplace(entry.name, &entry);
    of_server[entry.server->id].push_back(entry.raw);
  }
  lists_[at] = protocol::encode_definitions(kind, all, {});
  for (const auto& offer : offers_) server_lists_[offer->id][at] = protocol::encode_definitions(kind, of_server[offer->id], {});
}

const Entry* Catalog::find(DefinitionKind kind, std::string_view public_name) const {
  const Index& index = by_public_name_[static_cast<std::size_t>(kind)];
  if (auto found = index.find(public_name); found != index.end()) return found->second;
  if (kind != DefinitionKind::resource) return nullptr;
  for (const Entry& entry : entries(DefinitionKind::resource_template))
    if (template_matches(entry.definition->key, public_name)) return &entry;
  return nullptr;
}

const Entry* Catalog::find_in(std::string_view server, DefinitionKind kind, std::string_view name) const {
  auto of_server = by_server_.find(server);
  if (of_server == by_server_.end()) return nullptr;
  const Index& index = of_server->second[static_cast<std::size_t>(kind)];
  if (auto found = index.find(name); found != index.end()) return found->second;
  if (kind != DefinitionKind::resource) return nullptr;
  for (const Entry& entry : entries(DefinitionKind::resource_template))
    if (entry.server->id == server && template_matches(entry.definition->key, name)) return &entry;
  return nullptr;
}

const std::string& Catalog::list_of(std::string_view server, DefinitionKind kind) const {
  auto found = server_lists_.find(server);
  return found == server_lists_.end() ? kEmpty : found->second[static_cast<std::size_t>(kind)];
}

const ServerCatalog* Catalog::offer(std::string_view server) const {
  for (const auto& offer : offers_)
    if (offer->id == server) return offer.get();
  return nullptr;
}

bool template_matches(std::string_view uri_template, std::string_view uri) {
  std::size_t at = 0;
  bool after_gap = false;
  while (!uri_template.empty()) {
    std::size_t open = uri_template.find('{');
    std::string_view literal = uri_template.substr(0, open);
    bool last = open == std::string_view::npos;
    if (!after_gap) {
      if (!uri.substr(at).starts_with(literal)) return false;
      at += literal.size();
    } else if (last) {
      // What is left must end with the literal.
      return uri.size() - at >= literal.size() && uri.ends_with(literal);
    } else {
      std::size_t found = uri.find(literal, at);
      if (found == std::string_view::npos) return false;
      at = found + literal.size();
    }
    if (last) return at == uri.size();
    std::size_t close = uri_template.find('}', open);
    if (close == std::string_view::npos) return false;
    uri_template.remove_prefix(close + 1);
    after_gap = true;
  }
  return after_gap || at == uri.size();
}

}  // namespace gateway
