// The pins of all upstreams: what of their lists is shown, and who is told of what is not.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/blocking.h"
#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/trust/launch_gate.h"
#include "gateway/trust/pin_config.h"
#include "gateway/trust/quarantine.h"
#include "store/pin_store.h"
#include "trust/pins/ledger.h"

namespace gateway {

// Judges each list as it comes, keeps the pins in the store, and takes from what is shown all that is not trusted. Built-in servers are
// part of this program and are not judged. What another process approves (`gatehouse pins approve`) is found by looking at the
// store twice a second.
// Lifetime: stop() before destroying it, unless its loop has stopped. Parts outlive it.
// Threads: one loop only, but for load().
class Pinning final : public LaunchPins {
 public:
  // What speaks against showing a definition, or what a server says of itself, at all, whatever its pin says; empty: nothing. One sentence
  // without words of it. `said`: a JSON object.
  using Objection = std::function<std::string(const ServerConfig& server, std::string_view said)>;
  struct Parts {
    base::Loop& loop;
    base::BlockingPool& pool;
    store::PinStore* store = nullptr;  // null: pins end with the process
    // What is shown of all servers, or of one, is another now: lists are to be judged and shown anew. An empty name: of all.
    std::function<void(std::string_view server)> changed;
  };
  Pinning(Parts parts, PinConfig config);

  // Reads what is kept. Blocks; for the start. Errors: those of the store.
  base::Result<> load();
  // Begins to look at the store.
  void start();
  base::Task<void> stop();
  // Another config. Who calls it judges and shows everything anew.
  void use(PinConfig config);
  void object(Objection objection) { objection_ = std::move(objection); }

  // A list of one server, as it came for `caller`. `items` may have several of one name.
  void judge(const ServerConfig& server, const std::string& caller, DefinitionKind kind, const std::vector<Definition>& items);
  // What it says of itself: JSON texts, and words.
  struct Introduction {
    std::string_view info, capabilities, instructions;
  };
  void judge(const ServerConfig& server, const std::string& caller, const Introduction& said);

  // Leaves in `offer` what may be shown, with the annotations that count: those that are pinned, or that the config gives.
  void narrow(const ServerConfig& server, ServerCatalog& offer) const;

  // Holds one for a reason of its own (Quarantine::hold), and shows the server anew.
  void hold(std::string_view server, DefinitionKind kind, std::string_view name, std::string reason);
  Quarantine& quarantine() { return quarantine_; }

  // Why what a caller named so may not be reached: it is held, or looks like something that is, or was never approved where that is needed.
  // `name` is the upstream's own one, or the one that the config gives it. Nothing: nothing speaks against it.
  std::optional<std::string> objection(const ServerConfig& server, DefinitionKind kind, std::string_view name) const;
  // Why this server may not be started: a lock has another launch for it.
  std::optional<std::string> launch_objection(const ServerConfig& server) const;

  // Launches are pinned like definitions: LaunchPins. Where a lock is the truth, launch_objection() has compared them already.
  bool knows(std::string_view server, std::string_view digest) const override;
  bool nothing_else(std::string_view) const override { return false; }
  bool takes_at_first_sight(std::string_view server, const trust::Launch& launch) override;

  // The names of what is held of a kind, as the server has them.
  std::vector<std::string> held_names(std::string_view server, DefinitionKind kind) const;
  // What is held of the server. For its status.
  std::size_t held(std::string_view server) const;

 private:
  bool judges(const ServerConfig& server) const { return server.kind != ServerConfig::Kind::builtin; }
  trust::Ledger& ledger(std::string_view server);
  const trust::Ledger* find(std::string_view server) const;
  void keep(std::vector<store::StoredPin> rows);
  void fill();
  void note(const std::string& server, const trust::LedgerChanges& changes);
  bool shows(const ServerConfig& server, const Definition& definition) const;
  std::shared_ptr<const OfferedList> narrowed(const ServerConfig& server, DefinitionKind kind,
                                              const std::shared_ptr<const OfferedList>& list) const;
  base::Task<void> write_all();
  base::Task<void> watch();
  base::Task<void> look();

  Parts parts_;
  PinConfig config_;
  Objection objection_;
  Quarantine quarantine_;
  // What is in the store, or will be; also what does not count under this config.
  using RowKey = std::array<std::string, 5>;
  std::map<RowKey, store::StoredPin> kept_;
  std::map<std::string, trust::Ledger, std::less<>> ledgers_;
  struct Change {
    std::vector<store::StoredPin> forgotten, written;
  };
  std::vector<Change> unwritten_;
  bool writing_ = false;
  std::int64_t version_ = -1;  // of the store, when it was last read
  base::TaskGroup work_;
};

// What stands for the launch of a server, or its address, in a lock: canonical JSON without secrets.
std::string launch_text(const ServerConfig& server);

}  // namespace gateway
