// An OpenAPI description as it was written: read, its version known, its references followed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mcp/json.h"
#include "mcp/result.h"

namespace servers::openapi {

using mcp::Code;
using mcp::Error;
using mcp::JsonView;
using mcp::Result;

inline constexpr std::size_t kLargestDocument = 32UL * 1024 * 1024;

// Owns: the tree; views of it live as long as this.
class Document {
 public:
  enum class Version { v3_0, v3_1 };

  // Reads JSON or YAML. Errors: invalid_argument (neither, too large, Swagger 2.0, no OpenAPI description), saying what to do.
  static Result<Document> parse(std::string_view text);

  JsonView root() const { return json_.root(); }
  Version version() const { return version_; }

  // `value`, or where its $ref leads, through up to 32 steps. Errors: invalid_argument (leads out of the file, to nothing, or round in
  // circles), naming the reference.
  Result<JsonView> resolve(JsonView value) const;
  // The place that `#/…` names. Errors: as resolve().
  Result<JsonView> find(std::string_view reference) const;

 private:
  Document(mcp::Json json, Version version) : json_(std::move(json)), version_(version) {}

  mcp::Json json_;
  Version version_;
};

}  // namespace servers::openapi
