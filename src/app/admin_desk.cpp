#include "app/admin_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/approval_change.h"
#include "app/key_text.h"
#include "app/pins_desk.h"
#include "app/store_door.h"
#include "base/event.h"
#include "base/json.h"
#include "mcp/json.h"
#include "net/server_tls.h"
#include "tokens/count.h"
#include "trust/pins/difference_text.h"

namespace app {

using authz::Approval;
using authz::ApprovalState;
using base::Task;
using mcp::Code;
using mcp::Error;
using mcp::Result;
using servers::admin::Actor;
using servers::admin::AdminPort;
using servers::admin::Role;
using std::chrono::system_clock;

namespace {

bool fits(const std::vector<authz::Who>& people, const base::Principal& who) {
  return std::any_of(people.begin(), people.end(), [&who](const authz::Who& one) { return one.fits(who); });
}

void happened(std::string kind, std::string subject, std::string actor, std::string server, const Result<>& outcome) {
  base::Event event;
  event.kind = std::move(kind);
  event.subject = std::move(subject);
  event.actor = std::move(actor);
  event.server = std::move(server);
  event.outcome = outcome ? "ok" : "failed";
  if (!outcome) event.detail = outcome.error().message;
  base::events::happened(event);
}

template <class T>
Result<> bare(const Result<T>& outcome) {
  return outcome ? Result<>() : Result<>(outcome.error());
}

std::string list_of(std::string_view key, const std::string& items) { return fmt::format(R"({{"{}":[{}]}})", key, items); }

// A mark of what was done, for who did it.
std::string done(std::string_view what, std::string_view to) { return fmt::format(R"({{"{}":{}}})", what, base::quoted(to)); }

// Of all servers that have pins, or of the one that is named.
Result<std::vector<std::string>> pinned(const PinsDesk& desk, const std::string& server) {
  std::vector<std::string> all = desk.server_ids();
  if (server.empty()) return all;
  if (std::find(all.begin(), all.end(), server) == all.end())
    return Error(Code::not_found, fmt::format("there is no server {} with pins", shown(server)));
  return std::vector<std::string>{server};
}

Result<std::string> read_pins(AppConfig config, const std::string& server) {
  auto desk = PinsDesk::open(std::move(config));
  if (!desk) return std::move(desk).error();
  auto ids = pinned(*desk, server);
  if (!ids) return std::move(ids).error();
  std::string out;
  for (const std::string& id : *ids)
    for (const trust::LedgerPin& line : desk->ledger(id).lines()) out.append(out.empty() ? "" : ",").append(pin_json(id, line));
  return fmt::format(R"({{"pins":[{}],"lock":{}}})", out, desk->has_lock());
}

Result<std::string> read_differences(AppConfig config, const std::string& server) {
  auto desk = PinsDesk::open(std::move(config));
  if (!desk) return std::move(desk).error();
  auto ids = pinned(*desk, server);
  if (!ids) return std::move(ids).error();
  std::string out;
  for (const std::string& id : *ids) {
    const trust::Ledger& book = desk->ledger(id);
    for (const trust::LedgerPin& line : book.lines()) {
      if (!trust::is_held(line.state)) continue;
      const trust::Difference one = held_difference(book, line);
      // The array of one: its brackets stand for the difference.
      const std::string text = trust::differences_json(std::span(&one, 1));
      out += fmt::format(R"({}{{"server":{},"reason":{},"difference":{}}})", out.empty() ? "" : ",", base::quoted(id),
                         base::quoted(line.reason), std::string_view(text).substr(1, text.size() - 2));
    }
  }
  return list_of("held", out);
}

Result<std::string> take_pins(AppConfig config, const std::string& server, const std::vector<std::string>& names) {
  auto desk = PinsDesk::open(std::move(config));
  if (!desk) return std::move(desk).error();
  if (auto ids = pinned(*desk, server); !ids) return std::move(ids).error();
  auto held = desk->held(server, names);
  if (!held) return std::move(held).error();
  if (auto taken = desk->approve(server, *held); !taken) return std::move(taken).error();
  std::string out;
  for (const trust::LedgerPin& line : *held) out.append(out.empty() ? "" : ",").append(pin_json(server, line));
  return list_of("approved", out);
}

}  // namespace

std::optional<Role> find_role(const AdminRoles& roles, const base::Principal& who) {
  // Nobody said who they are, and they are on this machine.
  if (who.id == "local" && who.issuer.empty()) return Role::admin;
  if (fits(roles.admins, who)) return Role::admin;
  if (fits(roles.approvers, who)) return Role::approver;
  if (fits(roles.viewers, who)) return Role::viewer;
  return {};
}

AdminDesk::AdminDesk(Parts parts)
    : parts_(std::move(parts)), front_(parts_.gateway, "admin", [this](const base::Principal& who) -> sdk::Handler* {
        const auto role = find_role(parts_.config().admin, who);
        return role ? &views_[static_cast<std::size_t>(*role)]->core : nullptr;
      }) {
  for (std::size_t i = 0; i < views_.size(); ++i)
    views_[i] = std::make_unique<View>(parts_.loop, servers::admin::make_server(static_cast<Role>(i), *this, parts_.version));
  parts_.live.tell([this] { call_ended(); });
}

AdminDesk::~AdminDesk() { parts_.live.tell(nullptr); }

void AdminDesk::call_ended() {
  if (telling_) return;
  telling_ = true;
  const base::Instant when = std::max(base::Timers::now(), told_ + kTell);
  next_ = base::Deadline(parts_.loop.timers(), when, [this] {
    telling_ = false;
    told_ = base::Timers::now();
    for (const auto& view : views_) view->server.notify_resource_updated(std::string(servers::admin::kCallsUri));
  });
}

Result<authz::Decider> AdminDesk::decider(const Actor& actor) const {
  auto who = front_.find_caller(actor.key);
  if (!who) return Error(Code::unauthenticated, "nobody knows any more who asked for this; try again");
  if (!actor.key.empty()) return authz::Decider{authz::Decider::Kind::caller, who->id, *who};
  authz::Decider here;
  here.kind = authz::Decider::Kind::operator_here;
  here.name = "operator " + account_name();
  here.who.owner = account_name();
  return here;
}

Result<std::string> AdminDesk::name_of(const Actor& actor) const {
  auto who = decider(actor);
  if (!who) return std::move(who).error();
  return who->name;
}

AdminPort::Answer AdminDesk::calls(servers::admin::CallsWanted wanted) {
  observe::LiveQuery query;
  query.after = std::move(wanted.after);
  query.limit = wanted.limit;
  query.text = std::move(wanted.text);
  query.server = std::move(wanted.server);
  if (wanted.show == servers::admin::CallsWanted::Show::failed) query.show = observe::LiveQuery::Show::failed;
  co_return parts_.live.page(query);
}

AdminPort::Answer AdminDesk::call(std::string id) {
  auto found = parts_.live.find(id);
  std::string missing = fmt::format("the call {} is not kept any more, or still runs", shown(id));
  if (!found) co_await mcp::fail(Code::not_found, std::move(missing));
  co_return *std::move(found);
}

std::size_t AdminDesk::definition_tokens(const std::string& server) {
  auto catalog = parts_.gateway.catalog_of(server);
  auto& [counted, sum] = costs_[server];
  if (!catalog || counted == catalog) return sum;
  counted = catalog;
  sum = 0;
  for (const gateway::Entry& entry : catalog->entries(gateway::DefinitionKind::tool)) sum += tokens::count(entry.definition->raw);
  return sum;
}

AdminPort::Answer AdminDesk::upstreams() {
  const gateway::Status status = parts_.gateway.status();
  mcp::JsonWriter out;
  out.object().field("calls", static_cast<std::uint64_t>(status.calls)).field("streams", static_cast<std::uint64_t>(status.streams));
  out.key("running").raw(parts_.live.running());
  out.key("servers").array();
  for (const gateway::UpstreamStatus& one : status.upstreams) {
    out.object().field("id", one.id).field("kind", one.kind).field("state", one.state).field("reason", one.reason);
    out.field("tools", static_cast<std::uint64_t>(one.tools)).field("required", one.required).field("starts", one.starts);
    out.field("in_flight", static_cast<std::uint64_t>(one.in_flight)).field("queued", static_cast<std::uint64_t>(one.queued));
    out.field("failures", one.failures).field("last_error", one.last_error).field("sandbox", one.sandbox);
    if (one.next_try) out.field("next_try_ms", static_cast<std::int64_t>(one.next_try->count()));
    out.field("held", static_cast<std::uint64_t>(parts_.gateway.pinning().held(one.id)));
    out.field("definition_tokens", static_cast<std::uint64_t>(definition_tokens(one.id)));
    out.key("hour").raw(parts_.traffic.of(one.id)).end();
  }
  out.end().end();
  co_return std::move(out).text();
}

AdminPort::Answer AdminDesk::restart(Actor actor, std::string server) {
  const std::string who = co_await name_of(actor);
  auto outcome = parts_.gateway.restart(server);
  happened("console.action", "upstream_restart", who, server, outcome);
  co_await std::move(outcome);
  co_return done("restarted", server);
}

AdminPort::Answer AdminDesk::budget() { co_return parts_.gateway.usage(); }

Task<std::vector<Approval>> AdminDesk::listed() { return parts_.gateway.approvals().list(); }

AdminPort::Answer AdminDesk::approvals() {
  const std::vector<Approval> all = co_await listed();
  std::string out;
  for (const Approval& one : all) out.append(out.empty() ? "" : ",").append(authz::approval_json(one));
  co_return list_of("approvals", out);
}

AdminPort::Answer AdminDesk::grants() {
  const std::vector<Approval> all = co_await listed();
  std::string out;
  for (const Approval& one : all)
    if (one.state == ApprovalState::granted || one.state == ApprovalState::approved)
      out.append(out.empty() ? "" : ",").append(authz::approval_json(one));
  co_return list_of("grants", out);
}

AdminPort::Answer AdminDesk::decide(Actor actor, servers::admin::DecisionWanted wanted) {
  authz::Decider who = co_await decider(actor);
  const std::string name = who.name, id = wanted.id;
  authz::Word word;
  word.agrees = wanted.verdict == servers::admin::DecisionWanted::Verdict::approve;
  word.reason = std::move(wanted.reason);
  word.for_session = wanted.for_session;
  const char* verb = word.agrees ? "approve" : "deny";
  Result<Approval> outcome = co_await parts_.gateway.approvals().decide(id, std::move(who), std::move(word)).result();
  happened("console.action", fmt::format("{} {}", verb, id), name, outcome ? outcome->server : std::string(), bare(outcome));
  const Approval decided = co_await std::move(outcome);
  co_return authz::approval_json(decided);
}

AdminPort::Answer AdminDesk::revoke(Actor actor, std::string id) {
  const authz::Decider who = co_await decider(actor);
  auto work = [store = &parts_.store, id, by = who.person()] {
    return change_approval(store->approvals(), id, [&by](Approval& one, authz::ApprovalTime now) { return authz::revoke(one, by, now); });
  };
  Result<Approval> outcome = co_await parts_.pool.run(parts_.loop, work);
  happened("console.action", "grants_revoke " + id, who.name, outcome ? outcome->server : std::string(), bare(outcome));
  const Approval revoked = co_await std::move(outcome);
  parts_.gateway.approvals().look();
  co_return authz::approval_json(revoked);
}

AdminPort::Answer AdminDesk::pins(std::string server) {
  auto work = [config = parts_.config(), server] { return read_pins(config, server); };
  Result<std::string> out = co_await parts_.pool.run(parts_.loop, work);
  co_return co_await std::move(out);
}

AdminPort::Answer AdminDesk::pin_differences(std::string server) {
  auto work = [config = parts_.config(), server] { return read_differences(config, server); };
  Result<std::string> out = co_await parts_.pool.run(parts_.loop, work);
  co_return co_await std::move(out);
}

AdminPort::Answer AdminDesk::approve_pins(Actor actor, std::string server, std::vector<std::string> names) {
  const std::string who = co_await name_of(actor);
  auto work = [config = parts_.config(), server, names] { return take_pins(config, server, names); };
  Result<std::string> outcome = co_await parts_.pool.run(parts_.loop, work);
  happened("console.action", "pins_approve", who, server, bare(outcome));
  co_return co_await std::move(outcome);
}

AdminPort::Answer AdminDesk::credentials() {
  auto work = [keys = &parts_.store.keys()] { return keys->list(); };
  Result<std::vector<store::StoredKey>> listed_keys = co_await parts_.pool.run(parts_.loop, work);
  const std::vector<store::StoredKey> all = co_await std::move(listed_keys);
  const authz::KeyTime now = system_clock::now();
  std::string keys, others;
  for (const store::StoredKey& key : all) keys.append(keys.empty() ? "" : ",").append(key_json(key, now));
  const AppConfig& config = parts_.config();
  if (config.tls)
    others = fmt::format(R"({{"kind":"certificate","name":"tls","expires":{}}})",
                         base::quoted(time_text(config.tls->expires(), "%Y-%m-%dT%H:%M:%SZ")));
  for (const gateway::ServerConfig& server : config.gateway.servers) {
    const std::string_view issued = base::find_member(server.own.reveal(), "key_issued");
    const std::string_view every = base::find_member(server.own.reveal(), "key_rotate_every");
    if (issued.empty()) continue;
    others += fmt::format(R"({}{{"kind":"server key","name":{},"issued":{},"rotate_every":{}}})", others.empty() ? "" : ",",
                          base::quoted(server.id), issued, every.empty() ? "null" : every);
  }
  co_return fmt::format(R"({{"keys":[{}],"others":[{}],"wanted":{}}})", keys, others, config.gateway.door == authz::Door::keys);
}

AdminPort::Answer AdminDesk::audit(std::string query, std::string cursor, std::size_t limit) {
  if (!parts_.audit.search) co_await mcp::fail(Code::unavailable, "this gateway keeps no audit trail");
  auto work = [search = parts_.audit.search, query, cursor, limit] { return search(query, cursor, limit); };
  Result<std::string> out = co_await parts_.pool.run(parts_.loop, work);
  co_return co_await std::move(out);
}

AdminPort::Answer AdminDesk::verify_audit() {
  if (!parts_.audit.verify) co_await mcp::fail(Code::unavailable, "this gateway keeps no audit trail");
  auto work = [verify = parts_.audit.verify] { return verify(); };
  Result<std::string> out = co_await parts_.pool.run(parts_.loop, work);
  co_return co_await std::move(out);
}

namespace {

struct Note {
  std::string_view level;
  std::string what, text, remedy;
};

void look_at(const gateway::UpstreamStatus& one, std::size_t held, std::vector<Note>& notes) {
  if (!one.enabled) return;
  if (one.state == "down" || one.state == "open")
    notes.push_back({"bad", "server " + one.id, one.state + (one.reason.empty() ? "" : ": " + one.reason),
                     "restart it; gatehouse tools --status says more"});
  else if (one.state == "degraded" || one.state == "half-open")
    notes.push_back({"warning", "server " + one.id, one.state + (one.reason.empty() ? "" : ": " + one.reason), {}});
  if (one.sandbox == "off")
    notes.push_back({"warning", "server " + one.id, "it runs with all rights of the gateway's user", "remove sandbox: off"});
  if (held > 0)
    notes.push_back({"warning", "pins of " + one.id, fmt::format("{} definitions are held back", held),
                     fmt::format("gatehouse pins diff {0}, then gatehouse pins approve {0}", one.id)});
}

}  // namespace

AdminPort::Answer AdminDesk::doctor() {
  std::vector<Note> notes;
  auto check = [store = &parts_.store] { return store->check(); };
  Result<> works = co_await parts_.pool.run(parts_.loop, check);
  if (works)
    notes.push_back({"good", "store", "it can be written", {}});
  else
    notes.push_back({"bad", "store", works.error().message, "correct store:, or the permissions of its folder"});
  for (const gateway::UpstreamStatus& one : parts_.gateway.status().upstreams) look_at(one, parts_.gateway.pinning().held(one.id), notes);
  if (const std::size_t waiting = parts_.gateway.approvals().waiting(); waiting > 0)
    notes.push_back({"warning", "approvals", fmt::format("waiting for a person: {}", waiting), "gatehouse approvals list"});
  constexpr std::int64_t kSoon = 14 * 86'400, kDay = 86'400;
  if (const authz::KeyDesk* keys = parts_.keys())
    for (const auto& [name, left] : keys->seconds_left())
      if (left > 0 && left < kSoon)
        notes.push_back({"warning", "key " + name, fmt::format("it ends in {} days", left / kDay), "gatehouse keys rotate " + name});
  mcp::JsonWriter out;
  out.object().field("good", std::none_of(notes.begin(), notes.end(), [](const Note& one) { return one.level == "bad"; }));
  out.key("signs").array();
  for (const Note& one : notes) {
    out.object().field("what", one.what).field("level", one.level).field("text", one.text);
    if (!one.remedy.empty()) out.field("remedy", one.remedy);
    out.end();
  }
  out.end().end();
  co_return std::move(out).text();
}

}  // namespace app
