// The shelf: resources that can be listed, read, completed and watched.
#include "shop.h"

namespace {

struct Delivery {
  mcp::Arg<std::string, "Name of the tea"> tea;
  mcp::Arg<int, "How much came, in grams", 1, 10000> grams;
};

std::string describe(const Tea& tea) {
  return tea.name + ", a " + tea.kind + " tea that tastes of " + tea.notes + ". " + std::to_string(tea.grams) + " g in stock.";
}

}  // namespace

void add_shelf(mcp::Server& server, Shelf& shelf) {
  server.resource("tea://shelf",
                  {.name = "shelf", .description = "All teas and how much of each there is", .mime_type = "application/json"}, [&shelf] {
                    std::map<std::string, int> grams;
                    for (const auto& [name, tea] : shelf) grams[name] = tea.grams;
                    return mcp::to_json(grams);
                  });
  server.resource_template("tea://tea/{name}", {.name = "tea", .description = "What a tea is like", .mime_type = "text/plain"},
                           [&shelf](mcp::TemplateMatch match) -> mcp::Result<std::string> {
                             auto tea = shelf.find(match.values["name"]);
                             if (tea == shelf.end()) return mcp::Error(mcp::Code::not_found, "there is no such tea");
                             return describe(tea->second);
                           });
  server.complete_template("tea://tea/{name}", "name", [&shelf](mcp::CompletionRequest request) {
    mcp::Completion names;
    for (const auto& [name, tea] : shelf)
      if (name.starts_with(request.value)) names.values.push_back(name);
    return names;
  });

  // Whoever watches tea://shelf or the tea hears that it changed.
  server.announces_resource_updates();
  server.tool("deliver", "Puts more of a tea on the shelf.", [&server, &shelf](Delivery in) -> mcp::Result<std::string> {
    auto tea = shelf.find(*in.tea);
    if (tea == shelf.end()) return mcp::Error(mcp::Code::not_found, "there is no " + *in.tea);
    tea->second.grams += *in.grams;
    server.notify_resource_updated("tea://shelf");
    server.notify_resource_updated("tea://tea/" + *in.tea);
    return describe(tea->second);
  });
}
