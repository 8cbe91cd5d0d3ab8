#include "gateway/approvals/approvals.h"

#include <algorithm>

#include "access/keys/key_text.h"
#include "base/digest.h"
#include "base/event.h"
#include "base/json.h"
#include "base/log.h"
#include "gateway/consents.h"
#include "oauth/jwt_sign.h"

namespace gateway {

using authz::Approval;
using authz::ApprovalState;
using authz::ApprovalTime;
using authz::Decider;
using authz::Word;
using base::Code;
using base::Error;
using base::Result;
using base::Task;
using store::StoredApproval;

namespace {

constexpr base::Millis kLook{1'000};
// Clocks of instances differ, and what was written before a look may be seen after it.
constexpr std::chrono::seconds kSlack{5};
constexpr int kTries = 8;
constexpr std::size_t kMostArguments = 256 * 1024;

std::string who_may(const authz::Approvers& approvers) {
  std::string out;
  auto add = [&out](std::string_view word, const std::vector<std::string>& names) {
    for (const std::string& name : names) out.append(out.empty() ? "" : ", ").append(word).append(" ").append(name);
  };
  add("group", approvers.groups);
  add("key", approvers.keys);
  add("user", approvers.users);
  if (approvers.count > 1) out = std::to_string(approvers.count) + " of " + out;
  return out;
}

std::string denied_text(const Approval& approval) {
  std::string out = "it was denied";
  if (!approval.words.empty()) {
    const authz::ApprovalWord& last = approval.words.back();
    out += " by " + last.by;
    if (!last.reason.empty()) out += ": " + last.reason;
  }
  return out + " (" + approval.id + ")";
}

std::vector<Approval> read_all(const std::vector<StoredApproval>& stored) {
  std::vector<Approval> out;
  for (const StoredApproval& one : stored)
    if (auto read = authz::from_stored(one)) out.push_back(*std::move(read));
  return out;
}

struct Link {
  std::string id, secret;
};

Result<Link> read_link(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.size() > 200) return Error(Code::not_found, "there is no such link");
  return Link{std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

const authz::ApprovalLink* link_of(const Approval& approval, const std::string& secret) {
  const std::string digest = base::sha256_hex(secret);
  for (const authz::ApprovalLink& link : approval.links)
    if (authz::same_digest(link.digest, digest)) return &link;
  return nullptr;
}

void tell_decided(const Approval& approval) {
  base::Event event;
  event.kind = approval.words.back().agrees ? "approval.given" : "approval.denied";
  event.subject = approval.id;
  event.actor = approval.words.back().by;
  event.server = approval.server;
  event.outcome = "ok";
  event.detail = approval.name;
  base::events::happened(event);
}

}  // namespace

Approvals::Approvals(Parts parts, ApprovalConfig config) : parts_(std::move(parts)), config_(std::move(config)), hooks_(parts_.loop) {}

Task<void> Approvals::stop() {
  work_.stop();
  co_await hooks_.stop();
  co_await work_.join();
}

Task<std::vector<Approval>> Approvals::search(std::string caller, std::string digest) {
  auto find = [store = parts_.store, who = std::move(caller), what = std::move(digest), now = parts_.now()] {
    return store->find_for(who, what, now);
  };
  Result<std::vector<StoredApproval>> found = co_await parts_.pool.run(parts_.loop, find);
  std::vector<StoredApproval> all = co_await std::move(found);
  co_return read_all(all);
}

Task<bool> Approvals::replace(Approval approval) {
  auto put = [store = parts_.store, stored = authz::to_stored(approval, parts_.now())] { return store->replace(stored); };
  Result<bool> replaced = co_await parts_.pool.run(parts_.loop, put);
  co_return co_await std::move(replaced);
}

// What is known of this call: an outcome, or the id of what waits, or nothing at all.
Task<std::optional<Approvals::Outcome>> Approvals::settle(const ApprovalWanted* wanted, const std::string* digest, const std::string* call,
                                                          std::string* pending) {
  for (int i = 0; i < kTries; ++i) {
    pending->clear();
    std::vector<Approval> all = co_await search(wanted->caller->id, *digest);
    for (const Approval& one : all)
      if (one.state == ApprovalState::granted && one.session == wanted->session) {
        Outcome go{Way::go, one.id, {}};
        co_return go;
      }
    const auto mine = std::find_if(all.begin(), all.end(), [&](const Approval& one) {
      const bool counts = one.state == ApprovalState::pending || one.state == ApprovalState::approved || one.state == ApprovalState::denied;
      return counts && one.call == *call;
    });
    if (mine == all.end()) co_return std::nullopt;
    if (mine->state == ApprovalState::denied) {
      Outcome no{Way::denied, mine->id, denied_text(*mine)};
      co_return no;
    }
    if (mine->state == ApprovalState::pending) {
      *pending = mine->id;
      co_return std::nullopt;
    }
    Approval taken = *mine;
    if (auto used = authz::use(taken, parts_.now()); !used) continue;
    const bool won = co_await replace(taken);
    if (!won) continue;  // the same call, made twice at once: the other one has it
    Outcome go{Way::go, taken.id, {}};
    co_return go;
  }
  co_return Error(Code::conflict, "this call is being made by others at the same time; try again");
}

Task<std::string> Approvals::ask(const ApprovalWanted* wanted, std::string digest, std::string call) {
  Approval fresh;
  fresh.id = authz::new_approval_id();
  fresh.caller = wanted->caller->id;
  fresh.owner = wanted->caller->owner.empty() ? wanted->caller->user : wanted->caller->owner;
  fresh.digest = std::move(digest);
  fresh.call = std::move(call);
  fresh.kind = wanted->kind;
  fresh.server = wanted->server;
  fresh.name = wanted->name;
  fresh.arguments = wanted->arguments.empty() ? std::string() : base::minified(wanted->arguments);
  fresh.session = wanted->session;
  fresh.rule = wanted->rule->place;
  fresh.approvers = *wanted->rule->approvers;
  fresh.created = parts_.now();
  fresh.until = fresh.created + config_.ttl;
  std::vector<std::string> secrets;
  if (!config_.public_url.empty())
    for (const ApprovalHook& hook : config_.hooks) {
      secrets.push_back(oauth::random_token());
      fresh.links.push_back({"webhook " + hook.name, base::sha256_hex(secrets.back())});
    }
  StoredApproval stored = authz::to_stored(fresh, fresh.created);
  auto put = [store = parts_.store, one = std::move(stored)] { return store->insert(one, {}); };
  Result<> kept = co_await parts_.pool.run(parts_.loop, put);
  co_await std::move(kept);
  base::log::info("a call waits for an approval",
                  {{"id", fresh.id}, {"caller", fresh.caller}, {"server", fresh.server}, {"name", fresh.name}});
  tell(fresh, secrets);
  co_return fresh.id;
}

void Approvals::tell(const Approval& approval, const std::vector<std::string>& secrets) {
  for (std::size_t i = 0; i < config_.hooks.size(); ++i) {
    std::string data = authz::approval_json(approval);
    data.pop_back();
    if (i < secrets.size()) data += ",\"url\":" + base::quoted(config_.public_url + "/approvals/" + approval.id + "." + secrets[i]);
    const std::int64_t time = std::chrono::duration_cast<std::chrono::seconds>(approval.created.time_since_epoch()).count();
    hooks_.send(config_.hooks[i], "msg_" + approval.id,
                R"({"type":"approval.requested","timestamp":)" + std::to_string(time) + R"(,"data":)" + data + "}}");
  }
}

Task<Approvals::Outcome> Approvals::seek(ApprovalWanted wanted, std::stop_token stop) {
  if (!parts_.store) co_await mcp::fail(Code::unavailable, "there is no store for approvals");
  if (wanted.arguments.size() > kMostArguments) {
    Outcome no{Way::denied, {}, "its arguments are too large for anybody to look through"};
    co_return no;
  }
  const std::string digest =
      base::sha256_hex(wanted.kind + "\n" + wanted.server + "\n" + base::quoted(wanted.name) + "\n" + wanted.definition);
  const std::string call = consent_digest(digest, wanted.server, wanted.name, wanted.arguments);
  const base::Millis hold = wanted.hold == ApprovalWanted::Hold::yes ? config_.wait : base::Millis(0);
  const base::Instant until = base::Timers::now() + hold;
  std::string pending;
  for (;;) {
    std::optional<Outcome> outcome = co_await settle(&wanted, &digest, &call, &pending);
    if (outcome) co_return *std::move(outcome);
    if (pending.empty()) pending = co_await ask(&wanted, digest, call);
    if (base::Timers::now() >= until) break;
    std::shared_ptr<base::Waiters>& slot = waiters_[pending];
    if (!slot) slot = std::make_shared<base::Waiters>();
    std::shared_ptr<base::Waiters> waiters = slot;
    ++waiting_;
    if (!std::exchange(looking_, true)) work_.spawn(keep_looking());
    Result<> woken = co_await waiters->wait(parts_.loop.timers(), stop, until).result();
    --waiting_;
    if (waiters.use_count() == 2) waiters_.erase(pending);
    if (!woken && woken.error().code == Code::cancelled) co_await std::move(woken);
  }
  const long minutes = std::chrono::ceil<std::chrono::minutes>(config_.ttl).count();
  Outcome waits{Way::waits, pending,
                "it waits for the approval of somebody else (" + who_may(*wanted.rule->approvers) + "). Its id is " + pending +
                    ". Call again with the same arguments: the call goes on once it was approved, within " + std::to_string(minutes) +
                    " minutes of the first try"};
  co_return waits;
}

Task<std::vector<Approval>> Approvals::list() {
  if (!parts_.store) co_return std::vector<Approval>();
  auto ask = [store = parts_.store, now = parts_.now()] { return store->list(now); };
  Result<std::vector<StoredApproval>> found = co_await parts_.pool.run(parts_.loop, ask);
  std::vector<StoredApproval> all = co_await std::move(found);
  co_return read_all(all);
}

namespace {

// One look at it and one change of it, again where somebody else changed it meanwhile. Blocks.
Result<Approval> change_in(store::ApprovalStore* store, const std::string& id, ApprovalTime now,
                           const std::function<Result<>(Approval&)>& change) {
  for (int i = 0; i < kTries; ++i) {
    auto found = store->find(id);
    if (!found) return std::move(found).error();
    if (!*found) return Error(Code::not_found, "there is no approval " + base::quoted(std::string_view(id).substr(0, 100)));
    auto approval = authz::from_stored(**found);
    if (!approval) return approval;
    if (auto changed = change(*approval); !changed) return std::move(changed).error();
    auto replaced = store->replace(authz::to_stored(*approval, now));
    if (!replaced) return std::move(replaced).error();
    if (*replaced) return approval;
  }
  return Error(Code::conflict, "others keep changing " + id + "; try again");
}

}  // namespace

Task<Approval> Approvals::decide(std::string id, Decider decider, Word word) {
  if (!parts_.store) co_await mcp::fail(Code::unavailable, "there is no store for approvals");
  auto work = [store = parts_.store, what = id, who = std::move(decider), said = std::move(word), now = parts_.now()] {
    return change_in(store, what, now, [&](Approval& one) { return authz::decide(one, who, said, now); });
  };
  Result<Approval> done = co_await parts_.pool.run(parts_.loop, work);
  Approval approval = co_await std::move(done);
  base::log::info("a waiting call was decided",
                  {{"id", id}, {"state", authz::approval_state_name(approval.state)}, {"by", approval.words.back().by}});
  tell_decided(approval);
  wake(id);
  co_return std::move(approval);
}

Task<Approval> Approvals::find_by_link(std::string link) {
  const Link parts = co_await read_link(link);
  if (!parts_.store) co_await mcp::fail(Code::unavailable, "there is no store for approvals");
  auto work = [store = parts_.store, id = parts.id] { return store->find(id); };
  Result<std::optional<StoredApproval>> done = co_await parts_.pool.run(parts_.loop, work);
  std::optional<StoredApproval> found = co_await std::move(done);
  Result<Approval> approval = found ? authz::from_stored(*found) : Result<Approval>(Error(Code::not_found, "there is no such link"));
  if (!approval || !link_of(*approval, parts.secret)) co_await mcp::fail(Code::not_found, "there is no such link, or it was used");
  co_return *std::move(approval);
}

Task<Approval> Approvals::decide_by_link(std::string link, Word word) {
  const Link parts = co_await read_link(link);
  if (!parts_.store) co_await mcp::fail(Code::unavailable, "there is no store for approvals");
  auto work = [store = parts_.store, what = parts, said = std::move(word), now = parts_.now()] {
    auto change = [&](Approval& one) -> Result<> {
      const authz::ApprovalLink* found = link_of(one, what.secret);
      if (!found) return Error(Code::not_found, "there is no such link, or it was used");
      const Decider decider{Decider::Kind::link, found->name, {}};
      const std::string digest = found->digest;
      if (auto decided = authz::decide(one, decider, said, now); !decided) return decided;
      std::erase_if(one.links, [&](const authz::ApprovalLink& each) { return each.digest == digest; });
      return {};
    };
    return change_in(store, what.id, now, change);
  };
  Result<Approval> done = co_await parts_.pool.run(parts_.loop, work);
  Approval approval = co_await std::move(done);
  base::log::info("a waiting call was decided",
                  {{"id", approval.id}, {"state", authz::approval_state_name(approval.state)}, {"by", approval.words.back().by}});
  tell_decided(approval);
  wake(approval.id);
  co_return std::move(approval);
}

void Approvals::wake(const std::string& id) {
  auto found = waiters_.find(id);
  if (found == waiters_.end()) return;
  const std::shared_ptr<base::Waiters> waiters = found->second;
  waiters->wake({});
}

void Approvals::look() {
  std::vector<std::string> ids;
  for (const auto& [id, waiters] : waiters_) ids.push_back(id);
  for (const std::string& id : ids) wake(id);
}

// Decisions come from other processes, too. Looks while anybody waits.
Task<void> Approvals::keep_looking() {
  std::stop_token stop = work_.stop_token();
  looked_ = parts_.now();
  while (waiting_ > 0 && !stop.stop_requested()) {
    co_await parts_.loop.timers().sleep(kLook, stop);
    auto ask = [store = parts_.store, since = looked_ - kSlack] { return store->changed(since); };
    looked_ = parts_.now();
    Result<std::vector<std::string>> changed = co_await parts_.pool.run(parts_.loop, ask);
    if (!changed) continue;
    for (const std::string& id : *changed) wake(id);
  }
  looking_ = false;
}

}  // namespace gateway
