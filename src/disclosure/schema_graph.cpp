#include "disclosure/schema_graph.h"

#include <array>

#include "protocol/json_schema/uri.h"

namespace disclosure {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::size_t kSmallEnum = 4;

std::string_view text_of(const object& schema, std::string_view key) {
  const value* member = schema.if_contains(key);
  const boost::json::string* text = member ? member->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

bool has_reference(const object& schema) {
  return schema.contains("$ref") || schema.contains("$dynamicRef") || schema.contains("$recursiveRef");
}

// Calls with every subschema of a schema that a type can be made of.
template <class F>
void each_subschema(const object& schema, F&& call) {
  for (std::string_view key : {"properties", "patternProperties"}) {
    const value* map = schema.if_contains(key);
    if (!map || !map->is_object()) continue;
    for (const auto& member : map->get_object()) call(member.value());
  }
  for (std::string_view key : {"additionalProperties", "items", "additionalItems"})
    if (const value* one = schema.if_contains(key); one && !one->is_array()) call(*one);
  for (std::string_view key : {"prefixItems", "items", "allOf", "anyOf", "oneOf"}) {
    const value* list = schema.if_contains(key);
    if (!list || !list->is_array()) continue;
    for (const value& one : list->get_array()) call(one);
  }
}

bool is_small(const value& target) {
  const object* schema = target.if_object();
  if (!schema) return true;
  for (std::string_view key :
       {"properties", "patternProperties", "additionalProperties", "items", "prefixItems", "allOf", "anyOf", "oneOf", "const"})
    if (schema->contains(key)) return false;
  const value* options = schema->if_contains("enum");
  return !has_reference(*schema) && (!options || (options->is_array() && options->get_array().size() <= kSmallEnum));
}

}  // namespace

SchemaGraph::SchemaGraph(const value& root, std::size_t most) {
  find_resources(root);
  count_uses(root, most);
  find_circles();
}

// Every object is taken for a schema here: an `$id` or `$anchor` in a default or in an enum can only make a reference lead there.
void SchemaGraph::find_resources(const value& root) {
  resources_.push_back({.root = &root, .uri = "", .anchors = {}});
  std::vector<std::pair<const value*, std::size_t>> left{{&root, 0}};
  while (!left.empty()) {
    auto [at, in] = left.back();
    left.pop_back();
    if (const auto* list = at->if_array())
      for (const value& one : *list) left.emplace_back(&one, in);
    const object* schema = at->if_object();
    if (!schema) continue;
    in = enter(*at, *schema, in);
    if (has_reference(*schema)) home_.emplace(schema, in);
    for (const auto& member : *schema) left.emplace_back(&member.value(), in);
  }
}

std::size_t SchemaGraph::enter(const value& value, const object& object, std::size_t in) {
  if (std::string_view id = text_of(object, "$id"); !id.empty()) {
    protocol::schema::SplitUri parts = protocol::schema::split_fragment(id);
    if (!parts.document.empty()) {
      std::string uri = protocol::schema::resolve_uri(resources_[in].uri, parts.document);
      if (&value == resources_[0].root) {
        resources_[0].uri = uri;
        by_uri_.emplace(std::move(uri), 0);
      } else {
        in = resources_.size();
        by_uri_.emplace(uri, in);
        resources_.push_back({.root = &value, .uri = std::move(uri), .anchors = {}});
      }
    }
    // Older dialects name an anchor so.
    if (!parts.fragment.empty()) resources_[in].anchors.emplace(parts.fragment, &value);
  }
  for (std::string_view key : {"$anchor", "$dynamicAnchor"})
    if (std::string_view name = text_of(object, key); !name.empty()) resources_[in].anchors.emplace(name, &value);
  return in;
}

const value* SchemaGraph::target(const object& schema) const {
  std::string_view reference;
  for (std::string_view key : {"$ref", "$dynamicRef", "$recursiveRef"})
    if (reference.empty()) reference = text_of(schema, key);
  auto home = home_.find(&schema);
  if (reference.empty() || home == home_.end()) return nullptr;
  protocol::schema::SplitUri parts = protocol::schema::split_fragment(reference);
  const Resource* in = &resources_[home->second];
  if (!parts.document.empty()) {
    auto found = by_uri_.find(protocol::schema::resolve_uri(in->uri, parts.document));
    if (found == by_uri_.end()) return nullptr;
    in = &resources_[found->second];
  }
  std::string fragment = protocol::schema::percent_decoded(parts.fragment);
  if (fragment.empty()) return in->root;
  if (fragment.front() != '/') {
    auto anchor = in->anchors.find(fragment);
    return anchor == in->anchors.end() ? nullptr : anchor->second;
  }
  boost::json::error_code wrong;
  const value* found = in->root->find_pointer(fragment, wrong);
  return found && (found->is_object() || found->is_bool()) ? found : nullptr;
}

void SchemaGraph::count_uses(const value& root, std::size_t most) {
  std::vector<const value*> left{&root};
  while (!left.empty()) {
    const value* at = left.back();
    left.pop_back();
    if (++uses_[at] > 1) continue;
    const object* schema = at->if_object();
    if (!schema) continue;
    if (seen_.size() >= most) {
      whole_ = false;
      uses_.erase(at);
      continue;
    }
    seen_.push_back(schema);
    if (const value* to = target(*schema)) left.push_back(to);
    each_subschema(*schema, [&](const value& one) { left.push_back(&one); });
  }
}

bool SchemaGraph::wants_name(const value& target) const {
  auto found = uses_.find(&target);
  return found != uses_.end() && found->second > 1 && !is_small(target);
}

std::vector<const value*> SchemaGraph::same_value(const object& schema) const {
  std::vector<const value*> out;
  if (const value* to = target(schema)) out.push_back(to);
  for (std::string_view key : {"allOf", "anyOf", "oneOf"}) {
    const value* list = schema.if_contains(key);
    if (!list || !list->is_array()) continue;
    for (const value& one : list->get_array()) out.push_back(&one);
  }
  return out;
}

void SchemaGraph::find_circles() {
  struct Step {
    const object* schema;
    std::vector<const value*> next;
    std::size_t at = 0;
  };
  std::unordered_map<const object*, Colour> colours;
  std::vector<Step> way;
  for (const object* begin : seen_) {
    if (colours[begin] != Colour::white) continue;
    colours[begin] = Colour::grey;
    way.push_back({.schema = begin, .next = same_value(*begin)});
    while (!way.empty()) {
      Step& step = way.back();
      if (step.at == step.next.size()) {
        colours[step.schema] = Colour::black;
        way.pop_back();
        continue;
      }
      const value* to = step.next[step.at++];
      const object* next = to->if_object();
      if (!next) continue;
      Colour& colour = colours[next];
      if (colour == Colour::grey) circles_.emplace(step.schema, to);
      if (colour != Colour::white) continue;
      colour = Colour::grey;
      way.push_back({.schema = next, .next = same_value(*next)});
    }
  }
}

}  // namespace disclosure
