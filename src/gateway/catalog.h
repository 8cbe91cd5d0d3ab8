// What all upstreams offer, as one immutable picture.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/config.h"
#include "mcp/result.h"
#include "protocol/definitions.h"
#include "protocol/param_headers.h"

namespace gateway {

using protocol::Definition;
using protocol::DefinitionKind;

inline constexpr std::array kKinds = {DefinitionKind::tool, DefinitionKind::prompt, DefinitionKind::resource,
                                      DefinitionKind::resource_template};

// What one upstream said of itself when it was last asked.
struct ServerCatalog {
  std::string id;
  std::string info;          // Implementation object, JSON text, or empty
  std::string capabilities;  // ServerCapabilities object, JSON text
  std::string instructions;  // plain
  std::array<std::vector<Definition>, kKinds.size()> lists;

  std::vector<Definition>& list(DefinitionKind kind) { return lists[static_cast<std::size_t>(kind)]; }
  const std::vector<Definition>& list(DefinitionKind kind) const { return lists[static_cast<std::size_t>(kind)]; }

  // As the store keeps it. Equal offers have equal texts.
  std::string encode() const;
  // Errors: invalid_argument (not what encode() writes).
  static mcp::Result<ServerCatalog> decode(std::string id, const std::string& text);
};

// One definition as callers see it.
struct Entry {
  const ServerCatalog* server = nullptr;
  const Definition* definition = nullptr;
  std::string name;               // in /mcp/s/<server>: the upstream's, or what the config renamed it to
  std::string public_name;        // in /mcp; of resources and templates the URI
  std::string raw;                // the definition under `name`
  std::string public_raw;         // the definition under `public_name`
  protocol::ToolHeaders headers;  // arguments of a tool that HTTP repeats in headers

  // What the upstream itself calls it.
  const std::string& real() const { return definition->key; }
};

// An immutable snapshot; shared, and swapped whole when an upstream's offer changes.
class Catalog {
 public:
  // `offers` holds what is known now, one per server, in the order of the config; servers not asked yet are simply not in it.
  static std::shared_ptr<const Catalog> make(const Config& config, std::vector<std::shared_ptr<const ServerCatalog>> offers);

  // By public name, or for a resource by URI: the exact one, else the first template that can produce it. Null when there is none.
  const Entry* find(DefinitionKind kind, std::string_view public_name) const;
  // The same within one server, by its own names.
  const Entry* find_in(std::string_view server, DefinitionKind kind, std::string_view name) const;

  // The list result of the aggregate, ready to send.
  const std::string& list(DefinitionKind kind) const { return lists_[static_cast<std::size_t>(kind)]; }
  // The list result of one server alone, ready to send.
  const std::string& list_of(std::string_view server, DefinitionKind kind) const;

  std::span<const Entry> entries(DefinitionKind kind) const { return entries_[static_cast<std::size_t>(kind)]; }
  std::span<const std::shared_ptr<const ServerCatalog>> offers() const { return offers_; }
  const ServerCatalog* offer(std::string_view server) const;
  // What was left out and why, for the log: names that two share, tools that no HTTP client could call.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  using Index = std::unordered_map<std::string_view, const Entry*>;

  void add(const Config& config, DefinitionKind kind);
  void index(DefinitionKind kind);

  std::vector<std::shared_ptr<const ServerCatalog>> offers_;
  std::array<std::vector<Entry>, kKinds.size()> entries_;
  std::array<Index, kKinds.size()> by_public_name_;
  std::map<std::string, std::array<Index, kKinds.size()>, std::less<>> by_server_;
  std::array<std::string, kKinds.size()> lists_;
  std::map<std::string, std::array<std::string, kKinds.size()>, std::less<>> server_lists_;
  std::vector<std::string> left_out_;
};

// True when the URI template (RFC 6570) can produce `uri`, judged by its literal parts.
bool template_matches(std::string_view uri_template, std::string_view uri);

}  // namespace gateway
