// Talk: prompts for the user to pick, and questions to the client's side.
#include "shop.h"

namespace {

struct Guest {
  mcp::Arg<std::string, "Who comes to tea"> guest;
  mcp::Arg<std::optional<std::string>, "What they like"> taste;
};
struct Taste {
  mcp::Arg<std::string, "What it should taste of"> taste;
};

}  // namespace

void add_talk(mcp::Server& server, Shelf& shelf) {
  server.prompt("choose_tea", "Helps to choose a tea for a guest.", [&shelf](Guest in) {
    std::string text = *in.guest + " comes to tea";
    if (*in.taste) text += " and likes " + **in.taste;
    text += ". Which of these shall I make?";
    for (const auto& [name, tea] : shelf) text += "\n- " + name + ": " + tea.notes;
    return text;
  });
  server.complete_prompt("choose_tea", "taste", [&shelf](mcp::CompletionRequest request) {
    mcp::Completion tastes;
    for (const auto& [name, tea] : shelf)
      if (tea.notes.starts_with(request.value)) tastes.values.push_back(tea.notes);
    return tastes;
  });

  server.tool("recommend", "Asks the client's model which tea fits a taste.", [](Taste in, mcp::Call call) {
    return mcp::ask_model(call, "which", "Sencha, darjeeling or rooibos for someone who likes " + *in.taste + "? One word.", 20);
  });
  server.tool("list_folders", "Says which folders the client opened to this server.",
              [](mcp::Call call) -> mcp::Result<std::vector<std::string>> {
                auto folders = mcp::ask_folders(call, "folders");
                if (!folders) return folders.error();
                std::vector<std::string> uris;
                for (const auto& folder : *folders) uris.push_back(folder.uri);
                return uris;
              });
}
