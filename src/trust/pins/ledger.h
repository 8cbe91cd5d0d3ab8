// The pins of one server, and what they say of what it offers now: pure, without a store, a clock or a network.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trust/pins/pin.h"

namespace trust {

// enforce: nothing but what a person approved. warn: everything, and what differs is told. first_use: what is seen for the first time is
// trusted, what changes afterwards is not.
enum class PinMode { enforce, warn, first_use };
// `enforce`, `warn`, `trust-on-first-use`.
std::string_view pin_mode_name(PinMode mode);
std::optional<PinMode> find_pin_mode(std::string_view name);

enum class PinState { first_use, approved, held, objected, seen };
// `first-use`, `approved`, `held`, `objected` (held for a reason of its own); `seen` marks that a caller has had a list of this kind.
std::string_view pin_state_name(PinState state);
std::optional<PinState> find_pin_state(std::string_view name);
inline bool is_held(PinState state) { return state == PinState::held || state == PinState::objected; }

// A line of the ledger.
struct LedgerPin {
  Pin pin;
  std::string caller;  // whose list it was, where that differed from everybody's; of a held one, who was given it
  PinState state = PinState::held;
  std::string reason;  // of a held one: what is wrong with it, in words that hold none of its own text

  bool operator==(const LedgerPin&) const = default;
};

// What judging changed, for whoever keeps the ledger: to be written, and to be forgotten.
struct LedgerChanges {
  std::vector<LedgerPin> written, forgotten;
  bool empty() const { return written.empty() && forgotten.empty(); }
};

// Of each name one text at most is approved for everybody, and one for each caller whose list differed from the beginning; of each name one
// is held at most, the last one that came. Bounded: kMostNames names, kMostCallers callers.
// On first use, a new name is trusted, unless it looks like another that is known (name_shape), comes in place of one that has the same
// words, or anything of its kind is held: then it is held too. Names that are gone stay known.
// Threads: one at a time.
class Ledger {
 public:
  static constexpr std::size_t kMostNames = 50'000;
  static constexpr std::size_t kMostCallers = 10'000;

  // As kept. A line that contradicts an earlier one replaces it.
  void put(LedgerPin line);
  // Approves this text in place of what was approved for `caller`, and forgets what was held under the name.
  LedgerChanges approve(Pin pin, const std::string& caller);

  // Takes it in place of what was trusted for everybody, as if it were seen for the first time.
  LedgerChanges follow(Pin pin);

  // Judges one list of a kind that `caller` was given.
  LedgerChanges judge(PinMode mode, const std::string& caller, PinKind kind, std::span<const Pin> offered);

  // Holds what is offered under this name for a reason of its own, whatever the mode, unless a person approved these very words.
  LedgerChanges hold(Pin pin, const std::string& caller, std::string reason);

  // Whether these words may be shown under this name. In no mode what hold() has been told of.
  bool shows(PinMode mode, PinKind kind, std::string_view name, std::string_view digest) const;
  // The one that is held under this name, or under one that looks the same. Null: none.
  const LedgerPin* held(PinKind kind, std::string_view name) const;
  bool any_held() const { return !held_.empty(); }
  // The approved one of this name, everybody's first. Null: none.
  const LedgerPin* approved(PinKind kind, std::string_view name) const;
  bool knows(PinKind kind) const;
  // How many callers have had a list of this kind.
  std::size_t callers(PinKind kind) const;

  // All lines by kind, name and caller, approved ones before held ones.
  std::vector<LedgerPin> lines() const;

 private:
  using Key = std::pair<PinKind, std::string>;

  bool trusted(const Key& key, std::string_view digest) const;
  // What a new name is looked at against, made once for a list.
  struct Suspects {
    std::map<std::string, std::string> gone;  // the words of names that are not offered any more, and the names
    std::vector<std::string> held;            // names, for another reason than their words
  };
  Suspects suspects(PinKind kind, std::span<const Pin> offered) const;
  std::string objection(PinMode mode, const std::string& caller, const Pin& pin, const Suspects& around) const;
  std::string looks_like(const Key& key) const;
  LedgerChanges accept(Pin pin, const std::string& caller, PinState state);
  void write(LedgerPin line, LedgerChanges& changes);

  std::map<Key, std::vector<LedgerPin>> approved_;  // everybody's first
  std::map<Key, LedgerPin> held_;
  std::set<Key> objected_;  // held for a reason of its own: key of held_
  std::map<PinKind, std::set<std::string>> callers_;
  std::map<Key, std::string> shapes_;  // kind and shape: the name that has it
};

}  // namespace trust
