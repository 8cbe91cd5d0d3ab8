#include "app/config_shared.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace app {
namespace {

namespace fs = std::filesystem;

TEST(SharedConfig, AStoreInMemoryLeavesNoFile) {
  std::string folder = fs::temp_directory_path() / "gatehouse-memory-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ReadConfig read = parse_config("store: \"sqlite::memory:\"\nservers: {}\n", folder + "/gatehouse.yaml", folder,
                                 [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(read.config);
  EXPECT_EQ(read.config->store.reveal(), "sqlite::memory:");
  auto keys = state_keys(*read.config);
  auto again = state_keys(*read.config);
  ASSERT_TRUE(keys && again);
  EXPECT_GE(keys->front().reveal().size(), 32U);
  // A config that is read again has the same.
  EXPECT_EQ(*keys, *again);
  auto pepper = secret_beside(*read.config, ".pepper", "keys.pepper");
  ASSERT_TRUE(pepper);
  EXPECT_NE(pepper->reveal(), keys->front().reveal());
  EXPECT_TRUE(fs::is_empty(folder));
  EXPECT_EQ(read.config->beside().find(":memory:"), std::string::npos);
  fs::remove_all(folder);
}

TEST(SharedConfig, InstancesOnOneDatabaseNameTheKeysOfTokens) {
  const std::string shared = "store: postgres://localhost/g\nstate_keys: [0123456789abcdef0123456789abcdef]\n";
  const std::string server = "servers:\n  desk: { url: \"https://desk.example.com/mcp\", auth: { oauth: per-user } }\n";
  auto read = [](const std::string& text) { return parse_config(text, "g.yaml", "/tmp", [](const std::string&) { return std::nullopt; }); };
  ReadConfig without = read(shared + server);
  EXPECT_FALSE(without.config);
  ASSERT_EQ(without.findings.size(), 1U);
  EXPECT_EQ(
      without.findings[0].text,
      "servers.desk.auth: instances that share a database share the keys of tokens; add keys: { vault: [\"${env:…}\"] }, the same for "
      "each; make one with: openssl rand -base64 32");
  EXPECT_TRUE(read(shared + "keys: { vault: [0123456789abcdef0123456789abcdef] }\n" + server).config);
  EXPECT_TRUE(read(shared + "servers:\n  desk: { url: \"https://desk.example.com/mcp\" }\n").config);
  EXPECT_TRUE(read(server).config);
}

}  // namespace
}  // namespace app
