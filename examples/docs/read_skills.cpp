// A client that lists the skills of a server, and loads one: read_skills URL [URI]
#include <mcp/client.h>
#include <mcp/skills.h>

#include <cstdio>

mcp::Task<void> list(mcp::Client& client) {
  for (const mcp::Skill& skill : co_await mcp::list_skills(client)) std::printf("%s\n  %s\n", skill.uri.c_str(), skill.description.c_str());
}

mcp::Task<void> load(mcp::Client& client, std::string uri) {
  mcp::Skill skill = co_await mcp::get_skill(client, uri);
  std::string text = co_await mcp::load_skill(client, skill);  // verified: size, digest, frontmatter
  std::printf("%s", text.c_str());
  std::string templates = skill.uri.substr(0, skill.uri.rfind('/')) + "/templates";
  for (const auto& file : co_await mcp::read_directory(client, templates)) {
    mcp::ResourceContents contents = co_await mcp::read_skill_file(client, skill, file.uri);
    std::printf("--- %s\n%s", file.name.c_str(), contents.text.c_str());
  }
}

mcp::Task<void> run(std::string url, std::string uri) {
  mcp::Client client = co_await mcp::Client::open_http(url);
  if (uri.empty())
    co_await list(client);
  else
    co_await load(client, uri);
  co_await client.close();
}

int main(int argc, char** argv) {
  auto done = mcp::block_on(run(argc > 1 ? argv[1] : "http://127.0.0.1:8811/mcp", argc > 2 ? argv[2] : ""));
  if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return done ? 0 : 1;
}
