// A server whose tools bring their own JSON Schemas.
#include <mcp/server.h>

constexpr const char* kBooking = R"({
  "type": "object",
  "properties": {
    "room": {"type": "string", "pattern": "^[A-Z][0-9]{3}$"},
    "hours": {"type": "number", "minimum": 0.5, "maximum": 8, "multipleOf": 0.5},
    "guests": {"type": "array", "items": {"$ref": "#/$defs/guest"}, "uniqueItems": true},
    "invoice": {"oneOf": [{"const": "none"}, {"type": "object", "required": ["company"]}]}
  },
  "required": ["room", "hours"],
  "additionalProperties": false,
  "$defs": {"guest": {"type": "string", "minLength": 1}}
})";

constexpr const char* kBooked = R"({
  "type": "object",
  "properties": {"room": {"type": "string"}, "price": {"type": "integer", "minimum": 0}},
  "required": ["room", "price"]
})";

// The arguments have kept the schema, so that nothing needs to be checked here.
mcp::ToolResult book(mcp::Json in) {
  double hours = in["hours"].number().value_or(0);
  mcp::JsonWriter out;
  out.object().field("room", in["room"].string_or("")).field("price", static_cast<std::int64_t>(hours * 20)).end();
  return {.content = {}, .structured = out.text()};
}

int main(int argc, char** argv) {
  mcp::Server server{"own_schemas", "1.0"};
  server.raw_tool({.name = "book", .description = "Books a room.", .input_schema = kBooking, .output_schema = kBooked}, book);
  server.raw_tool({.name = "primes",
                   .description = "The first primes.",
                   .input_schema = R"({"type": "object"})",
                   .output_schema = R"({"type": "array", "items": {"type": "integer", "minimum": 2}})"},
                  [] { return mcp::ToolResult{.content = {}, .structured = "[2,3,5,7,11]"}; });
  return mcp::run(server, argc, argv);
}
