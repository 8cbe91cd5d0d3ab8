#include "mcp/skills.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "mcp/server.h"
#include "net/http_server.h"
#include "sdk/current_loop.h"
#include "sdk/frontmatter.h"
#include "sdk/http_endpoint.h"
#include "sdk/server_core.h"
#include "sdk/session.h"

namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Result;
using mcp::Skill;
using mcp::Task;

std::string json_of(std::string_view markdown) {
  auto json = sdk::frontmatter_json(markdown);
  return json ? *json : json.error().message;
}

TEST(Frontmatter, IsJsonOfTheCoreSchema) {
  EXPECT_EQ(json_of("---\nname: a\ndescription: b c\n---\nbody"), R"({"name":"a","description":"b c"})");
  EXPECT_EQ(json_of("\xEF\xBB\xBF---\r\nname: a\r\n---  \r\nbody"), R"({"name":"a"})");
  EXPECT_EQ(json_of("---\na: 1\nb: -2.50\nc: 1e3\nd: 0x1f\ne: 0o17\nf: 007\ng: .5\nh: 1.\n---\n"),
            R"({"a":1,"b":-2.50,"c":1e3,"d":31,"e":15,"f":7,"g":0.5,"h":1})");
  EXPECT_EQ(json_of("---\na: '1'\nb: yes\nc: True\nd: ~\ne:\nf: 2001-01-02\ng: !!str 5\nh: 1.2.3\n---"),
            R"({"a":"1","b":"yes","c":true,"d":null,"e":null,"f":"2001-01-02","g":"5","h":"1.2.3"})");
  EXPECT_EQ(json_of("---\na: [x, {b: 2}]\nm:\n  k: v\nt: >-\n  one\n  two\nl: |\n  x\n---\n"),
            R"({"a":["x",{"b":2}],"m":{"k":"v"},"t":"one two","l":"x\n"})");
  EXPECT_EQ(json_of("---\nbig: 123456789012345678901234567890\n---\n"), R"({"big":123456789012345678901234567890})");
}

