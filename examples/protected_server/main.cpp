// A server whose callers sign in; each has notes of their own.
// protected_server --http HOST:PORT --issuer URL [--resource URL] [--dpop off|allowed|required] [--nonces]
#include <mcp/server.h>

#include <map>

struct Note {
  mcp::Arg<std::string, "What to remember", 1, 1000> text;
};

int main(int argc, char** argv) {
  std::map<std::string_view, std::string> given{{"--issuer", "http://127.0.0.1:4400"}, {"--resource", "http://127.0.0.1:8080/mcp"}};
  for (int i = 1; i < argc; ++i) given[argv[i]] = i + 1 < argc ? argv[i + 1] : "";
  mcp::Protection protection{.resource = given["--resource"], .issuers = {given["--issuer"]}, .scopes = {"notes:read"}};
  protection.includes = {{"notes:write", {"notes:read"}}};
  if (given["--dpop"] == "allowed") protection.dpop = mcp::Dpop::allowed;
  if (given["--dpop"] == "required") protection.dpop = mcp::Dpop::required;
  if (given.contains("--nonces")) protection.dpop_nonces = mcp::DpopNonces::required;

  mcp::Server server{"protected-server", "1.0"};
  server.protect(protection);

  // A subject is unique together with its issuer; here there is one issuer.
  std::map<std::string, std::vector<std::string>> notes;
  server.tool("whoami", "Says who is calling.",
              [](mcp::Call call) { return call.principal().subject + " with " + call.principal().client_id; });
  server.tool("notes", "Lists your notes.", [&notes](mcp::Call call) { return notes[call.principal().subject]; });
  server.tool("remember", "Adds a note.",
              [&notes](Note in, mcp::Call call) {
                auto& own = notes[call.principal().subject];
                if (own.size() < 100) own.push_back(*in.text);
                return own;
              },
              {.scopes = {"notes:write"}});
  return mcp::run(server, argc, argv);
}
