#include "app/config_pins.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "app/nearest.h"
#include "app/package_cache.h"
#include "trust/pins/lockfile.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using trust::PinMode;

constexpr std::string_view kLockName = "gatehouse.lock";
constexpr std::array<std::string_view, 4> kHints{"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"};

mcp::Result<trust::Lock> read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return mcp::Error(mcp::Code::not_found, fmt::format("cannot be read: {}", std::strerror(errno)));
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return trust::read_lock(text);
}

// Why the lock is not this config's; empty: it is.
std::string foreign(const trust::Lock& lock, const std::string& name, const gateway::Config& config) {
  constexpr std::string_view kRemedy = "name a lock of its own with pins: { lock: FILE }, or delete that one and run gatehouse pins lock";
  if (!lock.config.empty() && lock.config != name)
    return fmt::format("it was written for {}, not for {}; {}", shown(lock.config), name, kRemedy);
  if (lock.servers.empty()) return {};
  for (const gateway::ServerConfig& server : config.servers)
    if (lock.servers.contains(server.id)) return {};
  return fmt::format("it is of another config: it knows none of these servers; {}", kRemedy);
}

// A server whose package is locked runs that, from where it lies: nothing is looked up or fetched at a start.
void run_locked(const trust::Lock& lock, Reader& reader, gateway::Config& config) {
  const std::string cache = package_cache(reader.environment());
  for (gateway::ServerConfig& server : config.servers) {
    const auto locked = lock.servers.find(server.id);
    if (locked == lock.servers.end() || locked->second.package.name.empty() || !server.enabled) continue;
    const auto wanted = trust::find_package_command(server.command);
    const trust::LockedPackage& package = locked->second.package;
    // Another package is another launch, which is refused as that.
    if (!wanted || wanted->name != package.name || wanted->version != package.version) continue;
    auto command = locked_command(server.command, wanted->place, package, cache);
    if (!command) {
      config.pins.refused.emplace(server.id, command.error().message);
      continue;
    }
    server.written_command = std::exchange(server.command, *std::move(command));
  }
}

}  // namespace

void read_pins(const yaml::Value* value, const std::string& name, Reader& reader, Findings& findings, gateway::Config& config) {
  gateway::PinConfig& pins = config.pins;
  std::optional<PinMode> mode;
  const yaml::Value* mode_value = value && reader.is_map(*value, "pins") ? value->find("mode") : nullptr;
  if (mode_value)
    if (auto word = reader.word(*mode_value, "pins.mode", {"enforce", "warn", "trust-on-first-use"}))
      mode = *word == 0 ? PinMode::enforce : *word == 1 ? PinMode::warn : PinMode::first_use;
  const yaml::Value* lock_value = value ? value->find("lock") : nullptr;
  if (lock_value) {
    if (auto path = reader.path(*lock_value, "pins.lock")) pins.file = *path;
  } else {
    const std::string beside = reader.absolute(kLockName);
    std::error_code there;
    if (fs::exists(beside, there)) pins.file = beside;
  }
  pins.mode = mode.value_or(pins.file.empty() ? PinMode::first_use : PinMode::enforce);
  if (pins.file.empty()) return;
  if (mode == PinMode::first_use)
    reader.error(*mode_value,
                 fmt::format("pins.mode: with a lock ({}) nothing is trusted but what it holds; use enforce or warn, or remove the "
                             "lock",
                             pins.file));
  reader.read_from(pins.file);
  auto report = [&](const std::string& text) {
    if (lock_value)
      reader.error(*lock_value, fmt::format("pins.lock: {}: {}", pins.file, text));
    else
      findings.error(0, 0, fmt::format("{}: {}", pins.file, text));
  };
  std::error_code ec;
  if (!fs::exists(pins.file, ec)) {
    pins.lock = std::make_shared<const trust::Lock>();
    if (lock_value)
      reader.warn(*lock_value,
                  fmt::format("pins.lock: {} is not there yet, so that nothing is trusted; write it with gatehouse pins lock", pins.file));
    return;
  }
  auto lock = read_file(pins.file);
  if (!lock) return report(lock.error().message);
  if (const std::string why = foreign(*lock, name, config); !why.empty()) return report(why);
  run_locked(*lock, reader, config);
  pins.lock = std::make_shared<const trust::Lock>(*std::move(lock));
}

std::map<std::string, bool> read_annotations(const yaml::Value& value, const std::string& path, Reader& reader) {
  std::map<std::string, bool> out;
  if (!reader.is_map(value, path)) return out;
  for (const yaml::Member& member : value.members) {
    const std::string at = fmt::format("{}.{}", path, member.key);
    if (std::find(kHints.begin(), kHints.end(), member.key) == kHints.end()) {
      auto near = find_nearest(member.key, kHints);
      reader.error(member.mark,
                   fmt::format("{}: unknown annotation {}; {}", path, shown(member.key),
                               near ? fmt::format("did you mean \"{}\"?", *near) : fmt::format("there are {}", fmt::join(kHints, ", "))));
    } else if (auto flag = reader.flag(member.value, at)) {
      out.emplace(member.key, *flag);
    }
  }
  return out;
}

}  // namespace app
