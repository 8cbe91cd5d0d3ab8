#include <fmt/format.h>
#include <gmock/gmock.h>

#include "app/program_testing.h"
#include "base/json.h"

namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Cli : public app::testing::ProgramTest {};

TEST_F(Cli, WithoutACommandItSaysWhatThereIs) {
  EXPECT_EQ(run({}), 2);
  EXPECT_THAT(err_, HasSubstr("serve"));
  EXPECT_EQ(out_, "");
}

TEST_F(Cli, HelpIsGoodAndShowsOnlyWhatIsBuilt) {
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("completion"));
  EXPECT_EQ(run({"tools", "--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("--status"));
  EXPECT_THAT(out_, HasSubstr("--tokens"));
}

TEST_F(Cli, AnUnknownCommandNamesTheNearest) {
  EXPECT_EQ(run({"sevre"}), 2);
  EXPECT_EQ(err_, "gatehouse: unknown command \"sevre\"; did you mean serve?; gatehouse --help lists the commands\n");
  EXPECT_EQ(run({"xyzzy"}), 2);
  EXPECT_EQ(err_, "gatehouse: unknown command \"xyzzy\"; gatehouse --help lists the commands\n");
}

TEST_F(Cli, AFileThatIsNotThereIsNamed) {
  EXPECT_EQ(run({"check", "--launch", "no-such-file"}), 2);
  EXPECT_EQ(err_, "gatehouse: no-such-file cannot be read\n");
}

TEST_F(Cli, AnUnknownOptionNamesTheNearest) {
  EXPECT_EQ(run({"tools", "--jsn"}), 2);
  EXPECT_EQ(err_, "gatehouse: unknown option \"--jsn\"; did you mean --json?; see gatehouse tools --help\n");
  EXPECT_EQ(run({"version", "now"}), 2);
  EXPECT_EQ(err_, "gatehouse: unknown argument \"now\"; see gatehouse version --help\n");
  EXPECT_EQ(run({"call"}), 2);
  EXPECT_THAT(err_, HasSubstr("name is required; see gatehouse call --help"));
  EXPECT_EQ(run({"serve", "--log-level", "loud"}), 2);
}

TEST_F(Cli, VersionSaysWhatIsSpoken) {
  EXPECT_EQ(run({"version"}), 0);
  EXPECT_THAT(out_, StartsWith("gatehouse "));
  EXPECT_THAT(out_, HasSubstr("modern"));
  EXPECT_THAT(out_, HasSubstr("sqlite:"));
  EXPECT_EQ(run({"version", "--json"}), 0);
  auto json = base::parse_json(out_);
  ASSERT_TRUE(json);
  EXPECT_GE(json->as_object().at("revisions").as_array().size(), 5u);
  EXPECT_EQ(run({"--version"}), 0);
}

TEST_F(Cli, InitWritesAConfigThatIsGoodAndNeverOverwrites) {
  EXPECT_EQ(run({"init"}), 0);
  std::string written = read("gatehouse.yaml");
  EXPECT_THAT(written, HasSubstr("builtin: filesystem"));
  EXPECT_EQ(run({"check"}), 0);
  EXPECT_EQ(out_, "gatehouse.yaml: good, 1 server\n");
  EXPECT_EQ(err_, "");
  EXPECT_EQ(run({"init"}), 1);
  EXPECT_THAT(err_, HasSubstr("is there already"));
  EXPECT_EQ(read("gatehouse.yaml"), written);
  struct stat info{};
  ASSERT_EQ(::stat((folder_ / "gatehouse.yaml").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(Cli, WhatInitCommentsOutIsGoodToo) {
  run({"init"});
  std::string text = read("gatehouse.yaml");
  std::string uncommented;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    bool key = line.starts_with("  # ") && line.find(": ") != std::string::npos && line.find(". ") == std::string::npos;
    bool server = line == "  # vault:" || line == "  # browser:" || line == "  # internal:";
    if ((key || server) && line.find("Any server") == std::string::npos && !line.starts_with("  #   #")) line.erase(2, 2);
    if (line.starts_with("  # Any")) break;
    uncommented += line + '\n';
    at = end + 1;
  }
  write("all.yaml", uncommented);
  std::filesystem::create_directory(folder_ / "vault");
  EXPECT_EQ(run({"check", "--config", "all.yaml"}, {"TOOLS_TOKEN=x"}), 0) << err_ << uncommented;
  EXPECT_THAT(out_, HasSubstr("good, 4 servers"));
}

TEST_F(Cli, CheckSaysEverythingAndWhere) {
  write("bad.yaml", "listen: 0.0.0.0:1\nsevrers: {}\n");
  EXPECT_EQ(run({"check", "--config", "bad.yaml"}), 2);
  EXPECT_THAT(err_, HasSubstr("bad.yaml:1:9: listen: listening on 0.0.0.0 would let anybody"));
  EXPECT_THAT(err_, HasSubstr("bad.yaml:2:1: unknown key \"sevrers\"; did you mean \"servers\"?\n"));
  EXPECT_THAT(err_, EndsWith("bad.yaml: 2 errors\n"));
  EXPECT_THAT(err_, Not(HasSubstr("\x1b")));
  EXPECT_EQ(run({"check", "--config", "bad.yaml", "--json"}), 2);
  auto json = base::parse_json(out_);
  ASSERT_TRUE(json);
  EXPECT_FALSE(json->as_object().at("ok").as_bool());
  EXPECT_EQ(json->as_object().at("findings").as_array().size(), 3u);
  EXPECT_EQ(run({"serve", "--config", "bad.yaml"}), 2);
  EXPECT_EQ(run({"stdio", "--config", "bad.yaml"}), 2);
  EXPECT_EQ(run({"tools", "--config", "bad.yaml"}), 2);
}

TEST_F(Cli, WithoutAConfigItSaysWhereItLooked) {
  EXPECT_EQ(run({"serve"}), 2);
  EXPECT_THAT(err_, HasSubstr("no config: neither ./gatehouse.yaml nor"));
  EXPECT_EQ(run({"check"}, {"GATEHOUSE_CONFIG=none.yaml"}), 2);
  EXPECT_THAT(err_, HasSubstr("none.yaml: cannot be read: No such file or directory"));
}

TEST_F(Cli, CompletionIsReadByItsShell) {
  EXPECT_EQ(run({"completion", "bash"}), 0);
  write("c.bash", out_ + R"(
COMP_WORDS=(gatehouse ser); COMP_CWORD=1; _gatehouse; echo "${COMPREPLY[*]}"
COMP_WORDS=(gatehouse server fi); COMP_CWORD=2; _gatehouse; echo "${COMPREPLY[*]}"
COMP_WORDS=(gatehouse tools --js); COMP_CWORD=2; _gatehouse; echo "${COMPREPLY[*]}"
)");
  std::string command = fmt::format("bash {0}/c.bash > {0}/words", folder_.string());
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read("words"), "serve server\nfilesystem\n--json\n");
  EXPECT_EQ(run({"completion", "zsh"}), 0);
  EXPECT_THAT(out_, StartsWith("#compdef gatehouse"));
  EXPECT_EQ(run({"completion", "fish"}), 0);
  EXPECT_THAT(out_, HasSubstr("complete -c gatehouse"));
  EXPECT_EQ(run({"completion", "tcsh"}), 2);
}

TEST_F(Cli, AnUnknownBuiltInNamesTheNearest) {
  EXPECT_EQ(run({"server", "vaul"}), 2);
  EXPECT_THAT(err_, HasSubstr("did you mean vault?"));
  EXPECT_EQ(run({"server", "openapi"}), 2);
  EXPECT_THAT(err_, HasSubstr("--spec FILE"));
  EXPECT_EQ(run({"server", "tasks", "--profile", "jira"}), 2);
  EXPECT_THAT(err_, HasSubstr("there are paperclip and github"));
  EXPECT_EQ(run({"server", "filesystem", "--root", ".", "--http", "0.0.0.0:0"}), 2);
  EXPECT_THAT(err_, HasSubstr("would let anybody who reaches it call every tool"));
}

}  // namespace
