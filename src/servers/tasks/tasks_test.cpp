// Profiles as they are read and filled, signatures of webhooks, and which setups are refused.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "servers/tasks/hook.h"
#include "servers/tasks/profile.h"
#include "servers/tasks/tasks.h"

namespace servers::tasks {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

mcp::Json json(std::string_view text) {
  auto read = mcp::Json::parse(text);
  EXPECT_TRUE(read.ok()) << text;
  return read ? *std::move(read) : mcp::Json();
}

Profile own(std::string_view text) {
  const mcp::Json over = json(text);
  auto read = read_profile("own", {}, over.root());
  EXPECT_TRUE(read.ok()) << read.error().message;
  return read ? *std::move(read) : Profile();
}

constexpr std::string_view kOwn =
    R"({"actions":{"get":{"path":"/a/{id}"},"list":{"path":"/{+repository}/issues","query":{"s":"{status}","q":"in:{text}"}},
  "status":{"method":"POST","path":"/a/{id}/status","body":{"status":"{status}","note":"{text}","list":["{text}","x"],"deep":{"n":1}}}},
  "issue":{"id":"/id","status":"/state/name"}})";

TEST(Profiles, ThoseThatComeWithTheProgramAreRead) {
  for (std::string_view name : profile_names()) {
    const mcp::Json base = json(*find_profile(name));
    auto read = read_profile(name, base.root(), {});
    ASSERT_TRUE(read.ok()) << name << ": " << read.error().message;
    for (const char* action : {"list", "get", "comments", "comment", "status", "assign"}) EXPECT_TRUE(read->find(action)) << name << action;
    for (const std::string& status : read->final_statuses) EXPECT_THAT(read->statuses, Contains(status));
  }
  EXPECT_FALSE(find_profile("jira"));
}

TEST(Profiles, AreChangedMemberByMember) {
  const mcp::Json base = json(*find_profile("paperclip"));
  const mcp::Json over = json(R"({"base_url":"https://x","actions":{"get":{"path":"/one/{id}"}}})");
  auto read = read_profile("paperclip", base.root(), over.root());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->base_url, "https://x");
  EXPECT_EQ(read->find("get")->path, "/one/{id}");
  EXPECT_TRUE(read->find("assign"));
}

TEST(Profiles, WrongOnesAreRefused) {
  auto said = [](std::string_view text) {
    const mcp::Json over = json(text);
    auto read = read_profile("own", {}, over.root());
    return read ? std::string("fine") : read.error().message;
  };
  EXPECT_THAT(said("{}"), HasSubstr("actions.get is missing"));
  EXPECT_THAT(said(R"({"actons":{}})"), HasSubstr("api.actons is no setting"));
  EXPECT_THAT(said(R"({"actions":{"get":{"path":"x"}}})"), HasSubstr("api.actions.get.path must begin with '/'"));
  EXPECT_THAT(said(R"({"actions":{"get":{"path":"/","method":"BREW"}}})"), HasSubstr("method"));
  EXPECT_THAT(said(R"({"actions":{"remove":{"path":"/"},"get":{"path":"/"}}})"), HasSubstr("api.actions.remove is none of"));
  EXPECT_THAT(said(R"({"actions":{"get":{"path":"/"}},"issue":{"id":"id","status":"/s"}})"), HasSubstr("JSON pointer"));
}

TEST(Profiles, TemplatesAreFilled) {
  const Profile profile = own(kOwn);
  auto target = [&](const char* action, const Values& values) {
    auto out = target_of(*profile.find(action), values);
    return out ? *out : "error: " + out.error().message;
  };
  EXPECT_EQ(target("get", {{"id", "a/b c"}}), "/a/a%2Fb%20c");
  EXPECT_EQ(target("list", {{"repository", "octo/hello"}, {"status", "open"}, {"text", ""}}), "/octo/hello/issues?s=open");
  EXPECT_EQ(target("list", {{"repository", "octo/hello"}, {"text", "a&b"}}), "/octo/hello/issues?q=in:a%26b");
  for (const char* id : {"", ".", ".."}) EXPECT_THAT(target("get", {{"id", id}}), HasSubstr("error: 'id'"));
  for (const char* repository : {"octo/../x", "octo//x", "../x", "octo/", ""})
    EXPECT_THAT(target("list", {{"repository", repository}}), HasSubstr("error: 'repository'")) << repository;
  EXPECT_THAT(target("get", {}), HasSubstr("error: 'id' is missing"));
  EXPECT_EQ(*body_of(*profile.find("status"), {{"status", "do\"ne"}}), R"({"status":"do\"ne","list":["x"],"deep":{"n":1}})");
  EXPECT_EQ(*body_of(*profile.find("status"), {{"status", "{text}"}, {"text", "t"}}),
            R"({"status":"{text}","note":"t","list":["t","x"],"deep":{"n":1}})");
  EXPECT_EQ(field_of(json(R"({"state":{"name":"x"}})").root(), profile.issue, "status"), "x");
}

TEST(Hooks, OnlySignedOnesAreTaken) {
  // RFC 4231, test case 2.
  const base::Secret<std::string> secret("Jefe");
  const std::string body = "what do ya want for nothing?";
  const std::string right = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  EXPECT_EQ(signature_of(body, secret), right);
  EXPECT_TRUE(is_signed(body, "sha256=" + right, "sha256=", secret));
  EXPECT_FALSE(is_signed(body, right, "sha256=", secret));
  EXPECT_FALSE(is_signed(body + " ", "sha256=" + right, "sha256=", secret));
  EXPECT_FALSE(is_signed(body, "sha256=", "sha256=", secret));
  EXPECT_FALSE(is_signed(body, "sha256=" + signature_of(body, {}), "sha256=", {})) << "without a secret nothing is signed";
  Profile profile;
  profile.hook_id = "/issue/id";
  EXPECT_EQ(*issue_of_hook(R"({"issue":{"id":7}})", profile), "7");
  for (const char* wrong : {"", "[]", R"({"issue":{"id":""}})", R"({"issue":{"id":"a\nb"}})", R"({"issue":{"id":{}}})"})
    EXPECT_FALSE(issue_of_hook(wrong, profile).ok()) << wrong;
}

TEST(Tasks, SetupsAreChecked) {
  auto said = [](std::string own) {
    BuiltinOptions options;
    options.own = base::Secret<std::string>(std::move(own));
    auto checked = check_tasks(options);
    return checked ? fmt::format("{}", fmt::join(*checked, "; ")) : checked.error().message;
  };
  EXPECT_THAT(said("{}"), HasSubstr("no token or jwt; each call will say so; the profile paperclip needs values.company"));
  EXPECT_THAT(said(R"({"profile":"jira"})"), HasSubstr("there are paperclip and github"));
  EXPECT_THAT(said(R"({"token":"s3cret","jwt":{"key":"x"}})"), HasSubstr("two ways"));
  EXPECT_THAT(said(R"({"jwt":{"token_url":"https://a/t"}})"), HasSubstr("jwt.id"));
  EXPECT_THAT(said(R"({"jwt":{"key":"s3cret"}})"), HasSubstr("private key in PEM"));
}

}  // namespace
}  // namespace servers::tasks
