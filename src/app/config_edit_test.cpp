#include "app/config_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

namespace fs = std::filesystem;
using app::NewServer;
using app::with_server;

const NewServer kWinches{"winches", "from afar", {{"command", R"([npx, -y, "@harbor/winches@1.2.0"])"}, {"env", R"({ "A": "b" })"}}};

constexpr std::string_view kBlock =
    "  # from afar\n  winches:\n    command: [npx, -y, \"@harbor/winches@1.2.0\"]\n    env: { \"A\": \"b\" }\n";

std::string edited(std::string_view text) {
  auto out = with_server(text, kWinches);
  EXPECT_TRUE(out.ok()) << text << (out ? "" : out.error().message);
  return out ? *std::move(out) : std::string();
}

std::string block() { return std::string(kBlock); }

TEST(ConfigEdit, AddsBehindTheLastServerAndLeavesTheRest) {
  EXPECT_EQ(edited("servers:\n  a: { builtin: vault }\n"), "servers:\n  a: { builtin: vault }\n" + block());
  EXPECT_EQ(edited("servers:\n  a: { builtin: vault }   # mine\n\n  # more:\n\nrules: []\n"),
            "servers:\n  a: { builtin: vault }   # mine\n" + block() + "\n  # more:\n\nrules: []\n");
  EXPECT_EQ(edited("servers:\n  a:\n    builtin: vault"), "servers:\n  a:\n    builtin: vault\n" + block());
  EXPECT_EQ(edited("# top\nlisten: 127.0.0.1:1\n"), "# top\nlisten: 127.0.0.1:1\n\nservers:\n" + block());
  EXPECT_EQ(edited("servers:\nlisten: 127.0.0.1:1\n"), "servers:\n" + block() + "listen: 127.0.0.1:1\n");
  EXPECT_EQ(edited(""), "\nservers:\n" + block());
  EXPECT_THAT(edited("servers:\n      a: { builtin: vault }\n"), testing::HasSubstr("\n      winches:\n        command:"));
}

TEST(ConfigEdit, LeavesWhatItCannotAddTo) {
  auto out = with_server("servers: &all {}\nlisten: 127.0.0.1:1\n", kWinches);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, mcp::Code::internal);
}

TEST(ConfigEdit, AddsToMapsInBraces) {
  EXPECT_EQ(edited("servers: { a: { builtin: vault } } # x\n"),
            "servers: { a: { builtin: vault }, \"winches\": { \"command\": [npx, -y, \"@harbor/winches@1.2.0\"], \"env\": { \"A\": \"b\" } "
            "} } # x\n");
  EXPECT_THAT(edited("servers: {}\nlisten: 127.0.0.1:1\n"), testing::StartsWith("servers: { \"winches\": {"));
  EXPECT_THAT(edited("{\"servers\":{\"a\":{\"builtin\":\"}{'\"}},\"listen\":\"127.0.0.1:1\"}"),
              testing::HasSubstr("\"}{'\"}, \"winches\""));
  EXPECT_THAT(edited("{\n  \"servers\": {\n    \"a\": { \"builtin\": \"vault\" }\n  }\n}\n"),
              testing::HasSubstr("\"vault\" }, \"winches\""));
  EXPECT_THAT(edited("{\"listen\":\"127.0.0.1:1\"}"), testing::HasSubstr(", \"servers\": { \"winches\""));
}

TEST(ConfigEdit, RefusesWhatItWouldChange) {
  EXPECT_EQ(with_server("servers:\n  winches: { builtin: vault }\n", kWinches).error().code, mcp::Code::conflict);
  EXPECT_EQ(with_server("servers: [", kWinches).error().code, mcp::Code::invalid_argument);
  EXPECT_EQ(with_server("servers: [1]\n", kWinches).error().code, mcp::Code::internal);
  EXPECT_EQ(with_server("x: &a { b: { builtin: vault } }\nservers: *a\n", kWinches).error().code, mcp::Code::internal);
  // A value that is more than it seems does not get through either.
  EXPECT_FALSE(with_server("servers:\n  a: { builtin: vault }\n", NewServer{"b", "", {{"command", "[x]\nrules: []"}}}).ok());
  EXPECT_FALSE(with_server("servers:\n  a: { builtin: vault }\n", NewServer{"b", "c\nrules: []", {{"command", "[x]"}}}).ok());
}

TEST(ConfigEdit, ReplacesAFileAndKeepsTheOldOne) {
  char name[] = "/tmp/gatehouse-edit-XXXXXX";
  const fs::path folder = ::mkdtemp(name);
  const std::string file = (folder / "g.yaml").string();
  const auto read = [](const std::string& path) {
    std::ifstream in(path);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  ASSERT_TRUE(app::replace_file(file, "one").ok());
  struct stat is{};
  ASSERT_EQ(::stat(file.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777, 0600U);
  EXPECT_FALSE(fs::exists(file + ".bak"));
  ::chmod(file.c_str(), 0640);
  fs::create_symlink(file, folder / "link");
  ASSERT_TRUE(app::replace_file((folder / "link").string(), "two").ok());
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read(file), "two");
  EXPECT_EQ(read(file + ".bak"), "one");
  ASSERT_EQ(::stat(file.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777, 0640U);
  EXPECT_FALSE(app::replace_file((folder / "no" / "file").string(), "x").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 3);
  fs::remove_all(folder);
}

}  // namespace
