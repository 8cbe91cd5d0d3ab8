#include "protocol/json_schema/documents.h"

#include <array>
#include <charconv>

#include "base/json.h"
#include "protocol/json_schema/uri.h"

namespace protocol::schema {

using boost::json::object;
using boost::json::value;
using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

// Where schemas stand inside of a schema.
enum class Shape { one, list, map, one_or_list, map_of_schemas_or_names };
struct Applicator {
  std::string_view keyword;
  Shape shape;
};
constexpr std::array<Applicator, 22> kApplicators = {{
    {"$defs", Shape::map},
    {"definitions", Shape::map},
    {"properties", Shape::map},
    {"patternProperties", Shape::map},
    {"dependentSchemas", Shape::map},
    {"dependencies", Shape::map_of_schemas_or_names},
    {"additionalProperties", Shape::one},
    {"unevaluatedProperties", Shape::one},
    {"propertyNames", Shape::one},
    {"items", Shape::one_or_list},
    {"prefixItems", Shape::list},
    {"additionalItems", Shape::one},
    {"unevaluatedItems", Shape::one},
    {"contains", Shape::one},
    {"contentSchema", Shape::one},
    {"allOf", Shape::list},
    {"anyOf", Shape::list},
    {"oneOf", Shape::list},
    {"not", Shape::one},
    {"if", Shape::one},
    {"then", Shape::one},
    {"else", Shape::one},
}};

std::string_view view(const boost::json::string& s) { return {s.data(), s.size()}; }
std::string_view view(boost::json::string_view s) { return {s.data(), s.size()}; }

bool plain_name(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9') || name.front() == '-' || name.front() == '.') return false;
  for (char c : name) {
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!good) return false;
  }
  return true;
}

std::string_view without_empty_fragment(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  return uri;
}

const value* string_at(const object& o, std::string_view key) {
  const value* v = o.if_contains(boost::json::string_view(key.data(), key.size()));
  return v && v->is_string() ? v : nullptr;
}

}  // namespace

Error schema_error(std::string_view pointer, std::string_view words) {
  std::string place(pointer.substr(0, 300));
  return {Code::invalid_argument, "schema" + (place.empty() ? std::string(" (root)") : " at " + place) + ": " + std::string(words)};
}

