// A server with prompts: texts that a user picks, filled in.
#include <mcp/server.h>

struct Review {
  mcp::Arg<std::string, "The code"> code;
  mcp::Arg<mcp::Choice<"bugs", "style">, "What to look for"> focus = "bugs";
};
struct Letter {
  mcp::Arg<std::string, "Whom it is to"> to;
  mcp::Arg<std::optional<std::string>, "What it is about"> about;
};

std::string review(Review in) { return "Look for " + std::string(in.focus->text()) + " in this code:\n\n" + *in.code; }

// Several messages, with more than text.
mcp::PromptResult letter(Letter in) {
  mcp::PromptResult result;
  result.description = "A letter to " + *in.to;
  result.messages.push_back({.content = mcp::Text{"Write a letter to " + *in.to + "."}});
  if (*in.about) result.messages.push_back({.content = mcp::Text{"It is about " + **in.about + "."}});
  result.messages.push_back({.role = mcp::PromptMessage::Role::assistant, .content = mcp::Text{"In which tone?"}});
  result.messages.push_back({.content = mcp::ResourceLink{.uri = "style:house", .name = "how we write"}});
  return result;
}

int main(int argc, char** argv) {
  mcp::Server server{"prompts", "1.0"};
  server.prompt("review", "Reviews code.", review, "Review code");
  server.prompt("letter", "Writes a letter.", letter);
  server.resource("style:house", {.name = "how we write", .mime_type = "text/markdown"}, [] { return std::string("Short sentences."); });
  return mcp::run(server, argc, argv);
}