TEST(Frontmatter, RefusesWhatIsNone) {
  EXPECT_NE(json_of("name: a\n").find("does not begin with frontmatter"), std::string::npos);
  EXPECT_NE(json_of("---\nname: a\n").find("does not begin with frontmatter"), std::string::npos);
  EXPECT_NE(json_of("---\n" + std::string(40'000, 'x') + "\n---\n").find("does not begin with frontmatter"), std::string::npos);
  EXPECT_NE(json_of("---\n- a\n---\n").find("not a YAML map"), std::string::npos);
  EXPECT_NE(json_of("---\na: 1\na: 2\n---\n").find("line 3: the key 'a' stands twice"), std::string::npos);
  EXPECT_NE(json_of("---\na: &x 1\nb: *x\n---\n").find("aliases"), std::string::npos);
  EXPECT_NE(json_of("---\na: !!int 1\n---\n").find("tags"), std::string::npos);
  EXPECT_NE(json_of("---\na: .inf\n---\n").find("no such number"), std::string::npos);
  EXPECT_NE(json_of("---\na: 1e999\n---\n").find("too large"), std::string::npos);
  EXPECT_NE(json_of("---\na: " + std::string(100, '[') + std::string(100, ']') + "\n---\n").find("nested"), std::string::npos);
  EXPECT_NE(json_of("---\na: \"\xff\"\n---\n").find("UTF-8"), std::string::npos);
  EXPECT_NE(json_of("---\n? [a]\n: b\n---\n").find("key"), std::string::npos);
}

TEST(Frontmatter, TheSameMeansTheSame) {
  auto same = [](std::string_view a, std::string_view b) {
    return sdk::same_json(mcp::Json::parse(a)->root(), mcp::Json::parse(b)->root());
  };
  EXPECT_TRUE(same(R"({"a":1,"b":[true,null]})", R"({"b":[true,null],"a":1.0})"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"b":1})"));
  EXPECT_FALSE(same(R"({"a":"1"})", R"({"a":1})"));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same("9007199254740993", "9007199254740992"));
}

class Skills : public testing::Test {
 protected:
  Skills() {
    std::string pattern = fs::temp_directory_path() / "skills-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Skills() override { fs::remove_all(folder_); }

  void put(const std::string& path, std::string_view text) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << text;
  }
  static std::string manifest(std::string_view name) { return "---\nname: " + std::string(name) + "\ndescription: About it\n---\nBody.\n"; }
  std::string problems_of(const std::string& path) {
    mcp::Server server("s", "1");
    server.skill(path, folder_ / path);
    return server.problems();
  }

  fs::path folder_;
};

TEST_F(Skills, WhatBreaksTheFormatIsAProblem) {
  put("good/SKILL.md", manifest("good"));
  EXPECT_EQ(problems_of("good"), "");
  put("other/SKILL.md", manifest("good"));
  EXPECT_NE(problems_of("other").find("its name is 'good': it must be that of the path, 'other'"), std::string::npos);
  put("empty/README.md", "x");
  EXPECT_NE(problems_of("empty").find("has no SKILL.md"), std::string::npos);
  EXPECT_NE(problems_of("missing").find("No such file"), std::string::npos);
  put("Big/SKILL.md", manifest("Big"));
  EXPECT_NE(problems_of("Big").find("the name of a skill"), std::string::npos);
  EXPECT_NE(problems_of("../good").find("empty segment, or . or .."), std::string::npos);
  put("link/SKILL.md", manifest("link"));
  fs::create_symlink("/etc/hostname", folder_ / "link/host");
  EXPECT_NE(problems_of("link").find("links are not followed"), std::string::npos);
  put("large/SKILL.md", manifest("large"));
  put("large/blob", std::string(17UL << 20, 'x'));
  EXPECT_NE(problems_of("large").find("more than 16 MiB"), std::string::npos);
  put("many/SKILL.md", manifest("many"));
  for (int i = 0; i < 512; ++i) put("many/" + std::to_string(i), "");
  EXPECT_NE(problems_of("many").find("more than 512 files"), std::string::npos);
}

// A server over HTTP and a client of the public API.
class SkillsServed : public Skills {
 protected:
  void serve(mcp::Server& server) {
    ASSERT_EQ(server.problems(), "");
    core_ = std::make_unique<sdk::ServerCore>(loop_, server);
    sdk::HttpEndpointOptions options;
    options.front.methods = core_->methods();
    endpoint_ = std::make_unique<sdk::HttpEndpoint>(loop_, *core_, sessions_, options);
    http_ = std::make_unique<net::HttpServer>(loop_, net::HttpServerOptions{},
                                              [this](net::HttpExchange& exchange) { return endpoint_->serve(exchange); });
    ASSERT_TRUE(http_->listen("127.0.0.1", 0).ok());
    auto opened = loop_.block_on(mcp::Client::open_http("http://127.0.0.1:" + std::to_string(http_->port()) + "/mcp"));
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    client_.emplace(*std::move(opened));
  }
  ~SkillsServed() override {
    if (client_) (void)loop_.block_on(client_->close());
    client_.reset();
    sessions_->clear();
    if (http_) (void)loop_.block_on(http_->stop(base::Millis(50)));
  }
  template <class T>
  Result<T> wait(Task<T> task) {
    return loop_.block_on(std::move(task));
  }

  base::Loop loop_;
  sdk::RuntimeScope scope_{{&loop_, nullptr}};
  std::shared_ptr<sdk::SessionTable> sessions_ = std::make_shared<sdk::SessionTable>();
  std::unique_ptr<sdk::ServerCore> core_;
  std::unique_ptr<sdk::HttpEndpoint> endpoint_;
  std::unique_ptr<net::HttpServer> http_;
  std::optional<mcp::Client> client_;
};

TEST_F(SkillsServed, AreListedReadAndVerified) {
  put("notes/SKILL.md", manifest("notes"));
  put("notes/a b#ü.md", "# Hi");
  put("notes/data/raw.bin", std::string("\xff\x00\x01", 3));
  put("notes/data/deep/inner/SKILL.md", manifest("inner"));
  put("notes/.hidden", "x");
  put("acme/refunds/SKILL.md", manifest("refunds"));
  fs::create_directories(folder_ / "notes/nothing");
  fs::create_symlink("/etc", folder_ / "elsewhere");  // beside the skills: not looked into
  mcp::Server server("s", "1");
  server.skills(folder_).page_size(1);
  serve(server);

  EXPECT_TRUE(mcp::serves_skills(*client_));
  auto all = wait(mcp::list_skills(*client_));
  ASSERT_TRUE(all.ok()) << all.error().message;
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].uri, "skill://acme/refunds/SKILL.md");
  const Skill& notes = (*all)[1];
  EXPECT_EQ(notes.name, "notes");
  EXPECT_EQ(notes.files.size(), 4u);
  EXPECT_EQ((*all)[2].uri, "skill://notes/data/deep/inner/SKILL.md");

  EXPECT_EQ(*wait(mcp::load_skill(*client_, notes)), manifest("notes"));
  EXPECT_EQ(wait(mcp::read_skill_file(*client_, notes, "a b#ü.md"))->text, "# Hi");
  EXPECT_EQ(wait(mcp::read_skill_file(*client_, notes, "data/raw.bin"))->bytes, std::string("\xff\x00\x01", 3));
  for (const char* file : {".hidden", "../acme/refunds/SKILL.md", "data/../SKILL.md", "skill://acme/refunds/SKILL.md", "nothing"})
    EXPECT_EQ(wait(mcp::read_skill_file(*client_, notes, file)).error().code, Code::denied) << file;
  for (const char* uri : {"skill://notes/.hidden", "skill://notes/../../etc/hostname", "skill://notes/data/../SKILL.md", "skill://notes/"})
    EXPECT_FALSE(wait(client_->read_resource(uri)).ok()) << uri;

  EXPECT_EQ(wait(mcp::get_skill(*client_, notes.uri))->files.size(), 4u);
  EXPECT_EQ(wait(mcp::get_skill(*client_, "skill://notes")).error().code, Code::invalid_argument);

  auto names = [&](const char* uri) {
    std::string out;
    auto read = wait(mcp::read_directory(*client_, uri));
    if (!read) return read.error().message;
    for (const auto& info : *read) out += info.name + (info.mime_type == "inode/directory" ? "/ " : " ");
    return out;
  };
  EXPECT_EQ(names("skill://notes"), "notes a b#ü.md data/ nothing/ ");
  EXPECT_EQ(names("skill://notes/data"), "deep/ raw.bin ");
  EXPECT_EQ(names("skill://notes/nothing"), "");
  EXPECT_EQ(names("skill://acme"), "refunds/ ");
  EXPECT_NE(names("skill://notes/SKILL.md").find("Not a directory"), std::string::npos);
  auto listed = wait(client_->list_resources());
  ASSERT_EQ(listed->size(), 3u);
  EXPECT_EQ((*listed)[1].description, "About it");
}

