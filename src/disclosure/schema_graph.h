// A JSON Schema as a graph: where its references lead, what is used in more than one place, and what says nothing but itself.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace disclosure {

// Points into the schema, which must outlive this. Looks at no more than `most` subschemas; the others are unknown to it.
class SchemaGraph {
 public:
  SchemaGraph(const boost::json::value& root, std::size_t most);

  // The subschema that a schema with a reference ($ref, $dynamicRef, $recursiveRef) refers to; null where it has none or where that
  // leads nowhere or out of this schema.
  const boost::json::value* target(const boost::json::object& schema) const;
  // Whether a target has to have a name: it is used more than once (what refers to itself is), and not so small that it is said as
  // shortly as named.
  bool wants_name(const boost::json::value& target) const;
  // Whether going from one schema to another that stands for the same value (a target, a part of allOf, anyOf, oneOf) closes a circle.
  bool closes_circle(const boost::json::object& from, const boost::json::value& to) const { return circles_.contains({&from, &to}); }
  // Whether all of the schema was looked at.
  bool whole() const { return whole_; }

 private:
  struct Resource {
    const boost::json::value* root = nullptr;
    std::string uri;
    std::map<std::string, const boost::json::value*, std::less<>> anchors;
  };
  enum class Colour : std::uint8_t { white, grey, black };

  void find_resources(const boost::json::value& root);
  std::size_t enter(const boost::json::value& value, const boost::json::object& object, std::size_t in);
  void count_uses(const boost::json::value& root, std::size_t most);
  void find_circles();
  // What stands for the same value as the schema.
  std::vector<const boost::json::value*> same_value(const boost::json::object& schema) const;

  std::deque<Resource> resources_;
  std::map<std::string, std::size_t, std::less<>> by_uri_;
  std::unordered_map<const boost::json::object*, std::size_t> home_;  // of schemas with a reference: the resource they lie in
  std::unordered_map<const boost::json::value*, std::size_t> uses_;
  std::vector<const boost::json::object*> seen_;
  std::set<std::pair<const boost::json::object*, const boost::json::value*>> circles_;
  bool whole_ = true;
};

}  // namespace disclosure
