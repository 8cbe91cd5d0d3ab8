#include "fixture.h"

namespace {

struct TwoArguments {
  mcp::Arg<std::string, "First test argument"> arg1;
  mcp::Arg<std::string, "Second test argument"> arg2;
};
struct OfResource {
  mcp::Arg<std::string, "URI of the resource to embed"> resourceUri;
};

mcp::PromptResult messages(std::vector<mcp::Content> contents) {
  mcp::PromptResult result;
  for (auto& content : contents) result.messages.push_back({.content = std::move(content)});
  return result;
}

}  // namespace

void add_resources(mcp::Server& server) {
  server.resource("test://static-text", {.name = "Static text", .description = "A text that never changes", .mime_type = "text/plain"},
                  [] { return std::string("This is the content of the static text resource."); });
  server.resource("test://static-binary", {.name = "Static binary", .description = "An image that never changes", .mime_type = "image/png"},
                  [] {
                    mcp::ResourceContents contents;
                    contents.bytes = test_png();
                    return contents;
                  });
  server.resource("test://watched-resource", {.name = "Watched", .description = "A resource to subscribe to", .mime_type = "text/plain"},
                  [] { return std::string("This is the content of the watched resource."); });
  server.resource_template("test://template/{id}/data", {.name = "Template", .description = "Data by id", .mime_type = "application/json"},
                           [](mcp::TemplateMatch match) {
                             mcp::JsonWriter w;
                             w.object().field("id", match.values["id"]).field("templateTest", true);
                             w.field("data", "Data for ID: " + match.values["id"]).end();
                             return std::move(w).text();
                           });
  server.announces_resource_updates().announces_resource_changes();
}

void add_prompts(mcp::Server& server) {
  server.prompt("test_simple_prompt", "A prompt without arguments.", [] { return std::string("This is a simple prompt for testing."); });
  server.prompt("test_prompt_with_arguments", "A prompt with two arguments.",
                [](TwoArguments in) { return "Prompt with arguments: arg1='" + *in.arg1 + "', arg2='" + *in.arg2 + "'"; });
  server.prompt("test_prompt_with_embedded_resource", "A prompt that holds a resource.", [](OfResource in) {
    return messages(
        {mcp::EmbeddedResource{{.uri = *in.resourceUri, .mime_type = "text/plain", .text = "Embedded resource content for testing."}},
         mcp::Text{"Please process the embedded resource above."}});
  });
  server.prompt("test_prompt_with_image", "A prompt that holds an image.",
                [] { return messages({mcp::Image{test_png(), "image/png"}, mcp::Text{"Please analyze the image above."}}); });
  server.complete_prompt("test_prompt_with_arguments", "arg1", [](mcp::CompletionRequest request) {
    mcp::Completion completion;
    for (const char* word : {"paris", "park", "party", "london"})
      if (std::string_view(word).starts_with(request.value)) completion.values.emplace_back(word);
    return completion;
  });
}
