#include "access/approvals/approval.h"

#include <algorithm>
#include <array>

#include "access/keys/key_book.h"
#include "base/json.h"
#include "oauth/jwt_sign.h"

namespace authz {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

constexpr std::array<std::string_view, 6> kStates{"pending", "approved", "used", "denied", "granted", "revoked"};
constexpr std::size_t kMostReason = 500, kMostWords = 100;

std::int64_t millis(ApprovalTime time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count(); }

std::string member(std::string_view json, std::string_view key) {
  auto text = base::json_string(base::find_member(json, key));
  return text ? *std::move(text) : std::string();
}

std::int64_t number(std::string_view json, std::string_view key) {
  auto found = base::json_integer(base::find_member(json, key));
  return found ? *found : 0;
}

// Appends `,"key":"text"`.
void add(std::string& out, std::string_view key, std::string_view text) {
  out.append(",\"").append(key).append("\":");
  base::append_json_string(out, text);
}

std::string words_json(const Approval& approval) {
  std::string out = "[";
  for (const ApprovalWord& word : approval.words) {
    if (out.size() > 1) out += ',';
    out.append(R"({"agrees":)").append(word.agrees ? "true" : "false").append(R"(,"when":)").append(std::to_string(millis(word.when)));
    add(out, "by", word.by);
    add(out, "reason", word.reason);
    out += '}';
  }
  return out + "]";
}

std::string approvers_json(const Approvers& approvers) {
  return R"({"groups":)" + json_list(approvers.groups) + R"(,"keys":)" + json_list(approvers.keys) + R"(,"users":)" +
         json_list(approvers.users) + R"(,"count":)" + std::to_string(approvers.count) + "}";
}

}  // namespace

std::string_view approval_state_name(ApprovalState state) { return kStates[static_cast<std::size_t>(state)]; }

store::StoredApproval to_stored(const Approval& approval, ApprovalTime now) {
  store::StoredApproval out;
  out.id = approval.id;
  out.caller = approval.caller;
  out.digest = approval.digest;
  out.state = approval_state_name(approval.state);
  out.created = approval.created;
  out.until = approval.until;
  out.changed = now;
  out.revision = approval.revision;
  std::string links = "[";
  for (const ApprovalLink& link : approval.links) {
    if (links.size() > 1) links += ',';
    links.append(R"({"v":1)");
    add(links, "name", link.name);
    add(links, "digest", link.digest);
    links += '}';
  }
  out.body = R"({"approvers":)" + approvers_json(approval.approvers) + R"(,"words":)" + words_json(approval) + R"(,"links":)" + links + "]";
  add(out.body, "call", approval.call);
  add(out.body, "owner", approval.owner);
  add(out.body, "kind", approval.kind);
  add(out.body, "server", approval.server);
  add(out.body, "name", approval.name);
  add(out.body, "arguments", approval.arguments);
  add(out.body, "session", approval.session);
  add(out.body, "rule", approval.rule);
  out.body += '}';
  return out;
}

Result<Approval> from_stored(const store::StoredApproval& stored) {
  const auto state = std::find(kStates.begin(), kStates.end(), stored.state);
  if (state == kStates.end() || !base::validate_json(stored.body) || !base::is_object(stored.body))
    return Error(Code::internal, "the approval " + stored.id + " in the store cannot be read");
  Approval out;
  out.id = stored.id;
  out.caller = stored.caller;
  out.digest = stored.digest;
  out.state = static_cast<ApprovalState>(state - kStates.begin());
  out.created = stored.created;
  out.until = stored.until;
  out.revision = stored.revision;
  const std::string_view approvers = base::find_member(stored.body, "approvers");
  out.approvers.groups = from_json_list(base::find_member(approvers, "groups"));
  out.approvers.keys = from_json_list(base::find_member(approvers, "keys"));
  out.approvers.users = from_json_list(base::find_member(approvers, "users"));
  out.approvers.count = static_cast<std::size_t>(std::max<std::int64_t>(1, number(approvers, "count")));
  for (base::Elements all(base::find_member(stored.body, "words")); all.next();) {
    ApprovalWord word{member(all.value(), "by"), base::find_member(all.value(), "agrees") == "true", member(all.value(), "reason"), {}};
    word.when = ApprovalTime(std::chrono::milliseconds(number(all.value(), "when")));
    out.words.push_back(std::move(word));
  }
  for (base::Elements all(base::find_member(stored.body, "links")); all.next();)
    out.links.push_back({member(all.value(), "name"), member(all.value(), "digest")});
  out.call = member(stored.body, "call");
  out.owner = member(stored.body, "owner");
  out.kind = member(stored.body, "kind");
  out.server = member(stored.body, "server");
  out.name = member(stored.body, "name");
  out.arguments = member(stored.body, "arguments");
  out.session = member(stored.body, "session");
  out.rule = member(stored.body, "rule");
  return out;
}

