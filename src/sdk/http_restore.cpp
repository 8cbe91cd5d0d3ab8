// The part of HttpEndpoint that takes up sessions from before a restart, or of another process, as their keeper knows them.
#include "base/json.h"
#include "protocol/params.h"
#include "sdk/http_endpoint.h"

namespace sdk {

using protocol::Method;

namespace {

// How often a session that is used, and does not change, is kept again.
constexpr Millis kOften{10 * 60'000};

// A request of nobody's connection: nothing is said beside its reply.
class Quiet final : public Outlet {
 public:
  Quiet(Loop& loop, std::stop_token stop) : loop_(loop), stop_(std::move(stop)) {}
  Result<> notify(Method, std::string_view) override { return Error(Code::cancelled, "nobody reads this"); }
  Task<std::string> request(Method, std::string) override { co_return Error(Code::denied, "nobody can be asked here"); }
  std::stop_token stop_token() const override { return stop_; }
  Loop& loop() override { return loop_; }

 private:
  Loop& loop_;
  std::stop_token stop_;
};

// The handshake as it was, once more.
Result<protocol::LegacySession> settle(const KeptSession& kept, const protocol::RevisionSet& spoken) {
  const std::string params = "{\"protocolVersion\":" + base::quoted(kept.revision) + ",\"capabilities\":" + kept.capabilities +
                             ",\"clientInfo\":" + kept.info + "}";
  if (auto valid = base::validate_json(params); !valid) return std::move(valid).error();
  protocol::Inbound in;
  in.message.params = params;
  protocol::LegacySession settled(spoken);
  if (auto done = settled.initialize(in, {"{}", "{}", ""}); !done) return Error(Code::internal, done.error().message);
  settled.initialized();
  if (!kept.level.empty()) {
    const std::string level = base::quoted(kept.level);
    protocol::Params wanted;
    wanted.level = level;
    (void)settled.set_level(wanted);
  }
  return settled;
}

}  // namespace

Task<std::shared_ptr<Session>> HttpEndpoint::restore(Inbound in, std::shared_ptr<OwnedRequest> owned) {
  const std::string id(*in.rpc.session_id);
  std::optional<KeptSession> kept = co_await options_.keeper->take(id, std::string(in.principal), options_.path);
  // Another request of the session may have been faster.
  std::shared_ptr<Session> session = sessions_->find(id, in.principal);
  if (session || !kept) co_return session;
  protocol::LegacySession settled = co_await settle(*kept, options_.front.revisions);
  if (settled.revision().name != kept->revision) co_return session;  // it is not spoken any more: the client begins again
  session = co_await sessions_->add(std::move(settled), in.principal, id);
  const auto since = std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch());
  session->events().number_from(static_cast<std::uint64_t>(since.count()));
  for (std::string& uri : kept->subscribed) session->subscribe(std::move(uri));
  (void)session->take_changed(kOften);
  calls_.spawn(resubscribe(session, std::move(in), std::move(owned)));
  co_return session;
}

// What the handler knew of the session's subscriptions it is told again.
Task<void> HttpEndpoint::resubscribe(std::shared_ptr<Session> session, Inbound in, std::shared_ptr<OwnedRequest> owned) {
  in.session = session;
  in.client_info = session->client_info();
  in.client_capabilities = session->client_capabilities();
  in.rpc.revision = &session->revision();
  in.rpc.kind = protocol::InboundKind::request;
  Quiet quiet(loop_, closing_.get_token());
  for (const std::string& uri : session->subscriptions()) {
    const std::string text = "{\"uri\":" + base::quoted(uri) + "}";
    auto params = protocol::read_params(text);
    if (!params) continue;
    Inbound one = in;
    one.rpc.message = {};
    one.rpc.message.kind = protocol::MessageKind::request;
    one.rpc.message.id = "\"again\"";
    one.rpc.message.method = protocol::method_name(Method::resources_subscribe);
    one.rpc.message.known = Method::resources_subscribe;
    one.rpc.message.params = text;
    one.rpc.params = *params;
    (void)co_await handler_.handle(std::move(one), quiet).result();
  }
  (void)owned;
}

Task<void> HttpEndpoint::keep(std::shared_ptr<Session> session) {
  if (options_.keeper && session && session->take_changed(kOften)) (void)co_await options_.keeper->changed(session).result();
}

}  // namespace sdk
