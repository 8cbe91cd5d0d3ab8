#include "app/machine_probe.h"

#include "gateway/box/server_box.h"
#include "net/child.h"
#include "sandbox/child/landlock.h"

namespace app {
namespace {

constexpr base::Millis kProbeTime{10'000};

// Separated by "; ".
std::vector<std::string> parts(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("; "), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return out;
}

}  // namespace

base::Task<SandboxLayers> probe_sandbox(base::Loop* loop, net::Reaper* reaper) {
  SandboxLayers out;
  out.landlock = sandbox::child::landlock_version();
  const gateway::Machine& machine = gateway::Machine::here();
  out.cgroup = machine.cgroup;
  gateway::ServerConfig config;
  config.id = "doctor";
  config.box.degraded = gateway::BoxConfig::Degraded::allowed;
  const std::vector<std::string> nothing{"/bin/true"};
  auto boxed = gateway::box_command(config, nothing, machine);
  if (!boxed) {
    out.refused = boxed.error().message;
    co_return out;
  }
  net::ChildOptions options;
  options.start_time = kProbeTime;
  options.on_degraded = [&out](std::string_view layers) { out.missing = parts(layers); };
  auto opening = net::Child::open_child(*loop, *reaper, boxed->command, std::move(options));
  auto child = co_await std::move(opening).result();
  if (!child) {
    out.refused = child.error().message;
    co_return out;
  }
  co_await (*child)->stop(kProbeTime);
  if ((*child)->status() != "exited with 0") out.refused = "a program in it " + (*child)->status();
  co_return out;
}

}  // namespace app
