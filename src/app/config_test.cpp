#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "access/rules.h"
#include "app/config_identity.h"
#include "app/config_shared.h"

namespace {

namespace fs = std::filesystem;
using app::ReadConfig;
using testing::ElementsAre;
using testing::IsEmpty;
using Lines = std::vector<std::string>;

// A folder with what the configs below name.
class Config : public testing::Test {
 protected:
  Config() {
    char name[] = "/tmp/gatehouse-config-XXXXXX";
    folder_ = ::mkdtemp(name);
    fs::create_directory(folder_ / "vault");
    write("key", "hunter2\n", 0600);
    write("open-key", "hunter3", 0644);
    write("ca.pem", "", 0644);
    write("tool", "#!/bin/sh\n", 0755);
    environment_["PATH"] = folder_.string();
    environment_["TOKEN"] = "t0ken";
    environment_["HOME"] = folder_.string();
  }
  ~Config() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text, mode_t mode) {
    std::ofstream(folder_ / name) << text;
    ::chmod((folder_ / name).c_str(), mode);
  }
  ReadConfig parse(std::string_view text) {
    return app::parse_config(text, "g.yaml", folder_.string(), [this](const std::string& name) -> std::optional<std::string> {
      auto found = environment_.find(name);
      if (found == environment_.end()) return {};
      return found->second;
    });
  }
  // What is said about `text`, with the folder's name replaced.
  Lines lines(std::string_view text) {
    Lines out;
    for (const app::Finding& finding : parse(text).findings) {
      std::string line = finding.line();
      for (std::size_t at; (at = line.find(folder_.string())) != std::string::npos;) line.replace(at, folder_.string().size(), "DIR");
      out.push_back(line);
    }
    return out;
  }

  fs::path folder_;
  std::map<std::string, std::string> environment_;
};

TEST_F(Config, ReadsWhatInstancesShare) {
  environment_["KEY"] = std::string(44, 'k');
  environment_["PASSWORD"] = "hunter2";
  ReadConfig read = parse(R"(
store: postgres://me:${env:PASSWORD}@db.internal/gatehouse?sslmode=verify-full
state_keys: ["${env:KEY}", 0123456789abcdef0123456789abcdef]
peers: { one: "10.0.0.1:8811", two: "https://two.internal" }
servers: {}
)");
  ASSERT_TRUE(read.config) << read.findings[0].line();
  EXPECT_EQ(read.config->store.reveal(), "postgres://me:hunter2@db.internal/gatehouse?sslmode=verify-full");
  EXPECT_EQ(app::shown_store(read.config->store.reveal()), "postgres://me:***@db.internal/gatehouse?sslmode=verify-full");
  EXPECT_EQ(app::shown_store("postgres:///g?user=a&password=hunter2&port=1"), "postgres:///g?user=a&password=***&port=1");
  EXPECT_EQ(read.config->gateway.state_keys.size(), 2u);
  EXPECT_THAT(read.config->peers, ElementsAre("http://10.0.0.1:8811", "https://two.internal:443"));
  EXPECT_EQ(read.config->lock_path(), folder_.string() + "/gatehouse-8811.lock");
}

TEST_F(Config, KeysAreMadeOnceBesideTheStore) {
  ReadConfig read = parse("servers: {}");
  auto made = app::state_keys(*read.config);
  ASSERT_TRUE(made.ok()) << made.error().message;
  auto again = app::state_keys(*read.config);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(made->front(), again->front());
  struct stat info{};
  const std::string file = (folder_ / "gatehouse.db.keys").string();
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ::chmod(file.c_str(), 0644);
  EXPECT_EQ(app::state_keys(*read.config).error().code, mcp::Code::denied);
}

TEST_F(Config, ReadsRules) {
  ReadConfig read = parse(R"(
servers:
  vault: { builtin: vault, roots: [./vault] }
rules:
  - { who: local, tools: vault__read_*, then: allow }
  - who: { caller: [local, other] }
    tools: [vault__write_*]
    prompts: "*"
    resources: ["vault__file:///a/*"]
    when:
      annotation: [destructive, unannotated]
      disclosure: code
      larger: 4kb
      arguments: { /path: ["/a/*", "/b"], /force: true, /n: { above: 1.5, below: 10 }, /x: null, /y: { present: false } }
    then: ask
  - { then: deny }
)");
  ASSERT_TRUE(read.config) << read.findings[0].line();
  EXPECT_THAT(read.findings, IsEmpty());
  ASSERT_TRUE(read.config->gateway.rules);
  const std::vector<authz::Rule>& rules = read.config->gateway.rules->rules();
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].place, "g.yaml:5:5");
  EXPECT_THAT(rules[0].who.callers, ElementsAre("local"));
  EXPECT_EQ(rules[0].tools[0], (authz::Pattern{"vault", "read_*"}));
  EXPECT_EQ(rules[0].then, authz::Verdict::allow);
  const authz::Rule& second = rules[1];
  EXPECT_EQ(second.resources[0].name, "file:///a/*");
  EXPECT_TRUE(second.prompts[0].all());
  EXPECT_THAT(second.when.annotations, ElementsAre(authz::Annotation::destructive, authz::Annotation::unannotated));
  EXPECT_THAT(second.when.disclosures, ElementsAre(authz::Disclosure::code));
  EXPECT_EQ(second.when.larger, 4096u);
  ASSERT_EQ(second.when.arguments.size(), 5u);
  EXPECT_EQ(second.when.arguments[0], (authz::ArgumentCheck{"/path", {"/a/*", "/b"}, {}, {}, {}}));
  EXPECT_EQ(second.when.arguments[1], (authz::ArgumentCheck{"/force", {"true"}, {}, {}, {}}));
  EXPECT_EQ(second.when.arguments[2], (authz::ArgumentCheck{"/n", {}, 1.5, 10, {}}));
  EXPECT_EQ(second.when.arguments[3], (authz::ArgumentCheck{"/x", {"null"}, {}, {}, {}}));
  EXPECT_EQ(second.when.arguments[4], (authz::ArgumentCheck{"/y", {}, {}, {}, false}));
  EXPECT_EQ(second.then, authz::Verdict::ask);
  EXPECT_TRUE(rules[2].any_kind());
}

