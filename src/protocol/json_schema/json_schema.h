// JSON Schema: a schema compiled once, and values checked against it, in bounded time and without any network.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace protocol {

namespace schema {
struct Program;
}

// What a schema may cost. Both sides of a schema may be hostile: whoever wrote it, and whoever sends the value.
struct SchemaLimits {
  std::size_t text_bytes = 512 * 1024;         // of the schema, and of each further document
  std::size_t subschemas = 10'000;             // objects and booleans that are schemas, over all documents
  std::size_t patterns = 1'000;                // regular expressions that differ
  std::size_t pattern_instructions = 200'000;  // of all compiled patterns together
  std::size_t steps = 1'000'000;               // of one validation; a step is about one keyword on one value
  std::size_t nesting = 1'000;                 // subschemas inside each other while validating, references included
  std::size_t problems = 8;                    // that one validation lists
};

// What `format` does. JSON Schema makes it an annotation; a form wants it checked.
enum class FormatUse { annotate, check };

// What becomes of a `pattern` that a linear-time matcher cannot run (look-around, back references).
enum class PatternUse { refuse, ignore };

// A document that a `$ref` or `$schema` may name. Nothing is ever fetched: what is not given here is not there.
struct SchemaDocument {
  std::string uri;
  std::string text;
};

struct SchemaOptions {
  SchemaLimits limits = {};
  FormatUse formats = FormatUse::annotate;
  PatternUse patterns = PatternUse::refuse;
  std::vector<SchemaDocument> documents = {};
  // The dialect of a schema without `$schema`, as `$schema` would name it; empty for 2020-12 (MCP, "JSON Schema Usage").
  std::string dialect = {};
};

// One thing that is wrong with a value.
struct SchemaProblem {
  std::string pointer;  // where in the value: a JSON Pointer (RFC 6901), empty for the whole value
  std::string keyword;  // which keyword of the schema is broken
  std::string message;  // what the value there must be, in plain words; begins with a verb: `must be a string, and is a number`
};

// The outcome of one validation.
struct SchemaVerdict {
  std::vector<SchemaProblem> problems;  // in the order of the value; empty does not mean valid
  std::optional<mcp::Error> gave_up;    // too_large: the limit on steps or nesting was reached, so that nobody knows

  bool valid() const { return problems.empty() && !gave_up; }
  // All of it in one line for people and models; `what` names the value: `argument '/limit' must be at most 100`.
  std::string text(std::string_view what) const;
};

// A compiled JSON Schema of the dialect that its `$schema` names: 2020-12 (also when it names none), 2019-09, draft-07 or draft-06.
// Every keyword of 2020-12 is known; `format` as SchemaOptions says; content* are annotations (they are never checked).
// Numbers: integers of 64 bits are exact, also against fractions; `multipleOf` is exact for decimal fractions; 1.0 is an integer.
// Patterns are those of ECMA-262 with the flag u as far as RE2 can run them; they are matched in linear time.
// Owns: everything that it needs. Threads: any number may validate at the same time. Copies share the compiled schema.
class JsonSchema {
 public:
  // Errors: invalid_argument, with the place in the schema and what to do: not JSON, a keyword of the wrong type, a reference that
  // leads nowhere or to the network, a loop of references, a pattern that cannot be run, an unknown dialect; too_large: a limit.
  static mcp::Result<JsonSchema> compile(std::string_view text, const SchemaOptions& options = {});

  SchemaVerdict validate(const boost::json::value& value) const;
  // The same without the list of problems; a validation that gave up says false.
  bool accepts(const boost::json::value& value) const;

 private:
  explicit JsonSchema(std::shared_ptr<const schema::Program> program) : program_(std::move(program)) {}

  std::shared_ptr<const schema::Program> program_;
};

}  // namespace protocol
