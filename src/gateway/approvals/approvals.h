// Calls that wait for another person: asked for, held, decided, and made once.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "access/approvals/approval.h"
#include "base/blocking.h"
#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/approvals/approval_config.h"
#include "gateway/approvals/hook_sender.h"
#include "store/approval_store.h"

namespace gateway {

// One call for which a rule wants somebody's approval. Values: it outlives the request where need be.
struct ApprovalWanted {
  std::shared_ptr<const base::Principal> caller;
  std::string session;  // in which a grant holds
  std::string kind;     // tool, prompt or resource
  std::string server, name;
  std::string definition;  // what the server says of it, as text: another one is another use
  std::string arguments;   // JSON, or empty
  std::shared_ptr<const authz::Rule> rule;
  enum class Hold { yes, no };
  Hold hold = Hold::yes;  // no: who asks is told at once that it waits
};

// Keeps what waits in the store, so that it survives a restart and is known to every instance.
// Owns: who waits here. Threads: one loop. stop() before destroying it, unless its loop has stopped.
class Approvals {
 public:
  struct Parts {
    base::Loop& loop;
    base::BlockingPool& pool;
    store::ApprovalStore* store = nullptr;  // null: nobody can be asked
    std::function<authz::ApprovalTime()> now = [] { return std::chrono::system_clock::now(); };
  };
  Approvals(Parts parts, ApprovalConfig config);

  void change(ApprovalConfig config) { config_ = std::move(config); }
  base::Task<void> stop();

  enum class Way { go, denied, waits };
  struct Outcome {
    Way way = Way::waits;
    std::string id;
    std::string why;  // where it does not go on, for whoever called
  };
  // Lets the call go on where it was approved, and takes that approval: each is good for one call. Where nobody has decided, asks, and
  // holds the call for as long as the config says.
  // Errors: unavailable (no store), rate_limited (too many wait), cancelled (`stop`), those of the store.
  base::Task<Outcome> seek(ApprovalWanted wanted, std::stop_token stop);

  // All whose time is not over. Errors: those of the store.
  base::Task<std::vector<authz::Approval>> list();
  // Errors: not_found, those of authz::decide and of the store.
  base::Task<authz::Approval> decide(std::string id, authz::Decider decider, authz::Word word);
  // The same by a one-time link, which is `<id>.<secret>`. Errors: also not_found (no such link, or it was used).
  base::Task<authz::Approval> decide_by_link(std::string link, authz::Word word);
  // What a link is about, without a decision. Errors: as above.
  base::Task<authz::Approval> find_by_link(std::string link);

  // Something was decided elsewhere: who waits here looks again at once.
  void look();
  std::size_t waiting() const { return waiting_; }

 private:
  base::Task<std::vector<authz::Approval>> search(std::string caller, std::string digest);
  base::Task<bool> replace(authz::Approval approval);
  base::Task<std::string> ask(const ApprovalWanted* wanted, std::string digest, std::string call);
  base::Task<std::optional<Outcome>> settle(const ApprovalWanted* wanted, const std::string* digest, const std::string* call,
                                            std::string* pending);
  void tell(const authz::Approval& approval, const std::vector<std::string>& secrets);
  void wake(const std::string& id);
  base::Task<void> keep_looking();

  Parts parts_;
  ApprovalConfig config_;
  HookSender hooks_;
  std::map<std::string, std::shared_ptr<base::Waiters>, std::less<>> waiters_;  // by id
  std::size_t waiting_ = 0;
  bool looking_ = false;
  authz::ApprovalTime looked_{};
  base::TaskGroup work_;
};

}  // namespace gateway
