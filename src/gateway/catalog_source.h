// Where the catalog comes from: the store at first, the upstreams from then on.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/blocking.h"
#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/catalog.h"
#include "gateway/listeners.h"
#include "gateway/upstream/upstream.h"
#include "store/catalog_store.h"

namespace gateway {

// Keeps the current snapshot. An upstream that was asked in an earlier run is answered for from the store, at once and with nothing
// started, and asked again behind; one that was never asked is waited for, a short while. All are asked at the same time, and
// one that fails or hangs is simply not in the snapshot yet.
// Threads: one loop only.
class CatalogSource {
 public:
  struct Parts {
    std::shared_ptr<const Config> config;
    base::Loop& loop;
    base::BlockingPool& pool;
    store::CatalogStore& store;
    Listeners& listeners;
    // How long a list waits for upstreams that were never asked before, counted from when they are.
    base::Millis patience{3'000};
  };
  explicit CatalogSource(Parts parts);

  // Before load(): who is to be asked.
  void add(std::shared_ptr<Upstream> upstream);
  // Another config: these are to be asked from now on, in this order. What is known of an upstream that stays is kept.
  void arrange(std::shared_ptr<const Config> config, std::vector<std::shared_ptr<Upstream>> upstreams);

  // Reads what is stored. What is damaged or was stored under another config is left out. Blocks; for the start.
  // Errors: those of the store.
  base::Result<> load();

  std::shared_ptr<const Catalog> current() const { return catalog_; }

  // How long settle() waits for a server that was never asked before: the patience of a list, or as long as the server may take.
  // The second is for a call that names something nobody has offered yet.
  enum class Wait { briefly, fully };

  // Ends when each server has an offer, or was waited for, or has failed before. Never an error but cancelled.
  base::Task<void> settle(std::stop_token stop, Wait how = Wait::briefly);
  // Ends when `server` has an offer. Errors: not_found (no such server, or a disabled one), timeout, cancelled, or why it failed.
  base::Task<void> settle(std::string server, std::stop_token stop);

  // A call goes to `server`: what is stored of it is checked behind, if it was not yet.
  void used(std::string_view server);

  // The upstream's offer has changed, it says: asks again, behind. Who listens is told once the new list is here, also where it is as it
  // was: the upstream may have said so for reasons of its own.
  void refresh(std::string_view server, std::optional<DefinitionKind> announced = {});

  // Stops asking.
  base::Task<void> stop();

 private:
  struct Slot {
    std::shared_ptr<Upstream> upstream;
    std::shared_ptr<const ServerCatalog> offer;
    bool asked = false;  // successfully, in this process
    bool asking = false;
    bool again = false;                  // its offer changed while it was asked
    std::set<DefinitionKind> announced;  // as changed, by itself
    base::Instant began{};
    base::Instant failed{};
    std::optional<base::Error> error;
    base::Waiters waiting;
  };

  void ask(const std::shared_ptr<Slot>& slot);
  base::Task<void> ask_now(std::shared_ptr<Slot> slot);
  void accept(Slot& slot, ServerCatalog fresh, const std::set<DefinitionKind>& announced);
  void keep(const ServerCatalog& offer, const ServerConfig& config);
  void rebuild();

  Parts parts_;
  std::vector<std::shared_ptr<Slot>> slots_;  // in the config's order
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> by_id_;
  std::shared_ptr<const Catalog> catalog_;
  std::set<std::string> told_;  // what was left out and said so: each is said once
  base::TaskGroup work_;
};

}  // namespace gateway