namespace {

// Why this person may not decide, or nothing.
std::optional<Error> objection(const Approval& approval, const Decider& decider) {
  if (decider.kind == Decider::Kind::link) return {};
  const base::Principal& who = decider.who;
  const bool own = decider.name == approval.caller || (decider.kind == Decider::Kind::caller && who.id == approval.caller) ||
                   (!approval.owner.empty() && (who.owner == approval.owner || who.user == approval.owner));
  if (own) return Error(Code::denied, "it is your own call: another person has to decide");
  if (decider.kind == Decider::Kind::caller && !approval.approvers.includes(who))
    return Error(Code::denied, "you are not among those who may approve it");
  return {};
}

}  // namespace

Result<> decide(Approval& approval, const Decider& decider, const Word& word, ApprovalTime now) {
  if (approval.until <= now) return Error(Code::not_found, "the time of " + approval.id + " is over; the call has to be made again");
  if (approval.state != ApprovalState::pending)
    return Error(Code::conflict, approval.id + " is " + std::string(approval_state_name(approval.state)) + " already");
  if (auto no = objection(approval, decider)) return *std::move(no);
  const std::string& person = decider.person();
  if (std::any_of(approval.words.begin(), approval.words.end(), [&](const ApprovalWord& one) { return one.by == person; }))
    return Error(Code::conflict, person + " has agreed to it already; somebody else has to, too");
  if (word.for_session && (*word.for_session <= std::chrono::seconds(0) || *word.for_session > kLongestGrant))
    return Error(Code::invalid_argument, "an approval for a session is for at least a second and at most 12 hours");
  if (approval.words.size() < kMostWords) approval.words.push_back({person, word.agrees, word.reason.substr(0, kMostReason), now});
  if (!word.agrees) {
    approval.state = ApprovalState::denied;
    return {};
  }
  const auto agreed = static_cast<std::size_t>(
      std::count_if(approval.words.begin(), approval.words.end(), [](const ApprovalWord& one) { return one.agrees; }));
  if (agreed < approval.approvers.count) return {};
  approval.state = word.for_session ? ApprovalState::granted : ApprovalState::approved;
  if (word.for_session) approval.until = now + *word.for_session;
  return {};
}

Result<> use(Approval& approval, ApprovalTime now) {
  if (approval.state != ApprovalState::approved || approval.until <= now)
    return Error(Code::conflict, approval.id + " is not good for a call (any more)");
  approval.state = ApprovalState::used;
  approval.until = now;
  return {};
}

Result<> revoke(Approval& approval, const std::string& by, ApprovalTime now) {
  const bool open = approval.state == ApprovalState::granted || approval.state == ApprovalState::approved;
  if (!open || approval.until <= now)
    return Error(Code::conflict,
                 approval.id + " is " + std::string(approval_state_name(approval.state)) + ": there is nothing to take back");
  if (approval.words.size() < kMostWords) approval.words.push_back({by, false, "taken back", now});
  approval.state = ApprovalState::revoked;
  return {};
}

std::string new_approval_id() { return "ap_" + oauth::random_token().substr(0, 16); }

std::string approval_json(const Approval& approval) {
  std::string out = R"({"id":)" + base::quoted(approval.id);
  add(out, "state", approval_state_name(approval.state));
  add(out, "caller", approval.caller);
  add(out, "owner", approval.owner);
  add(out, "kind", approval.kind);
  add(out, "server", approval.server);
  add(out, "name", approval.name);
  if (!approval.arguments.empty()) out.append(R"(,"arguments":)").append(approval.arguments);
  add(out, "session", approval.session);
  add(out, "rule", approval.rule);
  out.append(R"(,"approvers":)").append(approvers_json(approval.approvers));
  out.append(R"(,"words":)").append(words_json(approval));
  out.append(R"(,"created":)").append(std::to_string(millis(approval.created)));
  out.append(R"(,"until":)").append(std::to_string(millis(approval.until)));
  return out + "}";
}

}  // namespace authz
