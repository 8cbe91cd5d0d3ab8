// The store of a config, as commands open it that change what a running gateway knows.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/config.h"
#include "store/catalog_store.h"

namespace app {

// Owns: the store. Threads: one.
struct StoreDoor {
  AppConfig config;
  std::unique_ptr<store::Store> store;

  // Tells the gateway that runs on this store, if one does, so that it looks at once; else it sees it within a second or two.
  void tell() const;
  // Leaves word of what this command did for the audit trail, under the account that runs it. Says on stderr where it cannot.
  void note(std::string kind, std::string subject, std::string actor, std::string detail) const;
};

// Nothing when the config or the store cannot be used; what is wrong has been said. `status` becomes what the command ends with then.
std::optional<StoreDoor> open_store_door(const std::string& config, int* status);

// The account that runs this process, as people know it: its name, or its number.
std::string account_name();

}  // namespace app
