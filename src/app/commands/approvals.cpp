// Calls that wait for a person: listed, approved, denied.
#include <fmt/format.h>

#include <chrono>

#include "access/approvals/approval.h"
#include "access/keys/key_desk.h"
#include "app/approval_change.h"
#include "app/asked_gateway.h"
#include "app/commands.h"
#include "app/config_identity.h"
#include "app/store_door.h"
#include "app/terminal.h"
#include "gateway/consents.h"

namespace app {
namespace {

using authz::Approval;
using authz::ApprovalTime;
using std::chrono::system_clock;

int failed(const mcp::Error& error) {
  complain(error.message);
  return error.code == mcp::Code::invalid_argument ? kUsage : kFailed;
}

// Text of a caller, as it may be written to a terminal.
std::string visible(std::string_view text) { return without_controls(gateway::without_tricks(text)); }

std::string left(const Approval& approval, ApprovalTime now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(approval.until - now).count();
  return seconds >= 120 ? fmt::format("{}m", seconds / 60) : fmt::format("{}s", seconds);
}

// Who runs this command: the one whose key is in GATEHOUSE_KEY, else whoever has the gateway's files in their hands.
mcp::Result<authz::Decider> decider_of(const StoreDoor& door) {
  auto text = process_environment("GATEHOUSE_KEY");
  if (!text || text->empty()) {
    authz::Decider here;
    here.kind = authz::Decider::Kind::operator_here;
    here.name = "operator " + account_name();
    here.who.owner = account_name();
    return here;
  }
  auto pepper = key_pepper(door.config);
  if (!pepper) return std::move(pepper).error();
  base::Loop loop;
  base::BlockingPool pool(1);
  authz::KeyDesk desk({loop, pool, door.store->keys(), *std::move(pepper), {}});
  if (auto loaded = desk.load(); !loaded) return std::move(loaded).error();
  auto who = desk.identify(*text);
  if (!who) return std::move(who).error().in("GATEHOUSE_KEY");
  return authz::Decider{authz::Decider::Kind::caller, (*who)->who->id, *(*who)->who};
}

int decide(const ApprovalsOptions& options, const authz::Word& word) {
  int status = kGood;
  auto door = open_store_door(options.config, &status);
  if (!door) return status;
  auto decider = decider_of(*door);
  if (!decider) return failed(decider.error());
  auto how = [&](Approval& one, ApprovalTime now) -> mcp::Result<> {
    const bool open = one.state == authz::ApprovalState::granted || one.state == authz::ApprovalState::approved;
    if (!word.agrees && open) return authz::revoke(one, decider->person(), now);
    return authz::decide(one, *decider, word, now);
  };
  auto done = change_approval(door->store->approvals(), options.id, how);
  if (!done) return failed(done.error());
  door->note(word.agrees ? "approval.given" : "approval.denied", options.id, done->words.empty() ? "" : done->words.back().by,
             done->server + "__" + done->name);
  door->tell();
  if (options.output == Output::json)
    print(authz::approval_json(*done) + "\n");
  else
    print(fmt::format("{} is {}\n", done->id, authz::approval_state_name(done->state)));
  return kGood;
}

}  // namespace

int approvals_list(const ApprovalsOptions& options) {
  int status = kGood;
  auto door = open_store_door(options.config, &status);
  if (!door) return status;
  const ApprovalTime now = system_clock::now();
  auto stored = door->store->approvals().list(now);
  if (!stored) return failed(stored.error());
  std::string json;
  std::vector<std::vector<std::string>> rows{{"ID", "STATE", "FOR", "CALLER", "WHAT", "ARGUMENTS"}};
  for (const store::StoredApproval& one : *stored) {
    auto approval = authz::from_stored(one);
    if (!approval) continue;
    json.append(json.empty() ? "" : ",").append(authz::approval_json(*approval));
    rows.push_back({approval->id, std::string(authz::approval_state_name(approval->state)), left(*approval, now), visible(approval->caller),
                    visible(approval->server + "__" + approval->name), visible(approval->arguments)});
  }
  if (options.output == Output::json)
    print("[" + json + "]\n");
  else
    print(rows.size() == 1 ? "nothing waits for an approval\n" : table(rows));
  return kGood;
}

int approvals_approve(const ApprovalsOptions& options) {
  authz::Word word{true, options.reason, {}};
  if (!options.session.empty()) {
    auto time = parse_duration(options.session);
    if (!time) {
      complain("--for must be like 30m or 2h, not " + shown(options.session));
      return kUsage;
    }
    word.for_session = std::chrono::duration_cast<std::chrono::seconds>(*time);
  }
  return decide(options, word);
}

int approvals_deny(const ApprovalsOptions& options) { return decide(options, {false, options.reason, {}}); }

}  // namespace app