TEST_F(Config, ReadsWhoMayComeInAndWhoMayAgree) {
  environment_["SECRET"] = std::string(32, 's');
  ReadConfig read = parse(R"(
listen: 0.0.0.0:8811
public_url: https://mcp.example.com
auth: { api_keys: true }
keys: { pepper: "${env:SECRET}", tokens: { audiences: [a, b], life: 10m } }
approvals: { ttl: 2h, wait: 5s, webhook: [{ name: ops, url: "https://hook.example/x", secret: "${env:SECRET}" }] }
servers: { vault: { builtin: vault, roots: [./vault] } }
rules:
  - { who: { group: g, key: "k*" }, then: ask, approvers: { group: [leads], key: boss, count: 2 }, limit: 6/m }
profiles: { p: { servers: [vault], confines: { key: "intern-*" } } }
)");
  ASSERT_TRUE(read.config) << read.findings[0].line();
  EXPECT_EQ(read.config->gateway.door, authz::Door::keys);
  EXPECT_EQ(read.config->pepper.reveal(), std::string(32, 's'));
  EXPECT_THAT(read.config->tokens.audiences, ElementsAre("a", "b"));
  EXPECT_EQ(read.config->tokens.life, std::chrono::minutes(10));
  EXPECT_EQ(read.config->gateway.approvals.ttl, std::chrono::hours(2));
  ASSERT_EQ(read.config->gateway.approvals.hooks.size(), 1u);
  EXPECT_EQ(read.config->gateway.approvals.hooks[0].name, "ops");
  EXPECT_EQ(read.config->gateway.approvals.public_url, "https://mcp.example.com");
  const authz::Rule& rule = read.config->gateway.rules->rules()[0];
  ASSERT_TRUE(rule.approvers && rule.limit);
  EXPECT_THAT(rule.approvers->groups, ElementsAre("leads"));
  EXPECT_THAT(rule.approvers->keys, ElementsAre("boss"));
  EXPECT_EQ(rule.approvers->count, 2u);
  EXPECT_DOUBLE_EQ(rule.limit->per_second, 0.1);
  ASSERT_TRUE(read.config->gateway.profiles.at("p")->confines);
  EXPECT_THAT(read.config->gateway.profiles.at("p")->confines->keys, ElementsAre("intern-*"));
}

TEST_F(Config, BeyondLoopbackWithoutRulesWhatDoesNotOnlyReadAsks) {
  ReadConfig read = parse("listen: 0.0.0.0:8811\ni_know_this_is_open: true\nallowed_hosts: [a]\nservers: {}");
  ASSERT_TRUE(read.config) << read.findings[0].line();
  EXPECT_EQ(read.config->gateway.door, authz::Door::open);
  ASSERT_TRUE(read.config->gateway.rules);
  EXPECT_FALSE(parse("servers: {}").config->gateway.rules);
}

