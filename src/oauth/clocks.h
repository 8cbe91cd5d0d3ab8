// The two clocks of the room, so that tests can turn them.
#pragma once

#include <functional>

#include "base/loop.h"
#include "oauth/principal.h"

namespace oauth {

// `wall` is for what documents say (exp, iat), `steady` for what is measured here.
struct Clocks {
  std::function<WallTime()> wall = [] { return std::chrono::system_clock::now(); };
  std::function<base::Instant()> steady = [] { return base::Timers::now(); };
};

}  // namespace oauth
