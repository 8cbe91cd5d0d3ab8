// A server that suggests what may be typed.
#include <mcp/server.h>

#include <map>

struct Flight {
  mcp::Arg<std::string, "Country"> country;
  mcp::Arg<std::string, "City"> city;
};

const std::map<std::string, std::vector<std::string>> kCities = {
    {"France", {"Paris", "Pau", "Lyon"}},
    {"Italy", {"Parma", "Rome"}},
};

mcp::Completion countries(mcp::CompletionRequest typed) {
  mcp::Completion found;
  for (const auto& [country, cities] : kCities)
    if (country.starts_with(typed.value)) found.values.push_back(country);
  return found;
}

// What was filled in before narrows the choice.
mcp::Completion cities(mcp::CompletionRequest typed) {
  mcp::Completion found;
  for (const auto& [country, cities] : kCities) {
    if (typed.context.contains("country") && typed.context["country"] != country) continue;
    for (const auto& city : cities)
      if (city.starts_with(typed.value)) found.values.push_back(city);
  }
  return found;
}

int main(int argc, char** argv) {
  mcp::Server server{"completion", "1.0"};
  server.prompt("fly", "Plans a flight.", [](Flight in) { return "Plan a flight to " + *in.city + " in " + *in.country + "."; });
  server.complete_prompt("fly", "country", countries);
  server.complete_prompt("fly", "city", cities);
  server.resource_template("weather://{country}/{city}", {.name = "weather"},
                           [](mcp::TemplateMatch match) { return "Sunny in " + match.values["city"]; });
  server.complete_template("weather://{country}/{city}", "country", countries);
  server.complete_template("weather://{country}/{city}", "city", cities);
  return mcp::run(server, argc, argv);
}
