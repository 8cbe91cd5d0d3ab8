// A server with tools of every shape.
#include <mcp/server.h>

struct Add {
  mcp::Arg<std::int64_t, "First number"> a;
  mcp::Arg<std::int64_t, "Second number"> b = 0;
};

std::int64_t add(Add in) { return *in.a + *in.b; }

struct Place {
  mcp::Arg<std::string, "City", 1, 80> city;
  mcp::Arg<mcp::Choice<"celsius", "fahrenheit">, "Unit"> unit = "celsius";
};
struct Weather {
  double degrees;
  std::string sky;
};

mcp::Result<Weather> weather(Place in) {
  if (*in.city == "Atlantis") return mcp::Error(mcp::Code::not_found, "there is no weather in Atlantis: it is under water");
  return Weather{*in.unit == "celsius" ? 21.5 : 70.7, "clear"};
}

struct Words {
  mcp::Arg<std::vector<std::string>, "Words to join", 1, 100> words;
};

std::string join(Words in) {
  std::string out;
  for (const auto& word : *in.words) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

mcp::ToolResult picture() {
  mcp::ToolResult result = mcp::ToolResult::text("A red dot:");
  result.content.push_back(mcp::Image{R"(<svg xmlns="http://www.w3.org/2000/svg"><circle r="9" fill="red"/></svg>)", "image/svg+xml"});
  return result;
}

int main(int argc, char** argv) {
  mcp::Server server{"tools", "1.0"};
  server.tool("add", "Adds two numbers.", add, {.annotations = {.read_only = true}});
  server.tool("weather", "Says what the weather is.", weather, {.title = "Weather"});
  server.tool("join", "Joins words with spaces.", join);
  server.tool("picture", "Shows a picture.", picture);
  server.raw_tool({.name = "raw", .description = "Gives back its arguments.", .input_schema = R"({"type":"object"})"},
                  [](mcp::Json in) { return in.text(); });
  return mcp::run(server, argc, argv);
}
