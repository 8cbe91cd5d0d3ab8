// What the config says of run_code.
#pragma once

#include <cstddef>

#include "base/loop.h"

namespace gateway {

struct CodeConfig {
  bool write = false;         // code may call tools that do more than read
  base::Millis wall{60'000};  // of a run, calls included
  base::Millis cpu{5'000};    // of the engine
  std::size_t heap = 64 * 1024 * 1024;
  std::size_t calls = 50;
  bool allow_degraded = false;  // code is run also where seccomp does not hold
  bool operator==(const CodeConfig&) const = default;
};

}  // namespace gateway
