// What `gatehouse check` says of the servers that a config would start.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "app/config.h"
#include "trust/launch/verdict.h"

namespace app {

struct ServerLaunch {
  std::string server;
  gateway::Place place;
  trust::Verdict verdict;
  std::string digest;  // what an approval pins
};

// Of each enabled server of the kind command, in the config's order. Starts nothing; looks at the file system.
std::vector<ServerLaunch> judge_launches(const AppConfig& config);
bool any_denied(std::span<const ServerLaunch> launches);

// A JSON array.
std::string launches_json(std::span<const ServerLaunch> launches);
// A line for each one.
std::string launches_text(std::span<const ServerLaunch> launches);

}  // namespace app
