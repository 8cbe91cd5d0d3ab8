#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/commands.h"
#include "app/offered_now.h"
#include "app/package_cache.h"
#include "app/pins_desk.h"
#include "app/terminal.h"
#include "base/json.h"
#include "gateway/trust/pinning.h"
#include "trust/pins/canonical.h"
#include "trust/pins/difference_text.h"

namespace app {
namespace {

using trust::LedgerPin;
using trust::Lock;
using trust::LockedServer;
using trust::PinState;

int failed(const mcp::Error& error) {
  if (!error.message.empty()) complain(error.message);
  return error.code == mcp::Code::invalid_argument ? kUsage : kFailed;
}

// The servers that are meant; nothing where one of them is not known, which has been said then.
std::optional<std::vector<std::string>> meant(const PinsDesk& desk, const std::vector<std::string>& names) {
  std::vector<std::string> enabled;
  for (const std::string& id : desk.server_ids())
    if (desk.server(id)->enabled) enabled.push_back(id);
  for (const std::string& name : names)
    if (std::find(enabled.begin(), enabled.end(), name) == enabled.end()) {
      complain(fmt::format("there is no server {} that is enabled and has pins", shown(name)));
      return std::nullopt;
    }
  return names.empty() ? enabled : names;
}

std::string locked_launch(const gateway::ServerConfig& server) { return trust::pin_digest(gateway::launch_text(server)); }

// What is offered now, as it is locked: what is not as it was approved stays as it was, and counts in `changed`.
std::vector<LedgerPin> locked_pins(const trust::Ledger& book, const std::vector<trust::Pin>& offered, std::vector<trust::Pin>& changed) {
  std::vector<LedgerPin> out;
  for (const trust::Pin& pin : offered) {
    const LedgerPin* known = book.approved(pin.kind, pin.name);
    const bool same = !known || known->pin.digest == pin.digest;
    const LedgerPin* held = book.held(pin.kind, pin.name);
    // What is held back under this very name waits for a person, also where nothing of the name was approved before.
    if (same && held && held->pin.name == pin.name && held->state == PinState::objected) {
      changed.push_back(pin);
      continue;
    }
    if (!same) changed.push_back(pin);
    LedgerPin line;
    line.pin = same ? pin : known->pin;
    line.state = PinState::approved;
    out.push_back(std::move(line));
  }
  return out;
}

// Fetches what npx or uvx would run, and has the servers run that from now on.
int lock_packages(AppConfig& config, const std::vector<std::string>& servers, Lock& lock) {
  int status = kGood;
  const std::string cache = package_cache(process_environment);
  for (gateway::ServerConfig& server : config.gateway.servers) {
    if (std::find(servers.begin(), servers.end(), server.id) == servers.end()) continue;
    trust::LockedPackage& package = lock.servers[server.id].package;
    const std::vector<std::string> written = server.written_command.empty() ? server.command : server.written_command;
    const auto wanted = trust::find_package_command(written);
    if (!wanted) {
      package = {};
      continue;
    }
    auto fetched = fetch_package(*wanted, package, cache);
    auto command =
        fetched ? locked_command(written, wanted->place, *fetched, cache) : mcp::Result<std::vector<std::string>>(fetched.error());
    if (!command) {
      complain(fmt::format("{}: {}", server.id, command.error().message));
      status = kFailed;
      continue;
    }
    print(fmt::format("{}: {} {}, {} packages\n", server.id, fetched->name, fetched->version, fetched->resolved.size() - 1));
    package = *std::move(fetched);
    server.written_command = written;
    server.command = *std::move(command);
  }
  return status;
}

}  // namespace

int pins_lock(const PinsOptions& options, net::Reaper& reaper) {
  auto desk = PinsDesk::open(options.config);
  if (!desk) return failed(desk.error());
  auto servers = meant(*desk, options.names);
  if (!servers) return kUsage;
  Lock lock = desk->has_lock() ? desk->lock() : Lock();
  AppConfig config = desk->config();
  int status = lock_packages(config, *servers, lock);
  auto offers = ask_offers(std::move(config), *servers, reaper);
  if (!offers) return failed(offers.error());
  // What the config does not know any more is nothing to keep.
  std::erase_if(lock.servers, [&](const auto& one) { return !desk->server(one.first); });
  for (const std::string& id : *servers) {
    const OfferedNow& now = (*offers)[id];
    if (!now.error.empty()) {
      complain(fmt::format("{}: {}; it is not locked; gatehouse tools --status says more", id, now.error));
      status = kFailed;
      continue;
    }
    std::vector<trust::Pin> changed;
    LockedServer& locked = lock.servers[id];
    locked.launch = locked_launch(*desk->server(id));
    locked.pins = locked_pins(desk->ledger(id), now.pins, changed);
    print(fmt::format("{}: {} pins\n", id, locked.pins.size()));
    for (const trust::Pin& pin : changed)
      complain(fmt::format("{}: {} {} is not as it was approved, and stays locked as it was; see gatehouse pins diff {}, then approve it",
                           id, pin_kind_name(pin.kind), trust::unhidden(pin.name), id));
    if (!changed.empty()) status = kFailed;
  }
  if (auto done = desk->write(std::move(lock)); !done) return failed(done.error());
  print(fmt::format("wrote {}\n", desk->lock_file()));
  return status;
}

int pins_verify(const PinsOptions& options, net::Reaper& reaper) {
  auto desk = PinsDesk::open(options.config);
  if (!desk) return failed(desk.error());
  auto servers = meant(*desk, options.names);
  if (!servers) return kUsage;
  std::error_code ec;
  if (!desk->has_lock() || !std::filesystem::exists(desk->lock_file(), ec)) {
    complain(fmt::format("there is no lock at {}; write it with gatehouse pins lock", desk->lock_file()));
    return kUsage;
  }
  std::string json;
  bool good = true;
  auto report = [&](const std::string& id, const std::string& what, const std::vector<trust::Difference>& differences) {
    const bool holds = what.empty() && differences.empty();
    good = good && holds;
    json.append(json.empty() ? "" : ",\n")
        .append(fmt::format(R"({{"server":{},"ok":{},"problem":{},"differences":{}}})", base::quoted(id), holds,
                            what.empty() ? "null" : base::quoted(what), trust::differences_json(differences)));
    if (options.output == Output::json) return;
    print(fmt::format("{}: {}\n", id, holds ? "as it was locked" : what.empty() ? "not as it was locked" : what));
    for (const trust::Difference& one : differences) print(trust::side_by_side(one, output_width()));
  };
  std::vector<std::string> startable;
  for (const std::string& id : *servers) {
    const auto locked = desk->lock().servers.find(id);
    if (locked == desk->lock().servers.end())
      report(id, "it is not in the lock; look at it and run gatehouse pins lock " + id, {});
    else if (locked->second.launch != locked_launch(*desk->server(id)))
      report(id, "its command or address is not the one that was locked; it was not started", {});
    else if (const auto refused = desk->config().gateway.pins.refused.find(id); refused != desk->config().gateway.pins.refused.end())
      report(id, refused->second, {});
    else
      startable.push_back(id);
  }
  auto offers = ask_offers(desk->config(), startable, reaper);
  if (!offers) return failed(offers.error());
  for (const std::string& id : startable) {
    const OfferedNow& now = (*offers)[id];
    std::vector<trust::Pin> was;
    for (const LedgerPin& line : desk->lock().servers.at(id).pins) was.push_back(line.pin);
    report(id, now.error, now.error.empty() ? trust::differences(was, now.pins) : std::vector<trust::Difference>());
  }
  if (options.output == Output::json) print("[" + json + "]\n");
  return good ? kGood : kFailed;
}

}  // namespace app
