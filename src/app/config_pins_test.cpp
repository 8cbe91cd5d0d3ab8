#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/config.h"
#include "trust/pins/lockfile.h"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using trust::PinMode;

class ConfigPins : public testing::Test {
 protected:
  ConfigPins() {
    std::string pattern = fs::temp_directory_path() / "gatehouse-config-pins-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ConfigPins() override { fs::remove_all(folder_); }
  app::ReadConfig read(const std::string& text) {
    return app::parse_config(text, "g.yaml", folder_, [](const std::string&) { return std::optional<std::string>(); });
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::string finding(const std::string& text) {
    auto out = read(text);
    return out.findings.empty() ? std::string() : out.findings[0].line();
  }
  trust::Lock lock(const std::string& server) {
    trust::Lock out;
    out.config = "g.yaml";
    out.servers[server].launch = "x";
    return out;
  }

  static constexpr const char* kServer = "servers: { web: { url: http://127.0.0.1:1/mcp } }\n";
  fs::path folder_;
};

TEST_F(ConfigPins, TrustsOnFirstUseWhereThereIsNoLock) {
  auto out = read(kServer);
  ASSERT_TRUE(out.config) << out.findings[0].line();
  EXPECT_EQ(out.config->gateway.pins.mode, PinMode::first_use);
  EXPECT_FALSE(out.config->gateway.pins.lock);
  EXPECT_EQ(read(std::string(kServer) + "pins: { mode: warn }").config->gateway.pins.mode, PinMode::warn);
}

TEST_F(ConfigPins, ALockBesideTheConfigIsEnforcedAndWatched) {
  write("gatehouse.lock", write_lock(lock("web")));
  auto out = read(kServer);
  ASSERT_TRUE(out.config) << out.findings[0].line();
  EXPECT_EQ(out.config->gateway.pins.mode, PinMode::enforce);
  ASSERT_TRUE(out.config->gateway.pins.lock);
  EXPECT_TRUE(out.config->gateway.pins.lock->servers.contains("web"));
  EXPECT_THAT(out.files, testing::Contains((folder_ / "gatehouse.lock").string()));
  EXPECT_THAT(finding(std::string(kServer) + "pins: { mode: trust-on-first-use }"), HasSubstr("with a lock"));
}

TEST_F(ConfigPins, ALockThatIsNotThereYetTrustsNothing) {
  auto out = read(std::string(kServer) + "pins: { lock: ./new.lock }");
  ASSERT_TRUE(out.config);
  EXPECT_EQ(out.config->gateway.pins.mode, PinMode::enforce);
  EXPECT_TRUE(out.config->gateway.pins.lock->servers.empty());
  EXPECT_THAT(out.findings[0].line(), HasSubstr("gatehouse pins lock"));
}

TEST_F(ConfigPins, ALockThatIsDamagedOrForeignRefusesTheConfig) {
  const std::string good = write_lock(lock("web"));
  write("gatehouse.lock", good.substr(0, good.size() / 2));
  EXPECT_FALSE(read(kServer).config);
  EXPECT_THAT(finding(kServer), HasSubstr("cut off"));
  write("gatehouse.lock", write_lock(lock("other")));
  EXPECT_THAT(finding(kServer), HasSubstr("another config"));
  trust::Lock of_other = lock("web");
  of_other.config = "h.yaml";
  write("gatehouse.lock", write_lock(of_other));
  EXPECT_THAT(finding(kServer), HasSubstr("written for \"h.yaml\""));
}

TEST_F(ConfigPins, APackageThatIsNotInTheCacheIsNotRun) {
  trust::Lock with = lock("tool");
  trust::LockedPackage& package = with.servers["tool"].package;
  package = {"npm", "x", "1.2.3", "sha512-x", "", "0000", "node_modules/x/i.js", {}};
  package.dependencies = trust::dependencies_digest({});
  write("gatehouse.lock", write_lock(with));
  auto out = read("servers: { tool: { command: [npx, -y, x@1.2.3] } }");
  ASSERT_TRUE(out.config) << out.findings[0].line();
  EXPECT_THAT(out.config->gateway.pins.refused.at("tool"), HasSubstr("gatehouse pins lock"));
}

TEST_F(ConfigPins, AnnotationsOfATool) {
  auto out = read("servers: { web: { url: http://127.0.0.1:1/mcp, tools: { x: { annotations: { destructiveHint: true } } } } }");
  ASSERT_TRUE(out.config) << out.findings[0].line();
  EXPECT_TRUE(out.config->gateway.servers[0].tools.at("x").annotations.at("destructiveHint"));
  EXPECT_THAT(finding("servers: { web: { url: http://127.0.0.1:1/mcp, tools: { x: { annotations: { destructive: true } } } } }"),
              HasSubstr("destructiveHint"));
}

}  // namespace