TEST_F(Config, ThePepperIsMadeOnceBesideTheStore) {
  ReadConfig read = parse("auth: { api_keys: true }\nservers: {}");
  auto made = app::key_pepper(*read.config), again = app::key_pepper(*read.config);
  ASSERT_TRUE(made.ok() && again.ok());
  EXPECT_EQ(*made, *again);
  EXPECT_GE(made->reveal().size(), 32u);
  struct stat info{};
  ASSERT_EQ(::stat((folder_ / "gatehouse.db.pepper").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(Config, WarnsOfRulesThatContradict) {
  EXPECT_THAT(lines("servers: {}\nrules:\n  - { prompts: \"*\", then: allow }\n  - { prompts: \"*\", then: ask }"),
              ElementsAre("g.yaml:4:5: warning: this rule contradicts the one at g.yaml:3:5, which is about the same and comes first"));
}

TEST_F(Config, WarnsOfRulesThatDoNothing) {
  EXPECT_THAT(
      lines(R"(servers: { vault: { builtin: vault, roots: [./vault] } }
rules:
  - { tools: "*", then: allow }
  - { tools: valt__x, then: deny }
  - { who: { group: a }, prompts: "*", then: deny }
)"),
      ElementsAre("g.yaml:4:5: warning: this rule is never reached: the one at g.yaml:3:5 fits whatever it fits, and comes first",
                  "g.yaml:4:14: warning: rules[1].tools: there is no server \"valt\"; did you mean vault?",
                  "g.yaml:5:21: warning: rules[2].who.group: nobody signs in, so this line is for nobody; add auth: { api_keys: true }"));
}

TEST_F(Config, ReadsEveryBuiltKey) {
  ReadConfig read = parse(R"(
listen: 127.0.0.1:9000
threads: 1
store: sqlite:./state.db
disclosure: auto
name_limit: 60
allowed_hosts: [mcp.example.com]
allowed_origins: [https://app.example.com]
strict: true
limits:
  { body: 1mb, head: 8kb, rate: 600/m, concurrency: 20, calls: 500, connections: 2000, memory: 64mb, result: 2mb }
budget: { call: 8000, session: 100000, hour: 500000, hard: true, window: 128000 }
scan: { definitions: review, results: { orders: cut, secrets: redact } }
servers:
  vault: { builtin: vault, roots: [./vault], required: true, start: eager }
  files: { builtin: filesystem, roots: [{ path: ./vault, mode: write }], allow_hard_links: true }
  child:
    command: [tool, -y, 1.5]
    concurrency: 4
    queue: 0
    idle_stop: 30s
    limits: { rate: { per_second: 5, burst: 50 }, body: 64kb, result: 1mb }
    env: { A: "x-${env:TOKEN}", B: 1, C: "${file:key}", D: "$${plain}" }
    sandbox: off
    deadline: 5m
    state: session
    connect_timeout: 250ms
    tools:
      include: ["read_*"]
      exclude: [read_all]
      read_one: { rename: read, description: Reads one., always: true }
  web:
    url: https://tools.example.com/mcp
    headers: { Authorization: "Bearer ${file:./key}" }
    ca: ./ca.pem
    enabled: false
profiles:
  writing: { servers: [vault, files], tools: ["vault__*", "read_*"], disclosure: search }
  everything: {}
)");
  ASSERT_THAT(read.findings, IsEmpty()) << read.findings[0].line();
  const app::AppConfig& config = *read.config;
  EXPECT_EQ(config.listen.text(), "127.0.0.1:9000");
  EXPECT_EQ(config.store.reveal(), "sqlite:" + folder_.string() + "/state.db");
  EXPECT_EQ(config.socket_path(), folder_.string() + "/state.db.sock");
  EXPECT_EQ(config.limits.body, 1024u * 1024);
  EXPECT_EQ(config.limits.head, 8192u);
  const gateway::Limits& limits = config.gateway.limits;
  EXPECT_DOUBLE_EQ(limits.rate->per_second, 10);
  EXPECT_DOUBLE_EQ(limits.rate->burst, 600);
  EXPECT_EQ(limits.concurrency, 20u);
  EXPECT_EQ(limits.calls, 500u);
  EXPECT_EQ(limits.connections, 2000u);
  EXPECT_EQ(limits.memory, 64u * 1024 * 1024);
  EXPECT_EQ(limits.result, 2u * 1024 * 1024);
  EXPECT_EQ(config.gateway.name_limit, 60u);
  const gateway::BudgetConfig& budget = config.gateway.budget;
  EXPECT_EQ(config.gateway.scan.definitions, gateway::OnDefinitions::review);
  EXPECT_EQ(config.gateway.scan.results, (trust::ResultRules{trust::OnOrders::cut, trust::OnSecrets::redact}));
  EXPECT_EQ(budget.call, 8000u);
  EXPECT_EQ(budget.session, 100'000u);
  EXPECT_EQ(budget.hour, 500'000u);
  EXPECT_TRUE(budget.hard);
  EXPECT_EQ(budget.hard_session, 0u);
  EXPECT_EQ(budget.window, 128'000u);
  EXPECT_THAT(config.allowed_origins, ElementsAre("https://app.example.com"));
  EXPECT_THAT(config.allowed_hosts, ElementsAre("mcp.example.com"));
  EXPECT_EQ(config.strictness, protocol::Strictness::strict);
  ASSERT_EQ(config.gateway.servers.size(), 4u);

  const gateway::ServerConfig& vault = config.gateway.servers[0];
  EXPECT_EQ(vault.id, "vault");
  EXPECT_EQ(vault.place.line, 15);
  EXPECT_EQ(vault.concurrency, 100u);
  EXPECT_EQ(vault.idle_stop, std::chrono::milliseconds(0));
  EXPECT_TRUE(vault.required);
  EXPECT_EQ(vault.start, gateway::ServerConfig::Start::eager);
  EXPECT_EQ(vault.state, gateway::ServerConfig::State::none);
  EXPECT_EQ(config.gateway.servers[2].state, gateway::ServerConfig::State::session);
  EXPECT_EQ(vault.roots[0].path, folder_.string() + "/vault");
  EXPECT_EQ(vault.roots[0].mode, gateway::Root::Mode::read);

  const gateway::ServerConfig& files = config.gateway.servers[1];
  EXPECT_EQ(files.roots[0].mode, gateway::Root::Mode::write);
  EXPECT_TRUE(files.allow_hard_links);

  const gateway::ServerConfig& child = config.gateway.servers[2];
  EXPECT_EQ(child.kind, gateway::ServerConfig::Kind::command);
  EXPECT_THAT(child.command, ElementsAre("tool", "-y", "1.5"));
  EXPECT_EQ(child.concurrency, 4u);
  EXPECT_EQ(child.queue, 0u);
  EXPECT_EQ(child.idle_stop, std::chrono::seconds(30));
  EXPECT_DOUBLE_EQ(child.rate->per_second, 5);
  EXPECT_DOUBLE_EQ(child.rate->burst, 50);
  EXPECT_EQ(child.largest_request, 64u * 1024);
  EXPECT_EQ(child.largest_result, 1024u * 1024);
  EXPECT_EQ(child.env.at("A").reveal(), "x-t0ken");
  EXPECT_EQ(child.env.at("B").reveal(), "1");
  EXPECT_EQ(child.env.at("C").reveal(), "hunter2");
  EXPECT_EQ(child.env.at("D").reveal(), "${plain}");
  EXPECT_EQ(child.cwd, folder_.string());
  EXPECT_EQ(child.deadline, std::chrono::minutes(5));
  EXPECT_EQ(child.connect_timeout, std::chrono::milliseconds(250));
  EXPECT_THAT(child.include, ElementsAre("read_*"));
  EXPECT_THAT(child.exclude, ElementsAre("read_all"));
  EXPECT_EQ(child.tools.at("read_one").rename, "read");
  EXPECT_EQ(child.tools.at("read_one").description, "Reads one.");
  EXPECT_TRUE(child.tools.at("read_one").always);

  EXPECT_EQ(config.gateway.disclosure, gateway::Disclosure::automatic);
  ASSERT_EQ(config.gateway.profiles.size(), 2u);
  const gateway::Profile& writing = *config.gateway.profiles.at("writing");
  EXPECT_THAT(writing.servers, ElementsAre("vault", "files"));
  EXPECT_EQ(writing.disclosure, gateway::Disclosure::search);
  EXPECT_TRUE(writing.has_tool("vault", "move_note"));
  EXPECT_TRUE(writing.has_tool("files", "read_file"));
  EXPECT_FALSE(writing.has_tool("files", "write_file"));
  EXPECT_FALSE(writing.has_tool("child", "read_one"));
  EXPECT_EQ(config.gateway.profiles.at("everything")->servers.size(), 4u);
  EXPECT_TRUE(config.gateway.profiles.at("everything")->has_all_tools());

  const gateway::ServerConfig& web = config.gateway.servers[3];
  EXPECT_EQ(web.url, "https://tools.example.com/mcp");
  EXPECT_EQ(web.largest_result, limits.result);
  EXPECT_EQ(web.headers[0].first, "Authorization");
  EXPECT_EQ(web.ca, folder_.string() + "/ca.pem");
  EXPECT_FALSE(web.enabled);
}

TEST_F(Config, DefaultsAreThoseOfTheContract) {
  ReadConfig read = parse("servers: { v: { builtin: vault, roots: [vault] } }");
  ASSERT_TRUE(read.config);
  EXPECT_EQ(read.config->listen.text(), "127.0.0.1:8811");
  EXPECT_EQ(read.config->store.reveal(), "sqlite:" + folder_.string() + "/gatehouse.db");
  EXPECT_EQ(read.config->limits.body, 4u * 1024 * 1024);
  EXPECT_EQ(read.config->gateway.name_limit, 46u);
}

TEST_F(Config, SaysEverythingAtOnceInTheOrderOfTheFile) {
  EXPECT_THAT(
      lines(R"(listen: nowhere
sevrers: {}
name_limit: many
servers:
  Vault: { builtin: vault, roots: [./vault] }
  b: { builtin: vaul, roots: [./vault] }
  c: { url: ftp://x }
  d: { command: tool }
)"),
      ElementsAre("g.yaml:1:9: listen: \"nowhere\" is no address; write it like 127.0.0.1:8811",
                  "g.yaml:2:1: unknown key \"sevrers\"; did you mean \"servers\"?",
                  "g.yaml:3:13: name_limit must be a whole number from 32 to 128, not \"many\"",
                  "g.yaml:5:3: \"Vault\" is no server id; use at most 24 of a-z, 0-9 and -, beginning with a letter",
                  "g.yaml:6:17: servers.b.builtin: there is no built-in server \"vaul\"; did you mean \"vault\"?",
                  testing::StartsWith("g.yaml:7:13: servers.c.url: "),
                  "g.yaml:8:17: servers.d.command must be a list of the program and its arguments, as no shell splits it: [npx, -y, …]"));
}

struct Case {
  const char* name;
  std::string text;
  std::vector<std::string> said;
};

class ConfigCase : public Config, public testing::WithParamInterface<Case> {};

TEST_P(ConfigCase, SaysExactly) { EXPECT_EQ(lines(GetParam().text), GetParam().said); }

const std::string kNone = "g.yaml: warning: there are no servers; add one under servers:";
const std::string kOk = "servers: { v: { builtin: vault, roots: [vault] } }\n";

INSTANTIATE_TEST_SUITE_P(
    NotBuilt, ConfigCase,
    testing::Values(
        Case{"RulesNoList", "servers: {}\nrules: allow", {"g.yaml:2:8: rules must be a list, not \"allow\""}},
        Case{"RulesWrong",
             R"(servers: {}
rules:
  - { tools: [vault], then: allow }
  - { tools: ["*"], then: maybe }
  - { tool: ["*"], then: allow }
  - { tools: ["*"] }
  - { tools: ["*"], then: ask, approvers: { groups: leads } }
  - { tools: [], then: deny }
  - { who: { groups: a }, when: { annotation: nice, disclosure: some, larger: big, arguments: { path: x, /n: { above: ten } } }, then: deny }
  - { prompts: ["*"], when: { annotation: destructive }, then: deny }
  - allow
)",
             {("g.yaml:3:14: rules[0].tools: \"vault\": a pattern is written like vault__read_* (server, two underscores, name), or * for "
               "everything"),
              "g.yaml:4:27: rules[1].then must be allow, deny or ask, not \"maybe\"",
              "g.yaml:5:7: unknown key \"tool\" in rules[2]; did you mean \"tools\"?",
              "g.yaml:6:5: rules[3] has no then; add then: allow, deny or ask",
              "g.yaml:7:43: rules[4].approvers says nobody; add group, key or user",
              "g.yaml:7:45: unknown key \"groups\" in rules[4].approvers; did you mean \"group\"?",
              "g.yaml:8:14: rules[5].tools is empty, so that nothing would ever fit; leave it out",
              "g.yaml:9:14: unknown key \"groups\" in rules[6].who; did you mean \"group\"?",
              "g.yaml:9:47: rules[6].when.annotation must be destructive, read-only, idempotent, open-world or unannotated, not \"nice\"",
              "g.yaml:9:65: rules[6].when.disclosure must be all, search or code, not \"some\"",
              "g.yaml:9:79: rules[6].when.larger must be a size like 16kb or 4mb, from 0mb to 64mb, not \"big\"",
              "g.yaml:9:97: rules[6].when.arguments: \"path\" is no JSON pointer; write it like /path or /items/*/name",
              "g.yaml:9:119: rules[6].when.arguments./n.above must be a number, not \"ten\"",
              "g.yaml:10:43: rules[7].when.annotation: only tools have annotations; add tools, or leave this out",
              "g.yaml:11:5: rules[8] must be a map, not \"allow\""}},
        Case{
            "Auth",
            "servers: {}\nauth: { issuers: [{ issuer: x, audiense: y }] }",
            {"g.yaml:2:29: auth.issuers[0].issuer: issuer 'x': 'x' is not an http or https URL: it does not begin with http:// or https://",
             "g.yaml:2:32: unknown key \"audiense\" in auth.issuers[0]; did you mean \"audience\"?"}},
        Case{"Approvers",
             kOk +
                 "rules:\n  - { tools: \"*\", then: allow, approvers: { group: a } }\n  - { then: ask, approvers: { group: a, count: 0 } }",
             {"g.yaml:3:43: rules[0].approvers: only then: ask has approvers",
              "g.yaml:4:48: rules[1].approvers.count must be a whole number from 1 to 20, not \"0\""}},
        Case{"Limit",
             kOk + "rules:\n  - { then: deny, limit: 1/s }\n  - { then: allow, limit: often }",
             {"g.yaml:3:26: rules[0].limit: what is denied needs no limit",
              "g.yaml:4:27: rules[1].limit must be a rate like 100/s, 600/m or { per_second: 10, burst: 50 }, not \"often\""}},
        Case{"Pepper",
             "servers: {}\nauth: { api_keys: true }\nkeys: { pepper: short }",
             {"g.yaml:3:17: keys.pepper has 5 bytes and needs at least 32; make one with: openssl rand -base64 32"}},
        Case{"TokensOfNobody",
             "servers: {}\nkeys: { tokens: { audiences: [] } }",
             {"g.yaml:2:17: keys.tokens needs audiences: the 1 to 64 services that tokens may be for",
              "g.yaml:2:17: keys.tokens: tokens are made for who brings an API key; add auth: { api_keys: true }",
              "g.yaml:2:17: keys.tokens: tokens name their issuer; add public_url, such as https://mcp.example.com"}},
        Case{"Hook",
             "servers: {}\npublic_url: https://a.example\napprovals: { webhook: { url: \"http://b.example\", secret: x }, ttl: 0s }",
             {"g.yaml:3:30: approvals.webhook.url must be https: whoever reads what is sent there may decide",
              "g.yaml:3:58: approvals.webhook.secret needs at least 32 bytes",
              "g.yaml:3:68: approvals.ttl must be a duration like 30s, 5m or 1h, from 1s to 168h, not \"0s\""}},
        Case{"PublicUrl",
             "servers: {}\npublic_url: https://a.example/mcp",
             {"g.yaml:2:13: public_url must be how the gateway is reached, like https://mcp.example.com, not \"https://a.example/mcp\""}},
        Case{"AuthAsBuilt", "servers: {}\nauth: { api_keys: false }", {}},
        Case{"ScanOfAnotherWord",
             "servers: {}\nscan: { results: mask }",
             {"g.yaml:2:18: scan.results must be off, mark, cut or refuse, not \"mask\""}},
        Case{"BudgetTooSmall",
             "servers: {}\nbudget: { call: 10 }",
             {"g.yaml:2:17: budget.call must be a whole number from 256 to 1000000000, not \"10\""}},
        Case{"BudgetOfNothing",
             "servers: {}\nbudget: { hard: true }",
             {"g.yaml:2:17: budget.hard: there is nothing that could be used up; add budget.session or budget.hour, or give hard a number "
              "of "
              "tokens"}},
        Case{"Threads", "servers: {}\nthreads: 4", {"g.yaml:2:10: threads: 4 is not built yet; the only value for now is 1"}},
        Case{"CodeCalls", "servers: {}\ncode: { calls: 0 }", {"g.yaml:2:16: code.calls must be a whole number from 1 to 1000, not \"0\""}},
        Case{"DisclosureWrong",
             "servers: {}\ndisclosure: some",
             {"g.yaml:2:13: disclosure must be all, search, code or auto, not \"some\""}},
        Case{"TelemetryAsBuilt", "servers: {}\ntelemetry: { content: none }", {}},
        Case{"PostgresWithoutKeys",
             "servers: {}\nstore: postgres://localhost/g",
             {"g.yaml:2:8: store: instances that share a database share keys; add state_keys, the same for each; make one with: openssl "
              "rand "
              "-base64 32"}},
        Case{"ShortKey",
             "servers: {}\nstate_keys: [\"${env:TOKEN}\"]",
             {"g.yaml:2:14: state_keys[0] has 5 bytes and needs at least 32; make one with: openssl rand -base64 32"}},
        Case{"NoKeys",
             "servers: {}\nstate_keys: []",
             {"g.yaml:2:13: state_keys must be a list of 1 to 16 keys; make one with: openssl rand -base64 32"}},
        Case{"PeerWithAPath",
             "servers: {}\nstate_keys: [0123456789abcdef0123456789abcdef]\npeers: [10.0.0.2:8811/mcp]",
             {"g.yaml:3:9: peers[0] must be the address of another instance, like 10.0.0.2:8811 or https://two.internal, not "
              "\"http://10.0.0.2:8811/mcp\""}},
        Case{"LimitsRate",
             "servers: {}\nlimits: { rate: 5 }",
             {"g.yaml:2:17: limits.rate must be a rate like 100/s, 600/m or { per_second: 10, burst: 50 }, not \"5\""}},
        Case{"LimitsRateMap", "servers: {}\nlimits: { rate: { burst: 5 } }", {"g.yaml:2:17: limits.rate has no per_second; add it"}},
        Case{"LimitsRateKey",
             "servers: {}\nlimits: { rate: { per_second: 5, brust: 5 } }",
             {"g.yaml:2:34: unknown key \"brust\" in limits.rate; did you mean \"burst\"?"}},
        Case{"IdleStop",
             "servers: { a: { builtin: vault, roots: [./vault], idle_stop: 1m } }",
             {"g.yaml:1:51: servers.a.idle_stop is for command servers, and this is a builtin server; remove it"}},
        Case{"Concurrency",
             "servers: { a: { command: [tool], concurrency: 0 } }",
             {"g.yaml:1:47: servers.a.concurrency must be a whole number from 1 to 100000, not \"0\""}},
        Case{"Sandbox",
             "servers: { c: { command: [tool], sandbox: on } }",
             {"g.yaml:1:43: servers.c.sandbox must be off, or a map of read, write, network and allow_degraded, not \"on\""}},
        Case{"SandboxKey",
             "servers: { c: { command: [/bin/sh], sandbox: { wirte: [./x] } } }",
             {"g.yaml:1:48: unknown key \"wirte\" in servers.c.sandbox; did you mean \"write\"?"}},
        Case{"SandboxPath",
             "servers: { c: { command: [/bin/sh], sandbox: { read: [/proc/1] } } }",
             {"g.yaml:1:55: servers.c.sandbox.read[0]: /proc/1 is never opened to a server; name a folder in it"}},
        Case{"SandboxNetwork",
             "servers: { c: { command: [/bin/sh], sandbox: { network: [http://x] } } }",
             {"g.yaml:1:58: servers.c.sandbox.network[0]: 'http://x' is no place; write it like example.com, *.example.com, localhost:5432 "
              "or 10.0.0.0/8"}},
        Case{"SandboxOfUrl",
             "servers: { c: { url: \"http://x/mcp\", sandbox: off } }",
             {"g.yaml:1:38: servers.c.sandbox is for command servers, and this is a url server; remove it"}},
        Case{"OpenApi", "servers: { c: { openapi: ./x.json } }", {"g.yaml:1:15: servers.c: the file DIR/x.json cannot be read"}},
        Case{"OpenApiKeys",
             "servers: { c: { openapi: ./x.json, enabled: false, select: { tag: [a] }, credits: { call: 1 }, roots: [.] } }",
             {"g.yaml:1:62: unknown key \"tag\" in servers.c.select; did you mean \"tags\"?",
              "g.yaml:1:74: servers.c.credits: openapi does not take it; remove it",
              "g.yaml:1:96: servers.c.roots is for builtin servers, and this is a openapi server; remove it"}},
        Case{"GithubKeys",
             "servers: { c: { builtin: github, token: t, key: k, write: maybe } }",
             {"g.yaml:1:44: servers.c.key: github does not take it; remove it",
              "g.yaml:1:59: servers.c.write must be true or false, not \"maybe\""}},
        Case{"TokenOfAVault",
             "servers: { c: { builtin: vault, roots: [./vault], token: t } }",
             {"g.yaml:1:51: servers.c.token: vault does not take it; remove it"}},
        Case{"Admin",
             "servers: { c: { builtin: admin } }",
             {"g.yaml:1:26: servers.c.builtin: admin is not built yet; built are filesystem, vault, github, tavily, tasks"}},
        Case{"Command",
             "servers: { c: { command: [tool], env: { A: '${command:pass x}' } } }",
             {"g.yaml:1:44: servers.c.env.A: ${command:…} is not built yet; use ${env:NAME} or ${file:PATH}"}}),
    [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Wrong, ConfigCase,
    testing::Values(
        Case{"Empty", "", {"g.yaml: warning: the config is empty; gatehouse init writes one to begin with"}},
        Case{"NoServers", "threads: 1", {kNone}}, Case{"NotAMap", "[a]", {"g.yaml:1:1: a config is a map of keys, not a list"}},
        Case{"KeyTwice", "servers: {}\nstore: sqlite:a\nstore: sqlite:b", {"g.yaml:3:1: the key \"store\" is here twice; remove one"}},
        Case{"ServerTwice",
             "servers:\n  a: { command: [tool] }\n  a: { command: [tool] }",
             {"g.yaml:3:3: the key \"a\" is here twice; remove one"}},
        Case{"Beyond",
             "servers: {}\nlisten: 0.0.0.0:8811",
             {"g.yaml:2:9: listen: listening on 0.0.0.0 would let anybody who reaches it call every tool; use 127.0.0.1 or [::1], or let "
              "callers sign in with auth: { api_keys: true }, or say i_know_this_is_open: true"}},
        Case{"ListenList", "servers: {}\nlisten: [1]", {"g.yaml:2:9: listen must be text, not a list"}},
        Case{"StoreScheme",
             "servers: {}\nstore: ./x.db",
             {"g.yaml:2:8: store must be sqlite:PATH or postgres://USER@HOST/DATABASE, not \"./x.db\""}},
        Case{"StoreFolder", "servers: {}\nstore: sqlite:./none/x.db", {"g.yaml:2:8: store: the folder DIR/none does not exist; create it"}},
        Case{"Size",
             "servers: {}\nlimits: { body: 4 megabytes }",
             {"g.yaml:2:17: limits.body must be a size like 16kb or 4mb, from 1kb to 64mb, not \"4 megabytes\""}},
        Case{"Duration",
             "servers: { a: { command: [tool], deadline: 30 } }",
             {"g.yaml:1:44: servers.a.deadline must be a duration like 30s, 5m or 1h, from 10ms to 24h, not \"30\""}},
        Case{"Flag",
             "servers: { a: { command: [tool], enabled: 'true' } }",
             {"g.yaml:1:43: servers.a.enabled must be true or false without quotes, not \"true\""}},
        Case{"Reserved", "servers: { tools: { command: [tool] } }", {"g.yaml:1:12: the server id \"tools\" is reserved; choose another"}},
        Case{"NoKind",
             "servers: { a: { enabled: true } }",
             {"g.yaml:1:15: servers.a has no kind; give it one of builtin, command, url or openapi"}},
        Case{"TwoKinds",
             "servers: { a: { command: [tool], url: 'http://x' } }",
             {"g.yaml:1:15: servers.a has several kinds: command, url; keep one"}},
        Case{"NotForKind",
             "servers: { a: { command: [tool], roots: [vault] } }",
             {"g.yaml:1:34: servers.a.roots is for builtin servers, and this is a command server; remove it"}},
        Case{"NoRoots",
             "servers: { a: { builtin: vault } }",
             {"g.yaml:1:26: servers.a needs roots, the folders it may use; add roots: [./folder]"}},
        Case{"RootMissing",
             "servers: { a: { builtin: vault, roots: [./none] } }",
             {"g.yaml:1:41: servers.a.roots[0]: the folder DIR/none does not exist; create it"}},
        Case{"RootIsFile",
             "servers: { a: { builtin: vault, roots: [./key] } }",
             {"g.yaml:1:41: servers.a.roots[0]: the folder DIR/key is no folder; name one"}},
        Case{"RootMode",
             "servers: { a: { builtin: vault, roots: [{ path: vault, mode: rw }] } }",
             {"g.yaml:1:62: servers.a.roots[0].mode must be read, append or write, not \"rw\""}},
        Case{"TwoVaults",
             "servers: { a: { builtin: vault, roots: [vault, vault] } }",
             {"g.yaml:1:48: servers.a.roots: a vault is one folder; make a server for each"}},
        Case{"RequiredLazy",
             "servers: { a: { command: [tool], required: true, start: lazy } }",
             {"g.yaml:1:57: servers.a.start: a required server starts with the gateway, as /readyz waits for it; remove one of the two"}},
        Case{"RootKey",
             "servers: { a: { builtin: vault, roots: [{ path: vault, mod: read }] } }",
             {"g.yaml:1:56: unknown key \"mod\" in servers.a.roots[0]; did you mean \"mode\"?"}},
        Case{"NotOnPath",
             "servers: { a: { command: [nope] } }",
             {"g.yaml:1:27: warning: servers.a.command[0]: \"nope\" is not on the PATH; install it or write its full path"}},
        Case{"NotRunnable",
             "servers: { a: { command: [./key] } }",
             {"g.yaml:1:27: warning: servers.a.command[0]: DIR/key cannot be run; check the path and its permissions"}},
        Case{"DisabledNeedsNothing", "servers: { a: { command: [nope], enabled: false, env: { A: '${env:NONE}' } } }", {}},
        Case{"EnvUnset",
             "servers: { a: { command: [tool], env: { A: '${env:NONE}' } } }",
             {"g.yaml:1:44: servers.a.env.A: the environment variable NONE is not set; set it before starting"}},
        Case{"EnvName",
             "servers: { a: { command: [tool], env: { A=B: x } } }",
             {"g.yaml:1:41: servers.a.env: \"A=B\" is no name of a variable; use letters, digits and _"}},
        Case{"EnvNull", "servers: { a: { command: [tool], env: { A: } } }", {"g.yaml:1:44: servers.a.env.A must be text, not nothing"}},
        Case{"NoSource",
             "servers: { a: { command: [tool], env: { A: '${TOKEN}' } } }",
             {"g.yaml:1:44: servers.a.env.A: ${TOKEN} names no source; write ${env:NAME} or ${file:PATH}, or $${ for a plain ${"}},
        Case{"Unclosed",
             "servers: { a: { command: [tool], env: { A: '${env:TOKEN' } } }",
             {"g.yaml:1:44: servers.a.env.A: ${ has no }; close it, or write $${ for a plain ${"}},
        Case{"SecretInArguments",
             "servers: { a: { command: [tool, '${env:TOKEN}'] } }",
             {"g.yaml:1:33: servers.a.command[1] cannot hold ${…}; secrets are read in env and headers, where no process list shows them"}},
        Case{"SecretFileMissing",
             "servers: { a: { command: [tool], env: { A: '${file:none}' } } }",
             {"g.yaml:1:44: servers.a.env.A: the secret file DIR/none cannot be read: No such file or directory"}},
        Case{"SecretFileOpen",
             "servers: { a: { command: [tool], env: { A: '${file:open-key}' } } }",
             {"g.yaml:1:44: warning: the secret file DIR/open-key can be read by others; run: chmod 600 DIR/open-key"}},
        Case{"HeaderOurs",
             "servers: { a: { url: 'http://x/mcp', headers: { Host: x } } }",
             {"g.yaml:1:49: servers.a.headers.Host is set by Gatehouse itself; remove it"}},
        Case{"HeaderTwice",
             "servers: { a: { url: 'http://x/mcp', headers: { A: x, a: y } } }",
             {"g.yaml:1:55: servers.a.headers.a is here twice, as case does not count; remove one"}},
        Case{"HeaderBreak",
             "servers: { a: { url: 'http://x/mcp', headers: { A: \"x\\ny\" } } }",
             {"g.yaml:1:52: servers.a.headers.A has a line break or control character in its value; remove it"}},
        Case{
            "ForwardToken",
            "servers: { a: { url: 'http://x/mcp', forward_headers: [authorization] } }",
            {"g.yaml:1:56: servers.a.forward_headers: authorization is never passed on: a client's own token is for this gateway and never "
             "for a server behind it; give the server its own under headers"}},
        Case{"ForwardOdd",
             "servers: { a: { url: 'http://x/mcp', headers: { A: x }, forward_headers: [a, Mcp-Name, Connection, 'b c', Z, z] } }",
             {"g.yaml:1:75: servers.a.forward_headers: a stands in headers too, with a value of its own; remove one",
              ("g.yaml:1:78: servers.a.forward_headers: Mcp-Name is never passed on: it belongs to the protocol, and Gatehouse sets it "
               "itself"),
              "g.yaml:1:88: servers.a.forward_headers: Connection is never passed on: it belongs to one connection, and ends there",
              "g.yaml:1:100: servers.a.forward_headers: \"b c\" is no name of a header",
              "g.yaml:1:110: servers.a.forward_headers: z is here twice, as case does not count; remove one"}},
        Case{"ForwardFromChild",
             "servers: { a: { command: [tool], forward_headers: [X] } }",
             {"g.yaml:1:34: servers.a.forward_headers is for url servers, and this is a command server; remove it"}},
        Case{"ProxyScheme",
             "servers: {}\nproxy: socks5://u:pw@p",
             {"g.yaml:2:8: proxy: not the address of a proxy: only http:// is spoken to proxies, also for https servers behind them"}},
        Case{"ProxyWithoutUrl",
             "servers: {}\nproxy: { direct: [a] }",
             {"g.yaml:2:8: proxy has no url; add url: http://proxy.example.com:3128"}},
        Case{"Rename",
             "servers: { a: { command: [tool], tools: { x: { rename: a b } } } }",
             {"g.yaml:1:56: servers.a.tools.x.rename: \"a b\" is no tool name; use at most 64 letters, digits, _ and -"}},
        Case{"RenameTwice",
             "servers: { a: { command: [tool], tools: { x: { rename: z }, y: { rename: z } } } }",
             {"g.yaml:1:74: servers.a.tools.y.rename: \"z\" is the new name of another tool too; choose another"}},
        Case{"Origin",
             "servers: {}\nallowed_origins: ['https://a.b/c']",
             {"g.yaml:2:18: allowed_origins: \"https://a.b/c\" is no origin; write it like https://app.example.com, without a path"}},
        Case{"ProfileName",
             "servers: {}\nprofiles: { P: {} }",
             {"g.yaml:2:13: \"P\" is no name of a profile; use at most 24 of a-z, 0-9 and -, beginning with a letter"}},
        Case{"ProfileServer",
             "servers: { files: { command: [tool] } }\nprofiles: { p: { servers: [file, x] } }",
             {"g.yaml:2:28: profiles.p.servers: there is no server \"file\"; did you mean files?",
              "g.yaml:2:34: profiles.p.servers: there is no server \"x\"; servers: has those that there are"}},
        Case{"ProfileKey",
             "servers: {}\nprofiles: { p: { server: [] } }",
             {"g.yaml:2:18: unknown key \"server\" in profiles.p; did you mean \"servers\"?"}},
        Case{"AlwaysWhat",
             "servers: { c: { command: [tool], tools: { x: { always: often } } } }",
             {"g.yaml:1:56: servers.c.tools.x.always must be true or false, not \"often\""}},
        Case{"FarKey",
             "servers: { a: { command: [tool], tools: { x: { zzzzzzzz: 1 } } } }",
             {"g.yaml:1:48: unknown key \"zzzzzzzz\" in servers.a.tools.x; known here: rename, description, always, annotations"}}),
    [](const auto& param) { return param.param.name; });

TEST_F(Config, ProxiesComeFromTheFileOrElseFromTheEnvironment) {
  auto proxy_of = [this](const std::string& top, const std::string& url) -> std::string {
    ReadConfig read = parse("servers: { a: { url: '" + url + "' } }\n" + top);
    if (!read.config) return read.findings.at(0).line();
    const net::Proxy* proxy = read.config->gateway.servers.at(0).proxies.find(*net::parse_url(url));
    return proxy ? proxy->text() : "direct";
  };
  EXPECT_EQ(proxy_of("", "https://tools.test/mcp"), "direct");
  environment_["HTTPS_PROXY"] = "http://around:1";
  environment_["NO_PROXY"] = "inner.test";
  EXPECT_EQ(proxy_of("", "https://tools.test/mcp"), "around:1");
  EXPECT_EQ(proxy_of("", "http://tools.test/mcp"), "direct");
  EXPECT_EQ(proxy_of("", "https://a.inner.test/mcp"), "direct");
  EXPECT_EQ(proxy_of("proxy: none", "https://tools.test/mcp"), "direct");
  EXPECT_EQ(proxy_of("proxy: http://me:${env:TOKEN}@file:2", "http://tools.test/mcp"), "file:2");
  EXPECT_EQ(proxy_of("proxy: http://file:2", "https://a.inner.test/mcp"), "direct");
  EXPECT_EQ(proxy_of("proxy: { url: http://file:2, direct: [other.test] }", "https://a.inner.test/mcp"), "file:2");
  EXPECT_EQ(proxy_of("proxy: { url: http://file:2, direct: [other.test] }", "https://other.test/mcp"), "direct");
  EXPECT_EQ(proxy_of("proxy: http://file:2", "http://127.0.0.1:9/mcp"), "direct");
  EXPECT_EQ(proxy_of("proxy: { url: http://file:2, loopback: true }", "http://127.0.0.1:9/mcp"), "file:2");
  environment_["https_proxy"] = "https://around:1";
  EXPECT_EQ(proxy_of("", "https://tools.test/mcp"),
            "g.yaml: https_proxy: not the address of a proxy: only http:// is spoken to proxies, also for https servers behind them; "
            "correct that "
            "variable, or write proxy: none");
}

TEST_F(Config, ABrokenYamlSaysWhere) {
  EXPECT_THAT(lines("servers: {\n  a: [\n"), ElementsAre(testing::StartsWith("g.yaml:3:1: ")));
  EXPECT_THAT(lines("a: 1\n b: 2\n"), ElementsAre(testing::StartsWith("g.yaml:2:3: ")));
}

TEST_F(Config, RefusesWhatWouldBlowUp) {
  EXPECT_THAT(lines("a: \xff"), ElementsAre("g.yaml:1:4: not valid UTF-8; save the file as UTF-8"));
  EXPECT_THAT(lines("a: \xed\xa0\x80"), ElementsAre("g.yaml:1:4: not valid UTF-8; save the file as UTF-8"));
  EXPECT_THAT(lines(std::string("a: b\nc: \0d", 10)), ElementsAre("g.yaml:2:4: the control character 0x00 is not allowed; remove it"));
  EXPECT_THAT(lines(std::string(1024 * 1024 + 1, '#')), ElementsAre("g.yaml: larger than 1024 KB; a config is never that large"));
  EXPECT_THAT(lines(std::string(5000, '[')), ElementsAre(testing::EndsWith("nested more than 32 deep; no config needs that")));
  EXPECT_THAT(lines("a: 1\n---\nb: 2\n"), ElementsAre(testing::StartsWith("g.yaml:3:1: a second document begins here")));
  EXPECT_THAT(lines("a: &x [*x]"), ElementsAre(testing::HasSubstr("an alias inside its own anchor has no end")));
  EXPECT_THAT(lines("a: !!binary x"), ElementsAre(testing::HasSubstr("is not supported; write the value without it")));
  EXPECT_THAT(lines("a: &x { b: 1 }\nc: { <<: *x }"), ElementsAre("g.yaml:2:6: merge keys (<<) are not supported; write the keys out"));
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int n = 0; n < 9; ++n) bomb += fmt::format("{}*a{}", n ? "," : "", i - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(lines(bomb), ElementsAre(testing::HasSubstr("more than 20000 values, aliases counted as what they stand for")));
}

TEST_F(Config, TooManyFindingsAreCounted) {
  std::string text = "servers: {}\n";
  for (int i = 0; i < 300; ++i) text += fmt::format("zzzz{}: 1\n", i);
  Lines said = lines(text);
  ASSERT_EQ(said.size(), 201u);
  EXPECT_EQ(said.back(), "g.yaml: and 100 more");
}

TEST_F(Config, AliasesWork) {
  ReadConfig read = parse("servers:\n  a: &a { command: [tool] }\n  b: *a\n");
  ASSERT_TRUE(read.config) << read.findings[0].line();
  EXPECT_EQ(read.config->gateway.servers[1].id, "b");
}

TEST_F(Config, ReadsAFileAndSaysWhyNot) {
  write("g.yaml", kOk, 0600);
  ReadConfig read = app::read_config((folder_ / "g.yaml").string(), app::process_environment);
  ASSERT_TRUE(read.config);
  EXPECT_EQ(read.config->folder, folder_.string());
  EXPECT_THAT(app::read_config((folder_ / "none").string(), app::process_environment).findings[0].line(),
              testing::EndsWith("cannot be read: No such file or directory"));
  EXPECT_THAT(app::read_config(folder_.string(), app::process_environment).findings[0].line(),
              testing::EndsWith("is a folder; name the file"));
}

TEST_F(Config, LooksWhereTheContractSays) {
  auto environment = [this](const std::string& name) -> std::optional<std::string> {
    auto found = environment_.find(name);
    if (found == environment_.end()) return {};
    return found->second;
  };
  EXPECT_EQ(*app::find_config("x.yaml", environment), "x.yaml");
  EXPECT_THAT(app::find_config("", environment).error().message,
              testing::HasSubstr(folder_.string() + "/.config/gatehouse/gatehouse.yaml"));
  environment_["XDG_CONFIG_HOME"] = (folder_ / "xdg").string();
  fs::create_directories(folder_ / "xdg/gatehouse");
  write("xdg/gatehouse/gatehouse.yaml", kOk, 0600);
  EXPECT_EQ(*app::find_config("", environment), (folder_ / "xdg/gatehouse/gatehouse.yaml").string());
  environment_["GATEHOUSE_CONFIG"] = "/some/where";
  EXPECT_EQ(*app::find_config("", environment), "/some/where");
}

TEST_F(Config, ReadsWhichRegistryIsAsked) {
  auto read = parse("servers: {}\nregistry: { url: \"https://registry.example.com/api\", min_mtf: 3 }\n");
  ASSERT_TRUE(read.config);
  EXPECT_EQ(read.config->registry.url, "https://registry.example.com/api");
  EXPECT_EQ(read.config->registry.min_mtf, 3);
  EXPECT_EQ(parse("servers: {}\n").config->registry.url, "https://registry.modelcontextprotocol.io");
  EXPECT_THAT(lines("servers: {}\nregistry: { url: ftp://x, min_mtf: 5, mtf: 1 }\n"),
              testing::Contains(testing::HasSubstr("registry.url")).Times(1));
  EXPECT_THAT(lines("servers: {}\nregistry: { min_mtf: 5 }\n"), testing::Contains(testing::HasSubstr("registry.min_mtf must be")));
  EXPECT_THAT(lines("servers: {}\nregistry: { min_mft: 1 }\n"), testing::Contains(testing::HasSubstr("did you mean \"min_mtf\"?")));
}

}  // namespace
