// A server whose tools have schemas of every kind.
#include <mcp/server.h>

struct Point {
  mcp::Arg<double, "Degrees north", -90.0, 90.0> lat;
  mcp::Arg<double, "Degrees east", -180.0, 180.0> lon;
};
struct Route {
  mcp::Arg<std::vector<Point>, "Where it leads along", 2, 50> points;
  mcp::Arg<mcp::Choice<"walk", "ride">, "How"> how = "walk";
  mcp::Arg<std::map<std::string, std::string>, "Labels"> labels = std::map<std::string, std::string>{};
  mcp::Arg<std::optional<std::string>, "A name for it"> name;
};
struct Summary {
  std::size_t points;
  std::string how;
  std::optional<std::string> name;
};

Summary measure(Route in) { return {in.points->size(), std::string(in.how->text()), *in.name}; }

// A field whose name is a word of C++, and one that takes any JSON.
struct Event {
  mcp::Arg<std::string, "What kind"> kind;
  mcp::Arg<mcp::Json, "Whatever belongs to it"> data;
  static constexpr auto fields = mcp::names("class", "data");
};

std::string record(Event in) { return *in.kind + ": " + in.data->text(); }

int main(int argc, char** argv) {
  mcp::Server server{"schemas", "1.0"};
  server.tool("measure", "Says how long a route is.", measure);
  server.tool("record", "Records an event.", record);

  // A schema of your own, JSON Schema 2020-12. The handler gets the arguments as they came.
  mcp::RawTool pick{.name = "pick", .description = "Picks a colour."};
  pick.input_schema = R"({
    "type": "object",
    "properties": {"colour": {"oneOf": [{"const": "red"}, {"type": "string", "pattern": "^#[0-9a-f]{6}$"}]}},
    "required": ["colour"]
  })";
  pick.output_schema = R"({"type": "object", "properties": {"picked": {"type": "string"}}, "required": ["picked"]})";
  server.raw_tool(std::move(pick), [](mcp::Json in) {
    mcp::ToolResult result;
    result.structured = "{\"picked\":" + in["colour"].text() + "}";
    return result;
  });
  return mcp::run(server, argc, argv);
}
