// A call that waits for another person's word, and what becomes of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/rules.h"
#include "base/record.h"
#include "mcp/result.h"
#include "store/approval_store.h"

namespace authz {

using ApprovalTime = store::StoredApproval::Time;

enum class ApprovalState {
  pending,   // nobody has decided
  approved,  // good for one call
  used,      // that call was made
  denied,
  granted,  // good for every call of the tool in its session, until its time is over
  revoked,  // it was granted, and is no more
};
std::string_view approval_state_name(ApprovalState state);

// What one person said.
struct ApprovalWord {
  std::string by;
  bool agrees = false;
  std::string reason;
  ApprovalTime when{};
};

// A one-time link: who has it may decide for its name. Kept is only a digest of its secret.
struct ApprovalLink {
  std::string name;
  std::string digest;
};

struct Approval {
  std::string id;
  std::string caller, owner;  // Principal::id, and who answers for it
  std::string digest;         // of what is used: kind, server, name and definition
  std::string call;           // of the one call: the same, and the arguments
  std::string kind;           // tool, prompt or resource
  std::string server, name;
  std::string arguments;  // JSON, or empty
  std::string session;    // in which a grant holds
  std::string rule;       // the place of the line that wants it
  Approvers approvers;
  std::vector<ApprovalWord> words;
  std::vector<ApprovalLink> links;
  ApprovalState state = ApprovalState::pending;
  ApprovalTime created{}, until{};
  std::int64_t revision = 0;
};

store::StoredApproval to_stored(const Approval& approval, ApprovalTime now);
// Errors: internal (it was written by something else).
mcp::Result<Approval> from_stored(const store::StoredApproval& stored);

// Who decides. A person may be known by several names; all that are not empty are theirs.
struct Decider {
  enum class Kind {
    caller,         // somebody signed in, who has to be among the approvers
    operator_here,  // somebody who has the gateway's own files in their hands
    link,           // who has a one-time link
  };
  Kind kind = Kind::caller;
  std::string name;     // as it is written down
  base::Principal who;  // of a caller; of an operator the owner is their account

  // Two words of one person count once.
  const std::string& person() const { return who.owner.empty() ? name : who.owner; }
};

// What is decided: once, or for all calls of the tool in the session for so long.
struct Word {
  bool agrees = false;
  std::string reason;
  std::optional<std::chrono::seconds> for_session;
};

// Takes one person's word. A deny of one is enough; to approve, as many as the rule wants have to agree.
// Errors: denied (the caller's own, or no approver), conflict (decided before, or said before), not_found (its time is over).
mcp::Result<> decide(Approval& approval, const Decider& decider, const Word& word, ApprovalTime now);
// Takes it for the call that is made now; its time is over then. Errors: conflict (it is not approved, or used).
mcp::Result<> use(Approval& approval, ApprovalTime now);
// Ends a grant, or an approval that was not used. Errors: conflict (there is nothing to end).
mcp::Result<> revoke(Approval& approval, const std::string& by, ApprovalTime now);

// Longest grant.
inline constexpr std::chrono::hours kLongestGrant{12};

// `ap_` and 16 characters.
std::string new_approval_id();
// JSON of it as lists show it, without digests and links.
std::string approval_json(const Approval& approval);

}  // namespace authz
