#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "app/commands.h"
#include "app/instance_lock.h"
#include "app/machine_probe.h"
#include "app/registry_watch.h"
#include "app/reload.h"
#include "app/stopping.h"
#include "app/terminal.h"
#include "app/wiring.h"

namespace app {
namespace {

namespace log = base::log;

// How long calls that run may go on once the gateway is asked to stop. Under the ten seconds after which containers are killed.
constexpr base::Millis kGrace{8'000};

// As many open files as this process may have at all: each client and each child takes some.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

base::Task<void> shut_down(Wiring* wiring, HttpSide* http, Reload* reload, RegistryWatch* registry, base::TaskGroup* work) {
  co_await reload->end();
  co_await registry->end();
  work->spawn(wiring->stop(kGrace));
  co_await http->stop(kGrace + base::Millis(1'000));
  co_await work->join();
  wiring->loop().stop();
}

void say_listening(const Wiring& wiring, const HttpSide& http, std::chrono::steady_clock::time_point began) {
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  log::info("listening", {{"url", fmt::format("{}://{}/mcp", wiring.config().tls ? "https" : "http", http.address().text())},
                          {"servers", static_cast<std::int64_t>(wiring.config().gateway.servers.size())},
                          {"ms", took.count()}});
}

// Says which layers of sandboxes this machine does not have, before a server that needs them is started.
base::Task<void> look_at_sandboxes(Wiring* wiring, net::Reaper* reaper) {
  SandboxLayers layers = co_await probe_sandbox(&wiring->loop(), reaper);
  std::string lacking = layers.refused.empty() ? "" : "all layers: " + layers.refused;
  for (const std::string& one : layers.missing) {
    if (!lacking.empty()) lacking += "; ";
    lacking += one;
  }
  if (lacking.empty()) co_return;
  log::warn("sandboxes of servers lack layers on this machine", {{"layers", lacking}, {"see", "gatehouse doctor"}});
  wiring->gateway().sandboxes_lack(std::move(lacking));
}

bool boxes_servers(const AppConfig& config) {
  return std::ranges::any_of(config.gateway.servers, [](const gateway::ServerConfig& one) {
    return one.enabled && one.kind == gateway::ServerConfig::Kind::command && one.box.mode != gateway::BoxConfig::Mode::off;
  });
}

// Runs until a signal comes and everything has ended.
void run(Wiring& wiring, net::Reaper& reaper, HttpSide& http, const std::optional<Address>& listen, ReadFrom from,
         std::chrono::steady_clock::time_point began) {
  base::TaskGroup work;
  base::TaskGroup ending;
  Reload reload({wiring.loop(), wiring.pool(), from.file, [file = from.file] { return read_config(file, process_environment); },
                 [&](ReadConfig read) { take_config(std::move(read), listen, wiring, &http); }},
                std::move(from.files));
  RegistryWatch registry(wiring.loop(), wiring.pool(), [&wiring]() -> const AppConfig& { return wiring.config(); });
  http.add_metrics([&registry] { return registry_metrics(registry.states()); });
  Stopping stopping(wiring.loop(), [&] { ending.spawn(shut_down(&wiring, &http, &reload, &registry, &work)); }, [&] { reload.ask(); });
  say_listening(wiring, http, began);
  if (boxes_servers(wiring.config())) work.spawn(look_at_sandboxes(&wiring, &reaper));
  wiring.loop().run();
}

}  // namespace

int serve(const ServeOptions& options, net::Reaper& reaper) {
  auto began = std::chrono::steady_clock::now();
  ReadFrom from;
  auto config = open_config(options.config, &from);
  if (!config) return kUsage;
  std::optional<Address> listen;
  if (!options.listen.empty()) {
    auto address = parse_listen(options.listen, config->gateway.door);
    if (!address) {
      complain("--listen: " + address.error().message);
      return kUsage;
    }
    listen = config->listen = *address;
  }
  log::open(options.log.format, options.log.level);
  raise_file_limit();
  auto failed = [](const mcp::Error& error) {
    complain(error.message);
    return kFailed;
  };
  auto lock = InstanceLock::take(config->lock_path());
  if (!lock) return failed(lock.error());
  auto wiring = Wiring::open(*std::move(config), reaper);
  if (!wiring) return failed(wiring.error());
  HttpSide http(**wiring);
  http.secure();
  if (auto listening = http.listen((*wiring)->config().listen); !listening) return failed(listening.error());
  if (auto numbers = http.listen_for_metrics(); !numbers) return failed(numbers.error());
  if (auto beside = http.listen_unix((*wiring)->config().socket_path()); !beside)
    log::warn("no socket beside the store", {{"reason", beside.error().message}});
  if (auto started = (*wiring)->start(); !started) return failed(started.error());
  lock->note(http.address().text());
  run(**wiring, reaper, http, listen, std::move(from), began);
  log::info("stopped");
  return kGood;
}

}  // namespace app
