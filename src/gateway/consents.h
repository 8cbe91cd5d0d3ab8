// Consents of callers' own persons: asked for once, given once, and carried through the rounds of a call.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/carried.h"

namespace gateway {

// Makes and takes back the states of calls that need a consent. Each is sealed for one caller and one call (the digest of what is called
// and of its arguments), and good for one use within its time, on the instance that made it.
// Threads: one loop only.
class Consents {
 public:
  using WallTime = Carrier::WallTime;
  // What a state stands for: a person is being asked; or has agreed, and the call goes on in another round.
  enum class Stage { asked, given };
  struct Opened {
    Stage stage = Stage::asked;
    std::string state;  // of the call itself, as it would be without the consent; empty: none
  };
  struct Limits {
    std::size_t open = 10'000;  // the oldest goes first, and is asked for again
    std::chrono::minutes life{60};
  };
  explicit Consents(const Carrier& carrier) : Consents(carrier, Limits{}) {}
  Consents(const Carrier& carrier, Limits limits) : carrier_(carrier), limits_(limits) {}

  std::string seal(Stage stage, std::string_view caller, std::string_view digest, std::string_view state, WallTime now);
  // Takes it; nothing when it is no state of a consent. Errors: invalid_argument (of another call, used, or too old).
  mcp::Result<std::optional<Opened>> redeem(std::string_view sealed, std::string_view caller, std::string_view digest, WallTime now);

  std::size_t open() const { return open_.size(); }

 private:
  void forget_old(WallTime now);

  const Carrier& carrier_;
  Limits limits_;
  std::map<std::string, WallTime, std::less<>> open_;  // by id: until when
  std::deque<std::string> order_;                      // the oldest first; some are used already
};

// What a consent is for: two calls with equal digests mean the same, however their arguments are written.
std::string consent_digest(std::string_view method, std::string_view server, std::string_view name, std::string_view arguments);

// The params of the elicitation/create that asks for it (a form without fields): what is called, and with which arguments.
std::string consent_question(std::string_view what, std::string_view server, std::string_view name, std::string_view arguments);

// Characters that hide what stands beside them, or turn it round, as JSON escapes.
std::string without_tricks(std::string_view json);

}  // namespace gateway
