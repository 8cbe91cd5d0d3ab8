#include "gateway/trust/launch_gate.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "base/log.h"
#include "trust/launch/judge.h"
#include "trust/launch/programs.h"

namespace gateway {
namespace {

using base::Code;
using base::Error;
using trust::Ruling;
using trust::Verdict;

// The pins of one server, as the policy asks for them.
class OfServer final : public trust::Approved {
 public:
  OfServer(const LaunchPins& pins, const std::string& server) : pins_(pins), server_(server) {}
  bool knows(std::string_view digest) const override { return pins_.knows(server_, digest); }
  bool nothing_else() const override { return pins_.nothing_else(server_); }

 private:
  const LaunchPins& pins_;
  const std::string& server_;
};

// `path` as it stands in the config's folder, where it does.
std::string from_folder(const std::string& path, const std::string& folder) {
  if (folder.empty() || !path.starts_with(folder + "/")) return path;
  return "./" + path.substr(folder.size() + 1);
}

// In the config, the program and its arguments are one list.
std::string place_in_config(const std::string& where) {
  if (where == "command") return "command[0]";
  constexpr std::string_view kArguments = "args[";
  if (!where.starts_with(kArguments)) return where;
  return fmt::format("command[{}]", std::strtoul(where.c_str() + kArguments.size(), nullptr, 10) + 1);
}

void name_server(std::string& text, const std::string& server) {
  constexpr std::string_view kServer = "approve SERVER";
  if (const std::size_t at = text.find(kServer); at != std::string::npos) text.replace(at, kServer.size(), "approve " + server);
}

}  // namespace

bool FirstSight::knows(std::string_view server, std::string_view digest) const {
  auto found = taken_.find(server);
  return found != taken_.end() && found->second == digest;
}

bool FirstSight::takes_at_first_sight(std::string_view server, const trust::Launch& launch) {
  std::string digest = trust::launch_digest(launch);
  base::log::info("a launch that nobody approved is taken as the config says",
                  {{"server", server}, {"launch", std::string_view(digest).substr(0, 12)}});
  taken_.insert_or_assign(std::string(server), std::move(digest));
  return true;
}

trust::Launch launch_of(const ServerConfig& server) {
  trust::Launch launch;
  launch.argv = server.written_command.empty() ? server.command : server.written_command;
  if (!launch.argv.empty()) launch.argv[0] = from_folder(launch.argv[0], server.folder);
  for (const auto& [name, value] : server.env_as_written) launch.env.emplace(name, value.reveal());
  if (server.cwd != server.folder) launch.cwd = from_folder(server.cwd, server.folder);
  return launch;
}

Verdict judge_launch(const ServerConfig& server, const LaunchPins& pins) {
  Verdict verdict = trust::judge(launch_of(server), OfServer(pins, server.id), trust::FileGround(server.folder));
  verdict.where = place_in_config(verdict.where);
  name_server(verdict.remedy, server.id);
  return verdict;
}

std::string verdict_text(const Verdict& verdict) {
  return fmt::format("{} at {}: {}; {}", verdict.rule, verdict.where, verdict.reason, verdict.remedy);
}

void warn_of_launch(const ServerConfig& server, const LaunchPins& pins) {
  if (server.kind != ServerConfig::Kind::command) return;
  const Verdict verdict = judge_launch(server, pins);
  if (verdict.ruling == Ruling::deny)
    base::log::warn("the launch policy denies to start a server",
                    {{"server", server.id}, {"config", server.place.text()}, {"why", verdict_text(verdict)}});
}

mcp::Result<std::string> permit_launch(const ServerConfig& server, LaunchPins& pins) {
  const Verdict verdict = judge_launch(server, pins);
  if (verdict.ruling == Ruling::deny)
    return Error(Code::denied, fmt::format("the launch policy denies to start it ({}): {}", server.place.text(), verdict_text(verdict)));
  if (verdict.ruling == Ruling::review && !pins.takes_at_first_sight(server.id, launch_of(server)))
    return Error(Code::denied, fmt::format("nobody has approved to start it so ({}): {}", server.place.text(), verdict_text(verdict)));
  const std::string& program = server.command[0];
  if (program.contains('/')) return program;
  const char* search = std::getenv("PATH");
  if (auto found = trust::find_program(program, search ? search : "")) return *std::move(found);
  return Error(Code::not_found,
               fmt::format("cannot start '{}': there is no such program in a folder of the PATH that only its owner can change; "
                           "install it, or write its full path",
                           program));
}

}  // namespace gateway