TEST_F(SkillsServed, WhatIsNotWhatWasPromisedIsNotUsed) {
  put("notes/SKILL.md", manifest("notes"));
  mcp::Server server("s", "1");
  server.skill("notes", folder_ / "notes");
  serve(server);
  Skill skill = *wait(mcp::get_skill(*client_, "skill://notes/SKILL.md"));
  Skill other = skill;
  other.files[0].size += 1;
  EXPECT_EQ(wait(mcp::load_skill(*client_, other)).error().code, Code::upstream_failed);
  other = skill;
  other.files[0].digest[10] = other.files[0].digest[10] == 'a' ? 'b' : 'a';
  EXPECT_EQ(wait(mcp::load_skill(*client_, other)).error().code, Code::upstream_failed);
  other = skill;
  other.frontmatter = *mcp::Json::parse(R"({"name":"notes","description":"Something else"})");
  EXPECT_NE(wait(mcp::load_skill(*client_, other)).error().message.find("its frontmatter is not that"), std::string::npos);
  EXPECT_TRUE(wait(mcp::load_skill(*client_, skill)).ok());
}

TEST_F(SkillsServed, AServerWithoutSkillsHasNoSuchMethods) {
  mcp::Server server("s", "1");
  server.tool("t", "T.", [] { return std::string("x"); });
  serve(server);
  EXPECT_EQ(wait(mcp::list_skills(*client_)).error().code, Code::not_found);
  for (const char* method : {"skills/list", "skills/get", "resources/directory/read"}) {
    auto answer = wait(client_->request(method, R"({"uri":"skill://x/SKILL.md"})"));
    EXPECT_FALSE(answer.ok()) << method;
    EXPECT_NE(answer.error().message.find("not found"), std::string::npos) << answer.error().message;
  }
}

}  // namespace
