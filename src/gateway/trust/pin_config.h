// The part of the config that says which definitions are trusted.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "trust/pins/ledger.h"

namespace trust {
struct Lock;
}

namespace gateway {

struct PinConfig {
  trust::PinMode mode = trust::PinMode::first_use;
  std::string file;                         // of the lock; empty: pins are kept in the store
  std::shared_ptr<const trust::Lock> lock;  // what it holds, if there is one

  // Servers whose locked package cannot be run, and why, with what to do.
  std::map<std::string, std::string> refused;

  bool operator==(const PinConfig&) const = default;
};

}  // namespace gateway
