#include "gateway/trust/launch_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "trust/launch/programs.h"

namespace {

using base::Code;
using gateway::ServerConfig;
using testing::HasSubstr;
using trust::Ruling;

ServerConfig server(std::vector<std::string> command) {
  ServerConfig config;
  config.id = "one";
  config.kind = ServerConfig::Kind::command;
  config.place = {"g.yaml", 3, 5};
  config.command = std::move(command);
  config.folder = config.cwd = "/home/ann";
  return config;
}

// Pins as they stand in a list.
class Listed final : public gateway::LaunchPins {
 public:
  bool knows(std::string_view, std::string_view digest) const override { return known.contains(std::string(digest)); }
  bool nothing_else(std::string_view) const override { return only; }
  bool takes_at_first_sight(std::string_view, const trust::Launch& launch) override {
    asked.push_back(trust::launch_digest(launch));
    return takes;
  }
  std::set<std::string> known;
  std::vector<std::string> asked;
  bool only = false;
  bool takes = false;
};

TEST(LaunchGate, TellsPlacesOfTheConfigAndNamesTheServer) {
  const gateway::FirstSight nothing;
  const trust::Verdict code = gateway::judge_launch(server({"node", "-e", "1"}), nothing);
  EXPECT_EQ(code.ruling, Ruling::deny);
  EXPECT_EQ(code.where, "command[1]");
  const trust::Verdict script = gateway::judge_launch(server({"node", "server.js"}), nothing);
  EXPECT_EQ(script.ruling, Ruling::review);
  EXPECT_THAT(script.remedy, HasSubstr("gatehouse pins approve one"));
  EXPECT_EQ(gateway::judge_launch(server({"bash"}), nothing).where, "command[0]");
}

TEST(LaunchGate, ALaunchIsTheSameInAnotherCheckout) {
  ServerConfig here = server({"/home/ann/bin/server", "x"}), there = here;
  there.folder = there.cwd = "/srv/copy";
  there.command[0] = "/srv/copy/bin/server";
  EXPECT_EQ(trust::launch_digest(gateway::launch_of(here)), trust::launch_digest(gateway::launch_of(there)));
  here.cwd = "/home/ann/sub";
  there.cwd = "/srv/copy/sub";
  EXPECT_EQ(trust::launch_digest(gateway::launch_of(here)), trust::launch_digest(gateway::launch_of(there)));
  there.cwd = "/srv/copy";
  EXPECT_NE(trust::launch_digest(gateway::launch_of(here)), trust::launch_digest(gateway::launch_of(there)));
  const gateway::FirstSight nothing;
  EXPECT_EQ(gateway::judge_launch(here, nothing).ruling, Ruling::review);
}

TEST(LaunchGate, OnlyReferencesToSecretsCount) {
  ServerConfig config = server({"node", "server.js"});
  config.env["KEY"] = base::Secret<std::string>("one");
  config.env_as_written["KEY"] = base::Secret<std::string>("${env:KEY}");
  const std::string digest = trust::launch_digest(gateway::launch_of(config));
  config.env["KEY"] = base::Secret<std::string>("two");
  EXPECT_EQ(trust::launch_digest(gateway::launch_of(config)), digest);
  config.env_as_written["KEY"] = base::Secret<std::string>("${env:OTHER}");
  EXPECT_NE(trust::launch_digest(gateway::launch_of(config)), digest);
}

TEST(LaunchGate, StartsNothingThatIsDeniedOrThatNobodyApproved) {
  Listed pins;
  auto denied = gateway::permit_launch(server({"/usr/bin/env", "node"}), pins);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Code::denied);
  EXPECT_THAT(denied.error().message, HasSubstr("g.yaml:3:5"));
  EXPECT_THAT(denied.error().message, HasSubstr("R01"));
  EXPECT_TRUE(pins.asked.empty());  // what is denied is nobody's to approve

  const ServerConfig script = server({"/opt/node/bin/node", "server.js"});
  auto unknown = gateway::permit_launch(script, pins);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::denied);
  EXPECT_THAT(unknown.error().message, HasSubstr("gatehouse pins approve one"));
  ASSERT_EQ(pins.asked.size(), 1u);

  pins.known.insert(pins.asked[0]);
  auto approved = gateway::permit_launch(script, pins);
  ASSERT_TRUE(approved);
  EXPECT_EQ(*approved, "/opt/node/bin/node");
  EXPECT_EQ(pins.asked.size(), 1u);

  const ServerConfig exact = server({"/usr/bin/npx", "-y", "a@1.0.0"});
  EXPECT_TRUE(gateway::permit_launch(exact, pins));
  pins.only = true;
  EXPECT_FALSE(gateway::permit_launch(exact, pins));
}

TEST(LaunchGate, FirstSightTakesWhatStandsInTheConfig) {
  gateway::FirstSight first;
  EXPECT_EQ(gateway::judge_launch(server({"node", "a.js"}), first).ruling, Ruling::review);
  (void)gateway::permit_launch(server({"node", "a.js"}), first);
  EXPECT_EQ(gateway::judge_launch(server({"node", "a.js"}), first).ruling, Ruling::allow);
  EXPECT_EQ(gateway::judge_launch(server({"node", "b.js"}), first).ruling, Ruling::review);
  EXPECT_FALSE(gateway::permit_launch(server({"sh", "-c", "id"}), first));
}

TEST(LaunchGate, LaunchersAreFoundWhereOnlyTheirOwnerPutsThem) {
  namespace fs = std::filesystem;
  char name[] = "/tmp/gatehouse-path-XXXXXX";
  const fs::path folder = ::mkdtemp(name);
  for (const char* sub : {"open", "own"}) {
    fs::create_directory(folder / sub);
    std::ofstream(folder / sub / "npx") << "#!/bin/sh\n";
    ::chmod((folder / sub / "npx").c_str(), 0755);
  }
  ::chmod((folder / "open").c_str(), 0777);
  const std::string open = (folder / "open").string(), own = (folder / "own").string();
  EXPECT_EQ(trust::find_program("npx", open + ":" + own), own + "/npx");
  EXPECT_EQ(trust::find_program("npx", ":.:own:" + own), own + "/npx");
  EXPECT_EQ(trust::find_program("no-such-launcher", own), std::nullopt);
  ::chmod((folder / "own" / "npx").c_str(), 0644);
  EXPECT_NE(trust::find_program("npx", own), own + "/npx");
  fs::remove_all(folder);
}

}  // namespace
