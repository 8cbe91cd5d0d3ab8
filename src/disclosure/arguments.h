// Whether the arguments of a call fit the input schema of the tool, before anything is sent.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mcp/result.h"

namespace protocol {
class JsonSchema;
}

namespace disclosure {

// One thing that is wrong with the arguments.
struct Mismatch {
  std::string pointer;  // a JSON Pointer into the arguments; empty for the whole
  std::string reason;   // begins with a verb: `must be a string, and is a number`
};

// What came of a check.
struct ArgumentVerdict {
  std::vector<Mismatch> mismatches;  // at most eight, in the order of the arguments
  std::string unchecked;             // why nobody can tell, when the schema itself is broken: the upstream has to say then

  bool fits() const { return mismatches.empty(); }
  // All of it for the model, one line for each: `argument /limit must be at most 100`.
  std::string text() const;
};

// Schemas that were compiled, the least used of which is forgotten first. For one thread at a time.
class CompiledSchemas {
 public:
  // Keeps at most `most` schemas (one at least), and of their text at most `most_bytes`, but always the one that was asked for last.
  explicit CompiledSchemas(std::size_t most = 256, std::size_t most_bytes = 4 * 1024 * 1024);
  ~CompiledSchemas();
  CompiledSchemas(const CompiledSchemas&) = delete;
  CompiledSchemas& operator=(const CompiledSchemas&) = delete;

  // The compiled schema, or why it cannot be compiled; that is remembered, too. Good until the next get().
  const mcp::Result<protocol::JsonSchema>& get(std::string_view schema);
  std::size_t size() const;
  // The text of the schemas that are kept.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Kept;

  void forget_oldest();

  std::size_t most_;
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::list<Kept> order_;  // the last used first
  std::unordered_map<std::string_view, std::list<Kept>::iterator> by_text_;
};

// Checks `arguments`, the text of a JSON value or empty for none given, against the text of an input schema. A schema that is empty
// allows every object. Bounded in steps: arguments that cost too much to check are a mismatch. Patterns that take more than linear time are
// not checked. The one with `schemas` compiles each schema once; the other one keeps what it compiled for its thread.
ArgumentVerdict check_arguments(CompiledSchemas& schemas, std::string_view input_schema, std::string_view arguments);
ArgumentVerdict check_arguments(std::string_view input_schema, std::string_view arguments);

}  // namespace disclosure
