#include "protocol/json_schema/json_schema.h"

#include "protocol/json_schema/program.h"

namespace protocol {

std::string SchemaVerdict::text(std::string_view what) const {
  if (gave_up) return gave_up->message;
  std::string out;
  for (const auto& problem : problems) {
    if (!out.empty()) out += "; ";
    out += what;
    if (!problem.pointer.empty()) out.append(" '").append(problem.pointer).append("'");
    out.append(" ").append(problem.message);
  }
  return out;
}

mcp::Result<JsonSchema> JsonSchema::compile(std::string_view text, const SchemaOptions& options) {
  auto program = schema::compile(text, options);
  if (!program) return std::move(program).error();
  return JsonSchema(*std::move(program));
}

SchemaVerdict JsonSchema::validate(const boost::json::value& value) const {
  // Most values are valid, and for those nobody needs to know where one is.
  SchemaVerdict quick = schema::evaluate(*program_, value, schema::Detail::verdict_only);
  return quick.valid() || quick.gave_up ? quick : schema::evaluate(*program_, value, schema::Detail::problems);
}

bool JsonSchema::accepts(const boost::json::value& value) const {
  return schema::evaluate(*program_, value, schema::Detail::verdict_only).valid();
}

}  // namespace protocol
