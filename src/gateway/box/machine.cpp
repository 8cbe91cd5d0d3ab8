#include "gateway/box/machine.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "base/log.h"
#include "sandbox/child/cgroup.h"

namespace gateway {
namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

Machine look() {
  Machine out;
  out.variable = variable;
  out.home = variable("HOME").value_or("");
  out.search = variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  out.root = ::geteuid() == 0;
  for (char** at = environ; at && *at; ++at) {
    const std::string_view entry(*at);
    out.variables.emplace_back(entry.substr(0, entry.find('=')));
  }
  auto group = sandbox::child::find_delegated();
  if (!group) return out;
  if (auto ready = sandbox::child::prepare_group(*group); ready)
    out.cgroup = *group;
  else
    base::log::warn("servers have no memory limit of all their processes together", {{"cgroup", ready.error().message}});
  return out;
}

}  // namespace

const Machine& Machine::here() {
  static const Machine one = look();
  return one;
}

}  // namespace gateway
