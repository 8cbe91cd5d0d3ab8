// The lines of `rules:`: who may use what, and when. Values, and the set of them that decides.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/argument_check.h"
#include "access/rule_index.h"
#include "access/subject.h"
#include "base/record.h"
#include "mcp/result.h"

namespace authz {

using base::Principal;

enum class Verdict { allow, deny, ask };
std::string_view verdict_name(Verdict verdict);

// Globs over a server's id and over the real name of what it has.
struct Pattern {
  std::string server;
  std::string name;

  bool all() const { return server == "*" && name == "*"; }
  bool operator==(const Pattern&) const = default;
};
// `server__name`, split at the first `__`; `*` is everything of every server. Errors: invalid_argument, with what to write.
mcp::Result<Pattern> read_pattern(std::string_view text);

// Whom a line is about: everything that is given has to fit, and of several values one. Values are globs.
struct Who {
  std::vector<std::string> callers;  // Principal::id
  std::vector<std::string> users, groups, clients, keys, issuers;
  bool anonymous = false;  // who did not sign in

  bool everybody() const;
  bool fits(const Principal& who) const;
  bool operator==(const Who&) const = default;
};

enum class Annotation { destructive, read_only, idempotent, open_world, unannotated };

// When a line holds: everything that is given has to.
struct When {
  std::vector<Annotation> annotations;  // of a tool: one of them
  std::vector<ArgumentCheck> arguments;
  std::optional<std::size_t> larger;    // the arguments have more bytes
  std::vector<Disclosure> disclosures;  // a call comes so

  bool always() const { return annotations.empty() && arguments.empty() && !larger && disclosures.empty(); }
  bool operator==(const When&) const = default;
};

// So many uses each second on average, and so many at once after a pause.
struct UseLimit {
  double per_second = 0;
  double burst = 0;
  bool operator==(const UseLimit&) const = default;
};

// Who may agree to a call in place of the caller's own person: of all that are given, one has to fit. Never who calls.
struct Approvers {
  std::vector<std::string> groups, keys, users;  // globs
  std::size_t count = 1;                         // so many different ones have to agree

  bool includes(const Principal& who) const;
  bool operator==(const Approvers&) const = default;
};

struct Rule {
  std::string place;  // `gatehouse.yaml:14:7`
  Who who;
  // Without any of the three a line is about everything. Nothing is about a kind that has no patterns beside others that have.
  std::vector<Pattern> tools, prompts, resources;
  When when;
  Verdict then = Verdict::deny;
  std::optional<Approvers> approvers;  // of `ask`; none: the caller's own person
  std::optional<UseLimit> limit;       // of each caller, for what this line decides

  bool operator==(const Rule&) const = default;
  bool any_kind() const { return tools.empty() && prompts.empty() && resources.empty(); }
  const std::vector<Pattern>& patterns(Subject::Kind kind) const;
  // Whether it fits whatever comes; then, as the last line, it is the default for what no line fits.
  bool catches_all() const;
};

// What was decided, and by which line.
struct Decision {
  Verdict verdict = Verdict::allow;
  std::shared_ptr<const Rule> rule;  // null: no line; then `why` says it
  std::string_view why;

  bool allowed() const { return verdict == Verdict::allow; }
  bool denied() const { return verdict == Verdict::deny; }
  // For the log: `deny by gatehouse.yaml:14:7`.
  std::string text() const;
};

// How much of what a server has somebody sees.
enum class Sight { nothing, something, all };

// Immutable. The first line that fits decides; where none does, the last one if it catches everything, else nobody may.
// Threads: any.
class RuleSet : public std::enable_shared_from_this<RuleSet> {
 public:
  static std::shared_ptr<const RuleSet> make(std::vector<Rule> rules);

  // `arguments` is a JSON object, or empty. For Verb::see they are not looked at: denied is what no arguments could make allowed.
  Decision decide(const Principal& who, const Subject& subject, std::string_view arguments) const;

  // The lines that were looked at for a call, in order: the last one decided, if it fits. For people who write rules.
  struct Looked {
    std::shared_ptr<const Rule> rule;
    bool fits = false;
    std::string_view why_not;  // where it does not fit
  };
  std::vector<Looked> explain(const Principal& who, const Subject& subject, std::string_view arguments) const;

  // What `who` sees of a server, as far as the lines alone can tell: `something` where it rests on what the server has.
  Sight sight(const Principal& who, std::string_view server, Subject::Kind kind) const;
  // Whether there is anything.
  bool sees_any(const Principal& who, std::string_view server) const;

  // Two callers for whom this is equal see the same.
  std::string standing(const Principal& who) const;
  // Whether there is no line that could hide anything from anybody.
  bool shows_everything() const { return shows_everything_; }
  // Whether it depends on the caller what is seen.
  bool by_caller() const { return by_caller_; }

  const std::vector<Rule>& rules() const { return rules_; }
  // The same lines, wherever they stand.
  bool same(const RuleSet& other) const;

 private:
  enum class Fit { no, perhaps, yes };
  struct Judged {
    Fit fit = Fit::yes;
    std::string_view why_not = {};
  };
  // Numbers of lines, in order.
  using Lines = std::vector<std::size_t>;

  explicit RuleSet(std::vector<Rule> rules);
  void index_rule(std::size_t line);
  Decision by(std::size_t line) const;
  Decision first(const Principal& who, const Subject& subject, std::string_view arguments) const;
  static Judged judge(const Rule& rule, const Principal& who, const Subject& subject, std::string_view arguments);
  const Lines& lines_for(std::string_view server) const;

  std::vector<Rule> rules_;
  RuleIndex index_;
  std::unordered_map<std::string_view, Lines> by_server_;  // of servers that a pattern names
  Lines others_;                                           // of all other servers
  bool checks_arguments_ = false;
  bool shows_everything_ = false;
  bool by_caller_ = false;
};

// Lines that no call can reach, as (number of the line, number of one that always comes first); they count from 0.
std::vector<std::pair<std::size_t, std::size_t>> unreachable(const std::vector<Rule>& rules);
// Whether both are about the same uses by the same people, and want something else of them.
bool contradict(const Rule& one, const Rule& other);

// What holds where a gateway that others can reach has no rules: what says that it only reads may be used, any other tool asks.
std::shared_ptr<const RuleSet> rules_beyond_loopback();

}  // namespace authz
