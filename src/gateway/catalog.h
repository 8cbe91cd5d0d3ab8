// What upstreams offer, as immutable pictures: of one server under its own names, and of all together.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
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

// Definitions of one kind, as an upstream listed them. Equal lists of several audiences are one in memory.
struct OfferedList {
  std::vector<Definition> items;
  std::string extra;  // the other members of a result that was one page, each as `,"key":value`

  bool same(const OfferedList& other) const;
};

// What one upstream said to one audience when it was last asked.
struct ServerCatalog {
  std::string id;
  std::string info;                                                     // Implementation object, JSON text, or empty
  std::string capabilities;                                             // ServerCapabilities object, JSON text
  std::string instructions;                                             // plain
  std::array<std::shared_ptr<const OfferedList>, kKinds.size()> lists;  // null: not known

  const std::vector<Definition>& list(DefinitionKind kind) const;
  std::shared_ptr<const OfferedList>& at(DefinitionKind kind) { return lists[static_cast<std::size_t>(kind)]; }
  const std::shared_ptr<const OfferedList>& at(DefinitionKind kind) const { return lists[static_cast<std::size_t>(kind)]; }

  // As the store keeps it. Equal offers have equal texts.
  std::string encode() const;
  // Errors: invalid_argument (not what encode() writes).
  static mcp::Result<ServerCatalog> decode(std::string id, const std::string& text);
};

// One definition as callers see it.
struct Entry {
  const ServerCatalog* server = nullptr;
  const Definition* definition = nullptr;
  std::string name;               // in /mcp/s/<server>: the upstream's, or what the config renamed it to; of resources the URI
  std::string public_name;        // in this catalog
  protocol::ToolHeaders headers;  // arguments of a tool that HTTP repeats in headers

  // What the upstream itself calls it.
  const std::string& real() const { return definition->key; }
};

// A list result that is ready to send.
struct ListText {
  std::string text;
  bool bare = true;                                        // see sdk::Reply
  std::vector<std::pair<std::size_t, std::size_t>> items;  // where each entry stands in it: offset and size
};

// A resource where it is: what its server calls it.
struct Located {
  const Entry* entry = nullptr;
  std::string uri;
};

// Immutable, and shared by all who see the same.
class Catalog {
 public:
  // One server under its own names, as the config changes them. `config` may be null.
  static std::shared_ptr<const Catalog> of_server(const ServerConfig* config, std::shared_ptr<const ServerCatalog> offer);
  // All servers under public names, in this order. A URI that an earlier server has too is prefixed (uris.h).
  static std::shared_ptr<const Catalog> merge(std::vector<std::shared_ptr<const Catalog>> servers, std::size_t name_limit);

  // `from` without what the two refuse: entries, and what servers say of themselves. `from` itself where they refuse nothing. Names stay.
  using Keep = std::function<bool(const Entry&)>;
  using KeepServer = std::function<bool(std::string_view server)>;
  static std::shared_ptr<const Catalog> filtered(const std::shared_ptr<const Catalog>& from, const Keep& keep,
                                                 const KeepServer& keep_server);

  // By the name that this catalog gives it, or for a resource by URI: the exact one, else the first template that can produce it. Null
  // when there is none.
  const Entry* find(DefinitionKind kind, std::string_view name) const;
  // The same for a resource, with the URI that its server knows.
  std::optional<Located> place(std::string_view uri) const;
  // What this catalog calls the resource of `server`: the way back.
  std::string public_uri(std::string_view server, std::string_view uri) const;

  // Whether public_uri() may give another URI for one of this server.
  bool renames_uris_of(std::string_view server) const;
  // The server that alone has resources; empty when there are none, or several.
  std::string only_server_with_resources() const;

  // The list result, ready to send.
  const std::string& list(DefinitionKind kind) const { return text(kind)->text; }
  const std::shared_ptr<const ListText>& text(DefinitionKind kind) const { return texts_[static_cast<std::size_t>(kind)]; }

  // In the order of the list.
  std::span<const Entry> entries(DefinitionKind kind) const { return entries_[static_cast<std::size_t>(kind)]; }
  std::span<const std::shared_ptr<const ServerCatalog>> offers() const { return offers_; }
  const ServerCatalog* offer(std::string_view server) const;
  // Of a merged one: what it was made of.
  std::span<const std::shared_ptr<const Catalog>> servers() const { return servers_; }
  // What was left out and why, for the log: names that come twice, tools that no HTTP client could call.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  using Index = std::unordered_map<std::string_view, const Entry*>;

  void add(const ServerConfig* config, DefinitionKind kind);
  void merge_kind(DefinitionKind kind, std::size_t name_limit);
  std::string merged_text(const Catalog& from, std::size_t index, const Entry& entry) const;
  void index(DefinitionKind kind);

  std::shared_ptr<const Catalog> whole_;  // of a filtered one: what it was
  std::vector<std::shared_ptr<const ServerCatalog>> offers_;
  std::vector<std::shared_ptr<const Catalog>> servers_;  // of a merged one
  std::array<std::vector<Entry>, kKinds.size()> entries_;
  std::array<Index, kKinds.size()> by_name_;
  std::array<std::shared_ptr<const ListText>, kKinds.size()> texts_;
  // URIs and templates that had to be prefixed: by server and real one.
  std::map<std::pair<std::string, std::string>, std::string> prefixed_;
  std::vector<std::string> left_out_;
};

// True for a tool in no list that the config neither hides nor calls otherwise.
bool passes_unlisted(const ServerConfig& config, std::string_view tool);

}  // namespace gateway
