#include "gateway/upstream/builtin_link.h"

#include "base/any_stop.h"
#include "base/json.h"
#include "base/task_group.h"
#include "protocol/params.h"
#include "protocol/splice.h"
#include "protocol/versions/versions.h"

namespace gateway {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

// Where a handler in this process sends what belongs to one request.
class LocalOutlet final : public sdk::Outlet {
 public:
  using Sink = std::function<void(Method, std::string_view)>;
  LocalOutlet(base::Loop& loop, Sink sink, std::stop_token stop) : loop_(loop), sink_(std::move(sink)), stop_(std::move(stop)) {}

  Result<> notify(Method method, std::string_view params) override {
    if (sink_) sink_(method, params);
    return {};
  }
  Task<std::string> request(Method, std::string) override { co_return Error(Code::denied, "a built-in server cannot ask the client"); }
  std::stop_token stop_token() const override { return stop_; }
  base::Loop& loop() override { return loop_; }

 private:
  base::Loop& loop_;
  Sink sink_;
  std::stop_token stop_;
};

// A request as an endpoint would hand it over.
Result<sdk::Inbound> inbound(Method method, std::string_view params, std::string_view capabilities) {
  auto read = protocol::read_params(params);
  if (!read) return protocol::from_rpc(read.error());
  sdk::Inbound in;
  in.rpc.revision = &protocol::latest_modern();
  in.rpc.message.kind = protocol::MessageKind::request;
  in.rpc.message.id = "0";
  in.rpc.message.known = method;
  in.rpc.message.method = protocol::method_name(method);
  in.rpc.message.params = params;
  in.rpc.params = *std::move(read);
  std::string_view name = protocol::facts(method).name_source == protocol::NameSource::uri ? in.rpc.params.uri : in.rpc.params.name;
  if (!name.empty()) {
    auto text = base::json_string(name);
    if (!text) return Error(Code::invalid_argument, "params.name must be a string");
    in.rpc.name = *std::move(text);
  }
  if (!capabilities.empty()) in.client_capabilities = capabilities;
  return in;
}

class BuiltinLink final : public Link {
 public:
  BuiltinLink(base::Loop& loop, std::unique_ptr<sdk::Handler> handler, LinkEvents events)
      : loop_(loop), handler_(std::move(handler)), events_(std::move(events)) {}

  Task<void> open() {
    auto in = inbound(Method::server_discover, "{}", {});
    protocol::ServerIdentity identity = co_await handler_->identity(co_await std::move(in));
    hello_ = {&protocol::latest_modern(), std::move(identity.info), std::move(identity.capabilities), std::move(identity.instructions)};
    work_.spawn(listen());
  }

  const Hello& hello() const override { return hello_; }

  // The handler runs on its own: a caller that gives up, or whose deadline passes, does not wait for one that does not listen.
  Task<Reply> request(LinkRequest request) override {
    auto running = std::make_shared<Running>();
    running->params = request.params.empty() ? "{}" : request.params;
    if (!request.name.empty()) {
      std::string name = base::quoted(request.name);
      running->params = protocol::with_members(running->params, {{"name", name}});
    }
    if (!request.log_level.empty()) {
      std::string level = base::quoted(request.log_level);
      running->params = protocol::with_meta(running->params, {{protocol::meta_key::kLogLevel, level}});
    }
    running->capabilities = request.client_capabilities;
    running->sink = std::move(request.on_notification);
    sdk::Inbound in = co_await inbound(request.method, running->params, running->capabilities);
    if (!request.log_level.empty()) in.log_level = protocol::find_log_level(request.log_level);
    work_.spawn(run(running, std::move(in)));
    Result<Reply> reply = co_await base::wait_for(running->answer, loop_.timers(), std::move(request.stop), request.deadline).result();
    running->sink = nullptr;
    running->stop.request_stop();
    co_return std::move(reply);
  }

  bool alive() const override { return true; }
  std::string why() const override { return {}; }

  Task<void> close() override {
    work_.stop();
    co_await work_.join();
  }

 private:
  // One request while its handler runs; owns what the handler looks at.
  struct Running {
    std::string params, capabilities;
    LocalOutlet::Sink sink;  // none once nobody listens
    std::stop_source stop;
    base::OneShot<Reply> answer;
  };

  Task<void> run(std::shared_ptr<Running> running, sdk::Inbound in) {
    auto tell = [running](Method method, std::string_view params) {
      if (running->sink) running->sink(method, params);
    };
    base::AnyStop stop(running->stop.get_token(), work_.stop_token());
    LocalOutlet outlet(loop_, tell, stop.token());
    running->answer.set(co_await handler_->handle(std::move(in), outlet).result());
  }

  // Hears which lists change, as any client of the server would. Single resources are listened to by those who want them.
  Task<void> listen() {
    const std::string params = R"({"notifications":{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true}})";
    auto in = inbound(Method::subscriptions_listen, params, {});
    auto hear = [this](Method method, std::string_view) {
      if (events_.list_changed && method != Method::subscriptions_acknowledged) events_.list_changed(method);
    };
    LocalOutlet outlet(loop_, hear, work_.stop_token());
    (void)co_await handler_->handle(co_await std::move(in), outlet).result();
  }

  base::Loop& loop_;
  std::unique_ptr<sdk::Handler> handler_;
  LinkEvents events_;
  Hello hello_;
  base::TaskGroup work_;
};

}  // namespace

Task<std::unique_ptr<Link>> open_builtin_link(base::Loop& loop, std::unique_ptr<sdk::Handler> handler, LinkEvents events) {
  auto link = std::make_unique<BuiltinLink>(loop, std::move(handler), std::move(events));
  co_await link->open();
  co_return std::unique_ptr<Link>(std::move(link));
}

}  // namespace gateway
