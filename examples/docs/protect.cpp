// A server whose callers sign in.
#include <mcp/server.h>

struct Page {
  mcp::Arg<std::string, "The page's name", 1, 200> name;
};

int main(int argc, char** argv) {
  mcp::Server server{"wiki", "1.0"};
  server.protect({.resource = "https://wiki.example.com/mcp",
                  .issuers = {"https://login.example.com"},
                  .scopes = {"wiki:read"},
                  .includes = {{"wiki:admin", {"wiki:read", "wiki:write"}}}});

  server.tool("whoami", "Says who is calling.", [](mcp::Call call) {
    const mcp::Principal& who = call.principal();
    return who.signed_in() ? who.subject + ", signed in at " + who.issuer + " with " + who.client_id
                           : std::string("you, on your own machine");
  });
  server.tool("delete_page", "Deletes a page.", [](Page in) { return "deleted " + *in.name; },
              {.annotations = {.destructive = true}, .scopes = {"wiki:write"}});
  return mcp::run(server, argc, argv);
}