std::string step(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out += '/';
  for (char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

const SchemaDocument* Documents::given(std::string_view uri) const {
  for (const auto& document : options_.documents)
    if (without_empty_fragment(document.uri) == uri) return &document;
  return nullptr;
}

Result<const value*> Documents::open(std::string_view text) { return open_document("", text); }

Result<const value*> Documents::open_document(std::string uri, std::string_view text) {
  std::string name = uri.empty() ? "the schema" : "the schema document " + uri;
  if (text.size() > options_.limits.text_bytes)
    return Error(Code::too_large,
                 name + " has " + std::to_string(text.size()) + " bytes, the limit is " + std::to_string(options_.limits.text_bytes));
  auto tree = base::parse_json(text);
  if (!tree) return std::move(tree).error().in(name);
  const value& root = trees_.emplace_back(*std::move(tree));
  Resource resource;
  resource.uri = uri;
  resource.root = &root;
  if (!options_.dialect.empty()) {
    auto dialect = known_dialect(options_.dialect, 0);
    if (!dialect) return std::move(dialect).error();
    resource.dialect = *dialect;
  }
  auto id = static_cast<ResourceId>(resources_.size());
  resources_.push_back(std::move(resource));
  by_uri_.emplace(std::move(uri), id);
  if (Result<> done = index(root, id, ""); !done) return std::move(done).error();
  return &root;
}

Result<Dialect> Documents::known_dialect(std::string_view uri, int depth) {
  uri = without_empty_fragment(uri);
  std::string_view bare = uri;
  for (std::string_view scheme : {"https://", "http://"})
    if (bare.starts_with(scheme)) bare.remove_prefix(scheme.size());
  Dialect dialect;
  if (bare == "json-schema.org/draft/2020-12/schema") return dialect;
  dialect.draft = Draft::draft_2019;
  if (bare == "json-schema.org/draft/2019-09/schema") return dialect;
  dialect.draft = Draft::draft_07;
  if (bare == "json-schema.org/draft-07/schema" || bare == "json-schema.org/draft-06/schema") return dialect;

  std::string shown(uri.substr(0, 200));
  const SchemaDocument* document = given(uri);
  if (!document || depth > 8)
    return Error(
        Code::invalid_argument,
        "$schema names '" + shown +
            "', which is not known here; known are 2020-12 (https://json-schema.org/draft/2020-12/schema), 2019-09, draft-07 and draft-06");
  auto tree = base::parse_json(document->text);
  if (!tree || !tree->is_object()) return Error(Code::invalid_argument, "the metaschema " + shown + " is not a JSON object");
  const object& meta = tree->get_object();
  const value* parent = string_at(meta, "$schema");
  if (!parent) return Error(Code::invalid_argument, "the metaschema " + shown + " has no $schema of its own");
  auto inherited = without_empty_fragment(view(parent->get_string())) == uri ? Result<Dialect>(Dialect{})
                                                                             : known_dialect(view(parent->get_string()), depth + 1);
  if (!inherited) return inherited;
  dialect = *inherited;
  const value* vocabulary = meta.if_contains("$vocabulary");
  if (!vocabulary || !vocabulary->is_object()) return dialect;
  dialect.validation = false;
  for (const auto& [name, needed] : vocabulary->get_object()) {
    std::string_view vocab = view(name);
    std::size_t slash = vocab.find("/vocab/");
    std::string_view last =
        slash == std::string_view::npos || vocab.find("json-schema.org") == std::string_view::npos ? "" : vocab.substr(slash + 7);
    if (last == "validation") dialect.validation = true;
    if (last == "format-assertion") dialect.format_check = true;
    if (last.empty() && needed.is_bool() && needed.get_bool())
      return Error(Code::invalid_argument, "the metaschema " + shown + " needs the vocabulary '" + std::string(vocab.substr(0, 200)) +
                                               "', which is not known here");
  }
  return dialect;
}

Result<Dialect> Documents::dialect_of(const object& o, const Dialect& otherwise, const std::string& pointer) {
  const value* named = o.if_contains("$schema");
  if (!named) return otherwise;
  if (!named->is_string()) return schema_error(pointer, "$schema must be a string");
  auto dialect = known_dialect(view(named->get_string()), 0);
  if (!dialect) return schema_error(pointer, dialect.error().message);
  return dialect;
}

Result<ResourceId> Documents::identify(const object& o, const value& schema, ResourceId base, const std::string& pointer) {
  bool root = resources_[base].root == &schema;
  auto dialect = root ? dialect_of(o, resources_[base].dialect, pointer) : Result<Dialect>(resources_[base].dialect);
  if (!dialect) return std::move(dialect).error();
  const value* id = o.if_contains("$id");
  if (!root && id) {  // a resource inside may speak another dialect
    dialect = dialect_of(o, *dialect, pointer);
    if (!dialect) return std::move(dialect).error();
  }
  if (root) resources_[base].dialect = *dialect;
  if (!id) return base;
  if (!id->is_string()) return schema_error(pointer, "$id must be a string");
  std::string_view text = view(id->get_string());
  if (dialect->draft == Draft::draft_07) {
    if (o.if_contains("$ref")) return base;
    if (text.starts_with('#')) {
      if (Result<> added = add_anchor(base, text.substr(1), schema); !added) return std::move(added).error();
      return base;
    }
  }
  if (!split_fragment(text).fragment.empty() && dialect->draft != Draft::draft_07)
    return schema_error(pointer, "$id must have no fragment; use $anchor for a name inside of the document");
  std::string uri = resolve_uri(resources_[base].uri, text);
  if (std::string_view name = split_fragment(text).fragment; !root && !name.empty() && uri == resources_[base].uri) {
    if (Result<> added = add_anchor(base, name, schema); !added) return std::move(added).error();
    return base;
  }
  if (root) {
    resources_[base].uri = uri;
    by_uri_.emplace(std::move(uri), base);
    return base;
  }
  Resource inner;
  inner.uri = uri;
  inner.root = &schema;
  inner.dialect = *dialect;
  auto number = static_cast<ResourceId>(resources_.size());
  if (!by_uri_.emplace(uri, number).second) return schema_error(pointer, "the $id '" + uri.substr(0, 200) + "' comes twice");
  resources_.push_back(std::move(inner));
  return number;
}

Result<> Documents::add_anchor(ResourceId in, std::string_view name, const value& schema) {
  auto [at, fresh] = resources_[in].anchors.emplace(std::string(name), &schema);
  if (!fresh && at->second != &schema)
    return Error(Code::invalid_argument, "schema: the anchor '" + std::string(name.substr(0, 200)) + "' comes twice in one resource");
  return {};
}

Result<> Documents::add_anchors(const object& o, const value& schema, ResourceId in, const std::string& pointer) {
  const Draft draft = resources_[in].dialect.draft;
  if (draft == Draft::draft_07) return {};
  for (std::string_view keyword : {"$anchor", "$dynamicAnchor"}) {
    const value* anchor = o.if_contains(boost::json::string_view(keyword.data(), keyword.size()));
    if (!anchor || (keyword == "$dynamicAnchor" && draft != Draft::draft_2020)) continue;
    if (!anchor->is_string() || !plain_name(view(anchor->get_string())))
      return schema_error(pointer, std::string(keyword) + " must be a name of letters, digits, _ - . that begins with a letter or _");
    std::string_view name = view(anchor->get_string());
    if (Result<> added = add_anchor(in, name, schema); !added) return added;
    if (keyword == "$dynamicAnchor") resources_[in].dynamic_anchors.emplace_back(std::string(name), &schema);
  }
  if (draft == Draft::draft_2019) {
    const value* recursive = o.if_contains("$recursiveAnchor");
    // It stands at the root of a resource, and is a dynamic anchor without a name.
    if (recursive && recursive->is_bool() && recursive->get_bool() && resources_[in].root == &schema)
      resources_[in].dynamic_anchors.emplace_back("", &schema);
  }
  return {};
}

Result<> Documents::index(const value& schema, ResourceId base, const std::string& pointer) {
  if (places_.contains(&schema)) return {};
  if (places_.size() >= options_.limits.subschemas)
    return Error(Code::too_large, "the schema has more than " + std::to_string(options_.limits.subschemas) + " subschemas");
  if (!schema.is_object()) {
    if (!schema.is_bool()) return schema_error(pointer, "a schema must be an object, true or false");
    places_.emplace(&schema, Place{base, pointer});
    return {};
  }
  const object& o = schema.get_object();
  auto in = identify(o, schema, base, pointer);
  if (!in) return std::move(in).error();
  places_.emplace(&schema, Place{*in, pointer});
  if (Result<> added = add_anchors(o, schema, *in, pointer); !added) return added;
  return index_below(o, *in, pointer);
}

Result<> Documents::index_below(const object& o, ResourceId base, const std::string& pointer) {
  auto one = [&](const value& schema, const std::string& at) { return index(schema, base, at); };
  for (const auto& [keyword, shape] : kApplicators) {
    const value* found = o.if_contains(boost::json::string_view(keyword.data(), keyword.size()));
    if (!found) continue;
    // Only what has the right shape is entered here; the compiler complains about the rest where the keyword counts.
    const std::string at = step(pointer, keyword);
    bool schema_like = found->is_object() || found->is_bool();
    if ((shape == Shape::one || shape == Shape::one_or_list) && schema_like) {
      if (Result<> done = one(*found, at); !done) return done;
    } else if ((shape == Shape::list || shape == Shape::one_or_list) && found->is_array()) {
      std::size_t i = 0;
      for (const auto& item : found->get_array()) {
        const std::string number = std::to_string(i++);
        if (!item.is_object() && !item.is_bool()) continue;
        if (Result<> done = one(item, step(at, number)); !done) return done;
      }
    } else if ((shape == Shape::map || shape == Shape::map_of_schemas_or_names) && found->is_object()) {
      for (const auto& member : found->get_object()) {
        if (!member.value().is_object() && !member.value().is_bool()) continue;
        if (Result<> done = one(member.value(), step(at, view(member.key()))); !done) return done;
      }
    }
  }
  return {};
}

Result<Documents::Target> Documents::find(std::string_view reference, ResourceId from) {
  std::string shown = "the reference '" + std::string(reference.substr(0, 200)) + "'";
  SplitUri parts = split_fragment(reference);
  std::string uri = resolve_uri(resources_[from].uri, parts.document);
  ResourceId in = from;
  if (parts.document.empty()) {
    // This resource itself, whether it has an URI or not.
  } else if (auto known = by_uri_.find(uri); known != by_uri_.end()) {
    in = known->second;
  } else {
    const SchemaDocument* document = given(uri);
    if (!document)
      return Error(Code::invalid_argument, shown + " leads outside of the schema (to '" + uri.substr(0, 200) +
                                               "'), and nothing is fetched; put what it names into $defs");
    auto opened = open_document(uri, document->text);
    if (!opened) return std::move(opened).error();
    in = by_uri_.at(uri);
  }
  std::string fragment = percent_decoded(parts.fragment);
  if (fragment.empty() || fragment.front() == '/') return walk(in, fragment, reference);
  const Resource& resource = resources_[in];
  auto anchor = resource.anchors.find(fragment);
  if (anchor == resource.anchors.end()) return Error(Code::invalid_argument, shown + " leads nowhere: there is no such $anchor");
  Target target{anchor->second, "", false};
  for (const auto& [name, schema] : resource.dynamic_anchors) {
    if (name != fragment) continue;
    target.dynamic_anchor = name;
    target.dynamic = true;
  }
  return target;
}

Result<Documents::Target> Documents::walk(ResourceId from, std::string_view pointer, std::string_view reference) {
  const value* at = resources_[from].root;
  ResourceId in = from;
  auto nowhere = [&] {
    return Error(Code::invalid_argument, "the reference '" + std::string(reference.substr(0, 200)) + "' leads nowhere");
  };
  std::string place = places_.contains(at) ? places_.at(at).pointer : std::string();
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    std::size_t slash = pointer.find('/');
    std::string key;
    std::string_view raw = pointer.substr(0, slash);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '~' && i + 1 < raw.size() && (raw[i + 1] == '0' || raw[i + 1] == '1'))
        key += raw[++i] == '0' ? '~' : '/';
      else
        key += raw[i];
    }
    place = step(place, key);
    if (const auto* o = at->if_object()) {
      at = o->if_contains(key);
    } else if (const auto* a = at->if_array()) {
      std::size_t index = 0;
      auto [end, ec] = std::from_chars(key.data(), key.data() + key.size(), index);
      if (ec != std::errc() || end != key.data() + key.size() || index >= a->size()) return nowhere();
      at = &(*a)[index];
    } else {
      return nowhere();
    }
    if (!at) return nowhere();
    if (auto found = places_.find(at); found != places_.end()) in = found->second.resource;
    pointer = slash == std::string_view::npos ? std::string_view() : pointer.substr(slash);
  }
  if (Result<> done = index(*at, in, place); !done) return std::move(done).error();
  return Target{at, "", false};
}

}  // namespace protocol::schema
