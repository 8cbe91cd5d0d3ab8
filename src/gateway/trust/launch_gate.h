// Whether a stdio server of the config may be started: the launch policy at the one place where children begin.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "gateway/config.h"
#include "mcp/result.h"
#include "trust/launch/launch.h"
#include "trust/launch/verdict.h"

namespace gateway {

// What is remembered of launches that a person approved, or that stood in the config when it was first used.
// Threads: the gateway's loop.
class LaunchPins {
 public:
  virtual ~LaunchPins() = default;
  // Whether this launch_digest was approved for the server.
  virtual bool knows(std::string_view server, std::string_view digest) const = 0;
  // Whether nothing but what was approved may run, however exact it is.
  virtual bool nothing_else(std::string_view server) const = 0;
  // A launch that a person could approve and nobody has is about to start. True: it may, as what a person wrote into the config; it may
  // be remembered. Never asked about what the policy denies.
  virtual bool takes_at_first_sight(std::string_view server, const trust::Launch& launch) = 0;
};

// Without pins: what stands in the config was written there by a person. The log tells of each launch that is taken so.
class FirstSight final : public LaunchPins {
 public:
  bool knows(std::string_view server, std::string_view digest) const override;
  bool nothing_else(std::string_view) const override { return false; }
  bool takes_at_first_sight(std::string_view server, const trust::Launch& launch) override;

 private:
  std::map<std::string, std::string, std::less<>> taken_;  // by server: the last digest
};

// A server of the kind command as a launch, as the config has it: its folder, and a program of the config's own folder, are relative to
// that.
trust::Launch launch_of(const ServerConfig& server);

// What the policy says of it. `where` is a place in the config: `command[2]`, `env.LD_PRELOAD`; the remedy names the server.
trust::Verdict judge_launch(const ServerConfig& server, const LaunchPins& pins);

// A verdict in one sentence: "R04 at command[1]: … ; …".
std::string verdict_text(const trust::Verdict& verdict);

// Tells the log of a server that will not be started.
void warn_of_launch(const ServerConfig& server, const LaunchPins& pins);

// Decides before a start, each time. Gives the absolute path of the program to start. Looks at the file system.
// Errors: denied (the policy denies it, or nobody approved it), not_found (a launcher that is nowhere on this machine).
mcp::Result<std::string> permit_launch(const ServerConfig& server, LaunchPins& pins);

}  // namespace gateway
