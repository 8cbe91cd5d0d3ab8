#include "gateway/box/server_box.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "oauth/url_guard.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;
namespace child = sandbox::child;
using base::Result;

// What a child inherits besides what its config gives it: enough to find programs and its user's folders, and no secret.
constexpr std::array<const char*, 9> kInherited = {
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_CACHE_HOME", "NODE_EXTRA_CA_CERTS"};
// In a box the folders are others.
constexpr std::array<const char*, 3> kOfThePlace = {"LANG", "LC_ALL", "TZ"};
constexpr std::array<const char*, 4> kCertificates = {"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"};

constexpr std::uint16_t kProxyPort = 3128;
constexpr std::size_t kMostHosts = 250;
constexpr std::uint32_t kFirstUser = 0x7000'0000;

std::string visible_path(const child::Exposure& exposure, const std::string& search) {
  std::string out;
  for (std::size_t begin = 0; begin <= search.size();) {
    const std::size_t end = std::min(search.find(':', begin), search.size());
    const std::string folder = search.substr(begin, end - begin);
    begin = end + 1;
    if (folder.empty() || folder.front() != '/' || !exposure.sees(folder)) continue;
    out += out.empty() ? "" : ":";
    out += folder;
  }
  return out.empty() ? "/usr/local/bin:/usr/bin:/bin" : out;
}

Result<> open_named(child::Exposure& exposure, const BoxConfig& box) {
  for (const std::string& path : box.read)
    if (auto opened = exposure.open(path, child::Mount::Access::read); !opened)
      return base::Error(opened.error().code, "sandbox.read: " + opened.error().message);
  for (const std::string& path : box.write)
    if (auto opened = exposure.open(path, child::Mount::Access::write); !opened)
      return base::Error(opened.error().code, "sandbox.write: " + opened.error().message);
  return {};
}

}  // namespace

net::Ground ground_of(const boost::asio::ip::address& address) {
  switch (oauth::place_of(address)) {
    case oauth::Place::everywhere: return net::Ground::open;
    case oauth::Place::loopback: return net::Ground::machine;
    case oauth::Place::private_net: return net::Ground::inside;
    case oauth::Place::special: return net::Ground::never;
  }
  return net::Ground::never;
}

std::uint32_t box_user(std::string_view name) {
  std::uint32_t hash = 2'166'136'261U;  // FNV-1a
  for (unsigned char c : name) hash = (hash ^ c) * 16'777'619U;
  return kFirstUser + (hash & 0xff'ffff);
}

Ways ways_out(const net::AllowList& network) {
  Ways out;
  out.hosts = "127.0.0.1 localhost\n::1 localhost\n";
  if (network.empty()) return out;
  const std::vector<net::EgressTarget> hosts = network.hosts();
  std::uint16_t proxy = kProxyPort;
  while (std::any_of(hosts.begin(), hosts.end(), [proxy](const auto& one) { return one.port == proxy; })) ++proxy;
  out.listeners.push_back({"127.0.0.1", proxy});
  out.targets.emplace_back();
  std::string direct = "localhost,127.0.0.1,::1";
  // Each name has an address of the box's own, so that programs that know of no proxy reach it too.
  std::map<std::string, std::string> addresses{{"localhost", "127.0.0.1"}};
  for (const net::EgressTarget& target : hosts) {
    auto found = addresses.find(target.host);
    if (found == addresses.end()) {
      if (addresses.size() > kMostHosts) break;
      found = addresses.emplace(target.host, "127.0.1." + std::to_string(addresses.size())).first;
      out.hosts += found->second + " " + target.host + "\n";
      direct += "," + target.host;
    }
    out.listeners.push_back({found->second, target.port});
    out.targets.push_back(target);
  }
  const std::string url = "http://127.0.0.1:" + std::to_string(proxy);
  for (const char* name : {"HTTPS_PROXY", "https_proxy"}) out.environment.push_back(std::string(name) + "=" + url);
  for (const char* name : {"NO_PROXY", "no_proxy"}) out.environment.push_back(std::string(name) + "=" + direct);
  out.environment.emplace_back("NODE_USE_ENV_PROXY=1");
  return out;
}

Result<BoxedCommand> box_command(const ServerConfig& config, const std::vector<std::string>& argv, const Machine& machine) {
  BoxedCommand out;
  auto configured = config.env.find("PATH");
  const std::string search = configured == config.env.end() ? machine.search : configured->second.reveal();
  child::Exposure exposure(machine.home, search);
  exposure.add_runtime();
  out.command.argv = argv;
  if (std::string program = exposure.find_program(argv.empty() ? "" : argv[0]); !program.empty()) {
    out.command.argv[0] = program;
    exposure.add_program(program);
  }
  for (const std::string& wide : exposure.add_arguments(argv, config.cwd))
    out.notes.push_back(wide + " is not opened to it, as it is wide; name it in sandbox.read");
  if (auto opened = open_named(exposure, config.box); !opened) return std::move(opened).error();
  for (const char* name : kCertificates)
    if (auto value = machine.variable(name); value && value->starts_with('/')) (void)exposure.open(*value, child::Mount::Access::read);

  std::map<std::string, std::string> environment{
      {"HOME", child::kHome}, {"TMPDIR", child::kTemporary}, {"USER", "box"}, {"PATH", visible_path(exposure, search)}};
  for (const char* name : kOfThePlace)
    if (auto value = machine.variable(name)) environment[name] = *value;
  for (const char* name : kCertificates)
    if (auto value = machine.variable(name); value && exposure.sees(*value)) environment[name] = *value;
  Ways ways = ways_out(config.box.network);
  for (const std::string& line : ways.environment) environment[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
  for (const auto& [name, value] : config.env)
    if (name != "PATH") environment[name] = value.reveal();
  for (const auto& [name, value] : environment) out.command.environment.push_back(name + "=" + value);

  child::Plan plan = exposure.take();
  plan.files.push_back({"/etc/hosts", ways.hosts});
  std::error_code none;
  for (const std::string& path : config.box.hidden)
    if (const fs::path real = fs::canonical(path, none); !none) plan.hidden.push_back(real.string());
  out.command.directory = config.cwd;
  if (!config.cwd.empty()) plan.folders.push_back(config.cwd);
  plan.listeners = std::move(ways.listeners);
  out.targets = std::move(ways.targets);
  plan.degraded = config.box.degraded == BoxConfig::Degraded::allowed ? child::Plan::Degraded::allowed : child::Plan::Degraded::refused;
  if (machine.root) plan.outer_id = box_user(config.id);
  plan.cgroup = machine.cgroup;
  out.command.confinement = child::plan_bytes(plan);
  return out;
}

net::ChildCommand plain_command(const ServerConfig& config, const Machine& machine) {
  net::ChildCommand command;
  command.argv = config.command;
  command.directory = config.cwd;
  for (const char* name : kInherited) {
    auto value = machine.variable(name);
    if (value && !config.env.contains(name)) command.environment.push_back(std::string(name) + "=" + *value);
  }
  for (const auto& [name, value] : config.env) command.environment.push_back(name + "=" + value.reveal());
  return command;
}

}  // namespace gateway
