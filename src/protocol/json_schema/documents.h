// The documents that a schema consists of: where its resources and anchors are, in which dialect, and where a reference leads.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mcp/result.h"
#include "protocol/json_schema/json_schema.h"
#include "protocol/json_schema/program.h"

namespace protocol::schema {

enum class Draft { draft_07, draft_2019, draft_2020 };

// How the keywords of a resource are to be read.
struct Dialect {
  Draft draft = Draft::draft_2020;
  bool validation = true;     // false where the vocabulary of a metaschema leaves the validation keywords out
  bool format_check = false;  // the vocabulary demands that formats are checked
};

// What stands at a place of a document that is a schema.
struct Place {
  ResourceId resource = 0;
  std::string pointer;  // from the root of its document, for messages
};

// A schema with an URI of its own, or the root of a document.
struct Resource {
  std::string uri;
  const boost::json::value* root = nullptr;
  Dialect dialect;
  std::map<std::string, const boost::json::value*, std::less<>> anchors;  // dynamic ones, too
  std::vector<std::pair<std::string, const boost::json::value*>> dynamic_anchors;
};

class Documents {
 public:
  explicit Documents(const SchemaOptions& options) : options_(options) {}

  // Reads the schema itself. Errors: as JsonSchema::compile.
  mcp::Result<const boost::json::value*> open(std::string_view text);

  // What a reference in `from` leads to. `anchor` is its fragment where that named a dynamic anchor, else empty.
  struct Target {
    const boost::json::value* schema = nullptr;
    std::string dynamic_anchor;
    bool dynamic = false;
  };
  mcp::Result<Target> find(std::string_view reference, ResourceId from);

  // The place of a schema that open() or find() has seen.
  const Place& place(const boost::json::value* schema) const { return places_.at(schema); }
  const Resource& resource(ResourceId id) const { return resources_[id]; }
  std::size_t resources() const { return resources_.size(); }

 private:
  // Finds resources and anchors in `schema` and below. `base` is the resource it lies in.
  mcp::Result<> index(const boost::json::value& schema, ResourceId base, const std::string& pointer);
  mcp::Result<> index_below(const boost::json::object& object, ResourceId base, const std::string& pointer);
  mcp::Result<ResourceId> identify(const boost::json::object& object, const boost::json::value& schema, ResourceId base,
                                   const std::string& pointer);
  mcp::Result<> add_anchors(const boost::json::object& object, const boost::json::value& schema, ResourceId in, const std::string& pointer);
  mcp::Result<> add_anchor(ResourceId in, std::string_view name, const boost::json::value& schema);
  mcp::Result<Dialect> dialect_of(const boost::json::object& object, const Dialect& otherwise, const std::string& pointer);
  mcp::Result<Dialect> known_dialect(std::string_view uri, int depth);
  mcp::Result<const boost::json::value*> open_document(std::string uri, std::string_view text);
  mcp::Result<Target> walk(ResourceId from, std::string_view pointer, std::string_view reference);
  const SchemaDocument* given(std::string_view uri) const;

  const SchemaOptions& options_;
  std::deque<boost::json::value> trees_;
  std::deque<Resource> resources_;
  std::map<std::string, ResourceId, std::less<>> by_uri_;
  std::unordered_map<const boost::json::value*, Place> places_;
};

// An error at a place of a schema.
mcp::Error schema_error(std::string_view pointer, std::string_view words);
// `pointer` with one more step, escaped.
std::string step(std::string_view pointer, std::string_view key);

}  // namespace protocol::schema
