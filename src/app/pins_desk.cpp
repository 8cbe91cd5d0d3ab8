#include "app/pins_desk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>

#include "app/asked_gateway.h"
#include "app/nearest.h"
#include "app/terminal.h"
#include "base/json.h"
#include "net/reaper.h"

namespace app {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using store::StoredPin;
using trust::LedgerPin;
using trust::PinKind;
using trust::PinMode;
using trust::PinState;

namespace {

StoredPin stored(const std::string& server, const LedgerPin& line) {
  return {server,      std::string(pin_kind_name(line.pin.kind)), line.pin.name, line.pin.digest,
          line.caller, std::string(pin_state_name(line.state)),   line.reason,   line.pin.text};
}

// Whole or not at all.
Result<> write_file(const std::string& file, const std::string& text) {
  const std::string fresh = file + ".new";
  auto failed = [&](std::string_view what) {
    return Error(Code::internal, fmt::format("{} cannot be {}: {}", file, what, std::strerror(errno)));
  };
  net::Fd out(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!out) return failed("written");
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(out.get(), text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("written");
    at += static_cast<std::size_t>(n);
  }
  if (::fsync(out.get()) != 0 || ::rename(fresh.c_str(), file.c_str()) != 0) return failed("replaced");
  return {};
}

}  // namespace

Result<PinsDesk> PinsDesk::open(const std::string& config) {
  auto read = open_config(config);
  if (!read) return Error(Code::invalid_argument, "");
  return open(*std::move(read));
}

Result<PinsDesk> PinsDesk::open(AppConfig config) {
  PinsDesk desk(std::move(config));
  if (auto loaded = desk.load(); !loaded) return std::move(loaded).error();
  return desk;
}

Result<> PinsDesk::load() {
  auto opened = store::open_store(config_.store.reveal());
  if (!opened) return std::move(opened).error();
  store_ = *std::move(opened);
  auto rows = store_->pins().load();
  if (!rows) return std::move(rows).error();
  if (has_lock())
    for (const auto& [id, server] : lock().servers)
      for (const LedgerPin& line : server.pins) ledgers_[id].put(line);
  const bool by_person = has_lock() || config_.gateway.pins.mode == PinMode::enforce;
  for (StoredPin& row : *rows) {
    const auto kind = trust::find_pin_kind(row.kind);
    const auto state = trust::find_pin_state(row.state);
    if (!kind || !state || (*state == PinState::approved && has_lock()) || (*state == PinState::first_use && by_person)) continue;
    LedgerPin line;
    line.pin = {*kind, std::move(row.name), std::move(row.digest), std::move(row.text)};
    line.caller = std::move(row.caller);
    line.state = *state;
    line.reason = std::move(row.reason);
    ledgers_[row.server].put(std::move(line));
  }
  return {};
}

const gateway::ServerConfig* PinsDesk::server(std::string_view id) const {
  const auto& all = config_.gateway.servers;
  const auto found = std::find_if(all.begin(), all.end(), [id](const gateway::ServerConfig& one) { return one.id == id; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::string> PinsDesk::server_ids() const {
  std::vector<std::string> out;
  for (const gateway::ServerConfig& one : config_.gateway.servers)
    if (one.kind != gateway::ServerConfig::Kind::builtin) out.push_back(one.id);
  return out;
}

std::string PinsDesk::lock_file() const {
  const std::string& named = config_.gateway.pins.file;
  return named.empty() ? config_.folder + "/gatehouse.lock" : named;
}

Result<> PinsDesk::approve(const std::string& server, const std::vector<LedgerPin>& held) {
  trust::Ledger& book = ledgers_[server];
  std::vector<StoredPin> forgotten, written;
  for (const LedgerPin& line : held) {
    // Where several callers have lists of their own, one of them is another's approval.
    const std::string caller = book.callers(line.pin.kind) > 1 ? line.caller : std::string();
    const trust::LedgerChanges changes = book.approve(line.pin, caller);
    for (const LedgerPin& one : changes.forgotten) forgotten.push_back(stored(server, one));
    for (const LedgerPin& one : changes.written) written.push_back(stored(server, one));
  }
  if (has_lock()) {
    trust::Lock next = lock();
    trust::LockedServer& locked = next.servers[server];
    locked.pins.clear();
    for (const LedgerPin& line : book.lines())
      if (!trust::is_held(line.state) && line.pin.kind != trust::PinKind::launch) locked.pins.push_back(line);
    if (auto done = write(std::move(next)); !done) return done;
    written.clear();
  }
  return store_->pins().change(forgotten, written);
}

Result<std::vector<LedgerPin>> PinsDesk::held(const std::string& server, const std::vector<std::string>& names) {
  std::vector<LedgerPin> out;
  std::set<std::string_view> missing(names.begin(), names.end());
  std::vector<std::string> known;
  for (LedgerPin& line : ledger(server).lines()) {
    if (!trust::is_held(line.state)) continue;
    known.push_back(line.pin.name.empty() ? std::string(pin_kind_name(line.pin.kind)) : line.pin.name);
    missing.erase(known.back());
    if (names.empty() || std::find(names.begin(), names.end(), known.back()) != names.end()) out.push_back(std::move(line));
  }
  if (missing.empty()) return out;
  const std::vector<std::string_view> all(known.begin(), known.end());
  auto near = find_nearest(*missing.begin(), all);
  return Error(Code::not_found, fmt::format("nothing of {} that is held back is called {}{}", server, shown(std::string(*missing.begin())),
                                            near ? fmt::format("; did you mean {}?", without_controls(*near)) : ""));
}

std::string pin_json(const std::string& server, const LedgerPin& line) {
  return fmt::format(R"({{"server":{},"kind":"{}","name":{},"state":"{}","sha256":"{}","caller":{},"reason":{}}})", base::quoted(server),
                     pin_kind_name(line.pin.kind), base::quoted(line.pin.name), pin_state_name(line.state), line.pin.digest,
                     base::quoted(line.caller), base::quoted(line.reason));
}

trust::Difference held_difference(const trust::Ledger& book, const LedgerPin& held) {
  const LedgerPin* known = book.approved(held.pin.kind, held.pin.name);
  trust::Difference out;
  out.change = known ? trust::Change::changed : trust::Change::added;
  out.kind = held.pin.kind;
  out.name = held.pin.name;
  out.after = held.pin.digest;
  if (known) out.before = known->pin.digest;
  out.fields = trust::field_changes(held.pin.kind, known ? known->pin.text : std::string(), held.pin.text, &out.more_fields);
  return out;
}

Result<> PinsDesk::write(trust::Lock lock) {
  lock.config = std::filesystem::path(config_.file).filename().string();
  if (auto done = write_file(lock_file(), trust::write_lock(lock)); !done) return done;
  config_.gateway.pins.lock = std::make_shared<const trust::Lock>(std::move(lock));
  return {};
}

}  // namespace app
