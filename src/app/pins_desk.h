// What commands about pins work on: the config, the pins of the store, and the lock.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "store/catalog_store.h"
#include "trust/pins/difference.h"
#include "trust/pins/ledger.h"
#include "trust/pins/lockfile.h"

namespace app {

// Owns: the store. A gateway may run on it meanwhile: it sees what is changed here within a second.
class PinsDesk {
 public:
  // Finds and reads the config; its findings have been shown. Errors: invalid_argument (no usable config), and those of the store.
  static mcp::Result<PinsDesk> open(const std::string& config);
  // The same with a config that was read. Errors: those of the store.
  static mcp::Result<PinsDesk> open(AppConfig config);

  const AppConfig& config() const { return config_; }
  const gateway::ServerConfig* server(std::string_view id) const;
  std::vector<std::string> server_ids() const;
  // What holds for the server: with a lock what that holds, else what the store has; and what is held back.
  const trust::Ledger& ledger(const std::string& server) { return ledgers_[server]; }

  // What is held of the server: all of it, or what these names say. Of a kind without names, such as instructions, the kind is the name.
  // Errors: not_found, naming the nearest that is held.
  mcp::Result<std::vector<trust::LedgerPin>> held(const std::string& server, const std::vector<std::string>& names);
  // Approves these of what is held, and writes it where it belongs. Errors: those of the store, and of writing the lock.
  mcp::Result<> approve(const std::string& server, const std::vector<trust::LedgerPin>& held);
  // Writes the lock in place of what there is. Errors: internal.
  mcp::Result<> write(trust::Lock lock);
  bool has_lock() const { return config_.gateway.pins.lock != nullptr; }
  const trust::Lock& lock() const { return *config_.gateway.pins.lock; }
  // Where the lock is, or would be.
  std::string lock_file() const;

 private:
  explicit PinsDesk(AppConfig config) : config_(std::move(config)) {}
  mcp::Result<> load();

  AppConfig config_;
  std::unique_ptr<store::Store> store_;
  std::map<std::string, trust::Ledger, std::less<>> ledgers_;
};

// One line of a ledger as a JSON object.
std::string pin_json(const std::string& server, const trust::LedgerPin& line);
// What is held, against what was approved under its name.
trust::Difference held_difference(const trust::Ledger& book, const trust::LedgerPin& held);

}  // namespace app
