// What calls cost in tokens: counters of each tool, caller and session, and the limits on them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/loop.h"
#include "gateway/budget/budget_config.h"
#include "gateway/budget/kept_results.h"
#include "gateway/budget/tally.h"
#include "protocol/methods.h"

namespace gateway {

// Who is charged. A session is the legacy one, else all that a caller does with one client and, where the client sends one, trace.
struct Payer {
  std::string caller;
  std::string session;  // shown to operators: nobody can take over a session by it
};

// What a text was for.
enum class Spent : std::uint8_t { definitions, search, arguments, results };
inline constexpr std::size_t kSpentKinds = 4;
inline constexpr std::array<std::string_view, kSpentKinds> kSpentNames{"definitions", "search", "arguments", "results"};

// Counts what passes, and says how much may. With limits all texts are counted but very large ones that nobody has counted elsewhere;
// without, a sample is, and the rest is estimated from it.
// Bounded: kMostTools, kMostPayers; further ones are counted together.
// Threads: one loop only.
class Budget {
 public:
  static constexpr std::size_t kMostTools = 5'000;
  static constexpr std::size_t kMostPayers = 5'000;
  static constexpr base::Millis kSessionIdle{30 * 60 * 1000};
  // What a result is cut to where nothing is left and no limit is hard.
  static constexpr std::size_t kFloor = 256;
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max() / 4;

  explicit Budget(const BudgetConfig& config) : config_(config) {}
  void change(const BudgetConfig& config) { config_ = config; }
  bool limits() const { return config_.limits(); }
  // Whether what answers to this method is counted at all.
  static bool watches(protocol::Method method) {
    using protocol::Method;
    return method == Method::tools_call || method == Method::tools_list || method == Method::prompts_get ||
           method == Method::resources_read;
  }
  const BudgetConfig& config() const { return config_; }

  // Before a call. Error: rate_limited, where a hard limit is used up, with retry_after() as its data where waiting helps.
  base::Result<> admit(const Payer& payer, base::Instant now);
  // How many tokens the result of the next call may have.
  std::size_t room(const Payer& payer, base::Instant now);

  // A text that went to a model or came from one. `tokens`: its count, where somebody has counted it.
  void spend(const Payer& payer, Spent what, std::string_view text, base::Instant now, std::size_t tokens = kNoLimit);
  // A call of a tool ended: what was given to it, and what it gave, as JSON text. `result` may be empty.
  void called(std::string_view server, std::string_view tool, std::string_view arguments, std::string_view result);
  // A result of this tool was cut.
  void cut(std::string_view server, std::string_view tool);

  KeptResults& kept() { return kept_; }
  // All of it as one JSON object, for `gatehouse budget` and the page.
  std::string text(base::Instant now) const;

 private:
  // Of one hour, in twelfths.
  class Hour {
   public:
    void add(std::uint64_t tokens, base::Instant now);
    std::uint64_t sum(base::Instant now) const;
    // Until some of it is over an hour ago.
    base::Millis wait(base::Instant now) const;

   private:
    static constexpr base::Millis kSlot{5 * 60 * 1000};
    static std::int64_t slot_of(base::Instant now) { return now.time_since_epoch() / kSlot; }
    struct Slot {
      std::int64_t at = -1;
      std::uint64_t tokens = 0;
    };
    std::array<Slot, 12> slots_;
  };
  struct Account {
    std::array<Tally, kSpentKinds> spent;
    std::uint64_t charged = 0;
    Hour hour;
    base::Instant last{};
  };
  struct Tool {
    Tally arguments, results;
    std::uint64_t cut = 0;
  };
  using Accounts = std::map<std::string, Account, std::less<>>;

  Account& account(Accounts& of, const std::string& key, base::Instant now);
  Tool& tool(std::string_view server, std::string_view name);
  bool wants_count(const Tally& tally, std::size_t size) const;

  BudgetConfig config_;
  Accounts callers_, sessions_;
  std::map<std::pair<std::string, std::string>, Tool, std::less<>> tools_;
  KeptResults kept_;
};

}  // namespace gateway
