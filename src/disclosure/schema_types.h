// TypeScript types from the subschemas of one JSON Schema.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "disclosure/declaration.h"
#include "disclosure/schema_graph.h"

namespace disclosure {

// How tightly the parts of a type hold together: what decides about parentheses.
enum class Binding : std::uint8_t { tight, both, either };

struct TypeText {
  std::string text;
  Binding binding = Binding::tight;

  bool is(std::string_view other) const { return text == other; }
};

// Writes types within the limits. `schema` must outlive this; `taken` are the names of types that are in use, of other schemas, too.
class TypeWriter {
 public:
  // What named types are called: `<prefix>_<name>`, and `<prefix>_<root_name>` for the schema itself.
  struct Naming {
    std::string prefix;
    std::string root_name;
    std::set<std::string>* taken = nullptr;
  };
  TypeWriter(const boost::json::value& schema, const DeclarationLimits& limits, Naming naming);

  // The type of the whole schema; `indent` spaces are before the line that it ends in.
  TypeText root(std::size_t indent);
  // The documentation of the whole schema.
  std::string root_docs() const;
  // `type name = …;` for each type that the others refer to by name, indented by two.
  std::string named_types();
  // Whether something was left out because of a limit.
  bool cut() const { return cut_ || !graph_.whole(); }

 private:
  // Where a type is written.
  struct At {
    std::size_t indent;
    std::size_t depth;
  };
  enum class Index : std::uint8_t { none, open, typed };

  TypeText type(const boost::json::value& schema, At at);
  TypeText commented(const boost::json::value& schema, At at);
  TypeText own_type(const boost::json::object& schema, At at);
  TypeText reference(const boost::json::object& schema, const boost::json::value& target, At at);
  TypeText branches(const boost::json::object& schema, const boost::json::array& list, At at);
  TypeText one_of_types(std::string_view name, const boost::json::object& schema, At at);
  TypeText object(const boost::json::object& schema, At at);
  TypeText array(const boost::json::object& schema, At at);
  TypeText tuple(const boost::json::object& schema, const boost::json::array& items, const boost::json::value* rest, At at);
  TypeText literals(const boost::json::array& list);
  // The members that the schema names, each as a line or more; what is left out is counted in `left_out`.
  std::vector<std::string> members(const boost::json::object& schema, At at, std::size_t& left_out);
  std::string index_member(const boost::json::object& schema, bool has_members, At at);
  std::string docs_of(const boost::json::value& schema, std::string_view name, std::size_t most) const;

  bool spend(std::size_t bytes);

  const boost::json::value& schema_;
  const DeclarationLimits& limits_;
  Naming naming_;
  SchemaGraph graph_;
  std::map<const boost::json::value*, std::string> names_;
  std::deque<const boost::json::value*> unwritten_;
  std::size_t spent_ = 0;
  bool cut_ = false;
};

}  // namespace disclosure
