// A compiled schema: nodes that refer to each other by number, so that references and recursion cost nothing.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/json_schema/format.h"
#include "protocol/json_schema/json_schema.h"
#include "protocol/json_schema/number.h"
#include "protocol/json_schema/pattern.h"

namespace protocol::schema {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = UINT32_MAX;
using ResourceId = std::uint32_t;

// Types as bits; an integer is a number, too.
using Types = std::uint8_t;
inline constexpr Types kNull = 1, kBoolean = 2, kInteger = 4, kNumber = 8, kString = 16, kArray = 32, kObject = 64;

struct NumberRules {
  std::optional<Number> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;
};

struct StringRules {
  std::optional<std::uint64_t> min_length, max_length;
  std::optional<Pattern> pattern;
  const Format* format = nullptr;  // only where it is to be checked
};

struct ArrayRules {
  std::vector<NodeId> prefix;
  NodeId rest = kNoNode;  // of the items behind the prefix
  std::string_view rest_keyword = "items";
  NodeId contains = kNoNode;
  std::uint64_t min_contains = 1;
  std::optional<std::uint64_t> max_contains;
  bool contains_evaluates = true;  // what contains matched counts as evaluated: from 2020-12 on
  std::optional<std::uint64_t> min_items, max_items;
  bool unique = false;
  NodeId unevaluated = kNoNode;
};

// A member that the schema names.
struct KnownMember {
  std::string name;
  NodeId node = kNoNode;  // of `properties`
  bool required = false;
};

struct ObjectRules {
  std::vector<KnownMember> known;  // sorted by length, then bytes
  std::size_t required = 0;        // how many of them are
  std::vector<std::pair<Pattern, NodeId>> patterns;
  NodeId additional = kNoNode;
  NodeId names = kNoNode;
  std::optional<std::uint64_t> min_members, max_members;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  NodeId unevaluated = kNoNode;

  const KnownMember* find(std::string_view name) const;
};

// What other schemas say about the same value.
struct Logic {
  NodeId reference = kNoNode;
  std::string dynamic_anchor;  // when not empty, `reference` is only where the search of the dynamic scope falls back to
  bool dynamic = false;
  std::vector<NodeId> all, any, one;
  NodeId negated = kNoNode;
  NodeId condition = kNoNode, consequence = kNoNode, alternative = kNoNode;
  std::vector<std::pair<std::string, NodeId>> dependent;  // dependentSchemas
};

// One schema object, or boolean. The parts are there only where it has such keywords.
struct Node {
  ResourceId resource = 0;
  bool never = false;  // the schema `false`
  Types types = 0;     // 0: any
  std::optional<boost::json::value> constant;
  std::optional<boost::json::array> options;  // enum
  std::unique_ptr<NumberRules> number;
  std::unique_ptr<StringRules> string;
  std::unique_ptr<ArrayRules> array;
  std::unique_ptr<ObjectRules> object;
  std::unique_ptr<Logic> logic;

  bool has_unevaluated() const { return (array && array->unevaluated != kNoNode) || (object && object->unevaluated != kNoNode); }
};

struct Program {
  std::vector<Node> nodes;
  NodeId root = 0;
  // The dynamic anchors of each resource.
  std::vector<std::vector<std::pair<std::string, NodeId>>> dynamic_anchors;
  SchemaLimits limits;
};

// Compiles `text`. Errors: see JsonSchema::compile.
mcp::Result<std::shared_ptr<const Program>> compile(std::string_view text, const SchemaOptions& options);

// A node that must look at the same value again before it can say anything, or nothing. Loops that depend on the value are left to the
// limit on nesting.
std::optional<NodeId> find_loop(const Program& program);

// Validates, with a list of problems or without.
enum class Detail { verdict_only, problems };
SchemaVerdict evaluate(const Program& program, const boost::json::value& value, Detail detail);

}  // namespace protocol::schema
