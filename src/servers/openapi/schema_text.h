// Schemas of OpenAPI 3.0 and 3.1 as JSON Schema 2020-12, cut to what a model needs.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "servers/openapi/document.h"

namespace servers::openapi {

// Writes the schemas of one tool. Referenced schemas go to $defs, each once, so that ones that contain themselves are fine too.
// What would make the tool's schema larger than `most_bytes` becomes a schema that admits anything.
class SchemaText {
 public:
  SchemaText(const Document& document, std::size_t most_bytes) : document_(document), most_bytes_(most_bytes) {}

  // `schema` as text. References lead to `#/$defs/…`.
  std::string convert(JsonView schema);
  // The members of $defs that the schemas so far need, as a JSON object; empty when there are none. Call when all are converted.
  std::string definitions();
  // What was left out and why, or empty.
  const std::string& problem() const { return problem_; }

 private:
  struct Writing {
    mcp::JsonWriter out;
    int depth = 0;
  };
  void write(JsonView schema, Writing& to);
  void write_object(JsonView schema, Writing& to);
  void write_reference(JsonView schema, std::string_view reference, Writing& to);
  void write_type(JsonView schema, Writing& to);
  void write_enum(JsonView schema, Writing& to);
  void write_limits(JsonView schema, Writing& to);
  void write_properties(JsonView schema, Writing& to);
  void write_combined(JsonView schema, Writing& to);
  void write_annotations(JsonView schema, Writing& to);
  bool read_only(JsonView schema) const;
  std::string name_of(std::string_view reference);

  const Document& document_;
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::map<std::string, std::string, std::less<>> names_;  // reference → name in $defs
  std::set<std::string, std::less<>> taken_;
  std::deque<std::string> waiting_;  // references whose schema is not written yet
  std::string problem_;
};

// The first sentence or line of a description, as one line of at most `most` bytes.
std::string short_description(std::string_view text, std::size_t most);

}  // namespace servers::openapi
