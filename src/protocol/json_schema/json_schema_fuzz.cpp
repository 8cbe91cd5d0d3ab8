// Any schema against any value: what compiles gives the same answer with and without a list of problems, and ends.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.h"
#include "protocol/json_schema/json_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace protocol;
  // The first line is the schema, the rest is the value.
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t line = text.find('\n');
  SchemaOptions options;
  options.limits.steps = 20'000;
  options.limits.text_bytes = 64 * 1024;
  options.limits.subschemas = 1'000;
  options.limits.patterns = 20;
  options.limits.pattern_instructions = 5'000;
  if (size > 0 && (data[0] & 1) != 0) options.formats = FormatUse::check;
  auto schema = JsonSchema::compile(text.substr(0, line), options);
  if (!schema && schema.error().message.empty()) std::abort();
  auto value = base::parse_json(line == std::string_view::npos ? "{\"a\":[1,\"b\"]}" : text.substr(line + 1));
  if (!schema || !value) return 0;
  SchemaVerdict verdict = schema->validate(*value);
  if (verdict.valid() != schema->accepts(*value)) std::abort();
  if (!verdict.valid() && verdict.text("it").empty()) std::abort();
  return 0;
}
