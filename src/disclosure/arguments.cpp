#include "disclosure/arguments.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "protocol/json_schema/json_schema.h"

namespace disclosure {
namespace {

protocol::SchemaOptions options() {
  protocol::SchemaOptions out;
  out.patterns = protocol::PatternUse::ignore;  // a call is not refused for a pattern that only the upstream can run
  out.limits.steps = 200'000;
  return out;
}

const char* kind_of(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return "null";
    case boost::json::kind::bool_: return "a boolean";
    case boost::json::kind::string: return "a string";
    case boost::json::kind::array: return "an array";
    case boost::json::kind::object: return "an object";
    default: return "a number";
  }
}

// Models like to send an object as its own text.
bool is_text_of_object(const boost::json::value& value) {
  const boost::json::string* text = value.if_string();
  return text && base::is_object(std::string_view(*text)) && base::validate_json(std::string_view(*text));
}

ArgumentVerdict wrong(std::string reason) {
  ArgumentVerdict out;
  out.mismatches.push_back({.pointer = "", .reason = std::move(reason)});
  return out;
}

}  // namespace

std::string ArgumentVerdict::text() const {
  std::string out;
  for (const Mismatch& one : mismatches) {
    if (!out.empty()) out += '\n';
    out += one.pointer.empty() ? "the whole of the arguments " : "argument ";
    if (!one.pointer.empty()) out += one.pointer + ' ';
    out += one.reason;
  }
  return out;
}

struct CompiledSchemas::Kept {
  std::string text;
  mcp::Result<protocol::JsonSchema> schema;
};

CompiledSchemas::CompiledSchemas(std::size_t most, std::size_t most_bytes)
    : most_(std::max<std::size_t>(most, 1)), most_bytes_(most_bytes) {}

CompiledSchemas::~CompiledSchemas() = default;

std::size_t CompiledSchemas::size() const { return order_.size(); }

const mcp::Result<protocol::JsonSchema>& CompiledSchemas::get(std::string_view schema) {
  if (auto found = by_text_.find(schema); found != by_text_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return found->second->schema;
  }
  order_.push_front({.text = std::string(schema), .schema = protocol::JsonSchema::compile(schema, options())});
  by_text_.emplace(order_.front().text, order_.begin());
  bytes_ += schema.size();
  while (order_.size() > most_ || (bytes_ > most_bytes_ && order_.size() > 1)) forget_oldest();
  return order_.front().schema;
}

void CompiledSchemas::forget_oldest() {
  bytes_ -= order_.back().text.size();
  by_text_.erase(order_.back().text);
  order_.pop_back();
}

ArgumentVerdict check_arguments(CompiledSchemas& schemas, std::string_view input_schema, std::string_view arguments) {
  auto value = base::parse_json(arguments.empty() ? "{}" : arguments);
  if (!value) return wrong("must be one JSON value: " + value.error().message);
  if (!value->is_object()) {
    std::string reason = std::string("must be an object, and is ") + kind_of(*value);
    if (is_text_of_object(*value)) reason += ": give the object itself, not its text";
    return wrong(std::move(reason));
  }
  ArgumentVerdict out;
  if (input_schema.empty()) return out;
  const auto& schema = schemas.get(input_schema);
  if (!schema) {
    out.unchecked = schema.error().message;
    return out;
  }
  protocol::SchemaVerdict verdict = schema->validate(*value);
  for (protocol::SchemaProblem& problem : verdict.problems)
    out.mismatches.push_back({.pointer = std::move(problem.pointer), .reason = std::move(problem.message)});
  if (verdict.gave_up && out.mismatches.empty()) return wrong("must be simpler: checking them against the schema took too many steps");
  return out;
}

ArgumentVerdict check_arguments(std::string_view input_schema, std::string_view arguments) {
  thread_local CompiledSchemas schemas;
  return check_arguments(schemas, input_schema, arguments);
}

}  // namespace disclosure
