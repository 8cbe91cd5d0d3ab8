#include "gateway/admin/own_front.h"

#include "base/json.h"
#include "gateway/gateway.h"
#include "net/http_message.h"
#include "oauth/principal.h"
#include "protocol/errors.h"

namespace gateway {

using authz::Peer;
using authz::Subject;
using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

// Somebody is here as long as this lives.
class OwnFront::Present {
 public:
  Present(OwnFront& front, std::string key, std::shared_ptr<const base::Principal> who) : front_(front), key_(std::move(key)) {
    auto& [principal, calls] = front_.present_[key_];
    principal = std::move(who);
    ++calls;
  }
  ~Present() {
    auto found = front_.present_.find(key_);
    if (--found->second.second == 0) front_.present_.erase(found);
  }
  Present(const Present&) = delete;
  Present& operator=(const Present&) = delete;

 private:
  OwnFront& front_;
  std::string key_;
};

namespace {

std::string key_of(const sdk::Inbound& in) { return in.caller ? in.caller->issuer + "#" + in.caller->subject : std::string(); }

// What the rules are asked about; nothing for what only says how the server is.
std::optional<Subject> subject_of(const sdk::Inbound& in, std::string_view id) {
  if (in.method() == Method::tools_call) return Subject{Subject::Verb::call, id, in.rpc.name};
  if (in.method() == Method::resources_read) return Subject{Subject::Verb::read, id, in.rpc.name};
  return {};
}

}  // namespace

OwnFront::OwnFront(Gateway& gateway, std::string id, Choose choose) : gateway_(gateway), id_(std::move(id)), choose_(std::move(choose)) {
  info_ = "{\"name\":" + base::quoted("gatehouse/" + id_) + ",\"version\":" + base::quoted(gateway_.parts_.version) + "}";
}

Result<std::shared_ptr<const base::Principal>> OwnFront::identify(const sdk::Inbound& in) const {
  if (in.caller && in.caller->who) return in.caller->who;
  Peer peer;
  if (!in.http)
    peer.kind = Peer::Kind::stdio;
  else if (in.http->peer_address.empty())
    peer.kind = Peer::Kind::unix_socket;
  else
    peer.address = in.http->peer_address;
  return gateway_.identity_.identify(peer);
}

Result<sdk::Handler*> OwnFront::choose(const base::Principal& who) const {
  if (sdk::Handler* handler = choose_(who)) return handler;
  return Error(Code::denied, who.id + " has no role here; give one in the config, such as admin: { viewers: [{ group: staff }] }",
               "you have no role here; ask who runs this gateway for one");
}

std::shared_ptr<const base::Principal> OwnFront::find_caller(const std::string& key) const {
  auto found = present_.find(key);
  return found == present_.end() ? nullptr : found->second.first;
}

Task<protocol::ServerIdentity> OwnFront::identity(sdk::Inbound in) {
  auto who = identify(in);
  std::shared_ptr<const base::Principal> principal = co_await std::move(who);
  sdk::Handler* handler = co_await choose(*principal);
  co_return co_await handler->identity(std::move(in));
}

Task<Reply> OwnFront::handle(sdk::Inbound in, sdk::Outlet& out) {
  OpenCall call(gateway_.calls_, in, id_);
  if (!call.begun) {
    call.ended(call.begun.error());
    co_return Reply(protocol::to_refusal(call.begun.error()));
  }
  auto who = identify(in);
  if (!who) {
    call.ended(who.error());
    co_return std::move(who).error();
  }
  call.record.caller = *who;
  const auto kind = in.method() == Method::subscriptions_listen ? CallerLimits::Kind::listen : CallerLimits::Kind::call;
  Result<CallerLimits::Seat> seat = gateway_.limits_.admit((*who)->id, kind, base::Timers::now());
  if (!seat) {
    call.ended(seat.error());
    co_return Reply(protocol::to_refusal(seat.error()));
  }
  Result<Reply> outcome = co_await answer(&call.record, &call.denied, std::move(in), &out).result();
  call.ended(outcome);
  co_return std::move(outcome);
}

Task<Reply> OwnFront::answer(base::CallRecord* record, std::string* denied, sdk::Inbound in, sdk::Outlet* out) {
  if (gateway_.closing_.stop_requested()) co_await mcp::fail(Code::unavailable, "the gateway is stopping");
  const base::Principal& who = *record->caller;
  sdk::Handler* handler = co_await choose(who);
  if (auto subject = subject_of(in, id_)) {
    const authz::Decision decision = gateway_.policy_.decide(who, *subject, in.rpc.params.arguments);
    record->decision = authz::verdict_name(decision.verdict);
    if (decision.rule) record->rule = decision.rule->place;
    if (decision.denied()) {
      *denied = decision.text();
      std::string unknown = in.method() == Method::tools_call ? "unknown tool: " : "unknown resource: ";
      unknown += in.rpc.name;
      co_await mcp::fail(Code::not_found, std::move(unknown));
    }
    if (decision.rule) co_await gateway_.rule_limits_.admit(*decision.rule, who.id, base::Timers::now());
  }
  const Present here(*this, key_of(in), record->caller);
  co_return co_await handler->handle(std::move(in), *out);
}

Task<void> OwnFront::stream(sdk::Inbound in, sdk::Outlet& out) {
  auto who = identify(in);
  std::shared_ptr<const base::Principal> principal = co_await std::move(who);
  sdk::Handler* handler = co_await choose(*principal);
  co_await handler->stream(std::move(in), out);
}

void OwnFront::notified(const sdk::Inbound& in) {
  auto who = identify(in);
  if (!who) return;
  if (sdk::Handler* handler = choose_(**who)) handler->notified(in);
}

}  // namespace gateway
