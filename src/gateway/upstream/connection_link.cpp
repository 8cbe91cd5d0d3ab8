#include "gateway/upstream/connection_link.h"

#include "base/json.h"
#include "base/log.h"
#include "gateway/box/fetch.h"
#include "gateway/box/server_box.h"
#include "gateway/upstream/message_level.h"
#include "gateway/upstream/session_watch.h"
#include "gateway/upstream/sessioned_link.h"
#include "gateway/upstream/task_questions.h"
#include "net/http_client.h"
#include "sdk/connection.h"

namespace gateway {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

constexpr base::Millis kCloseGrace{2'000};
constexpr int kMostRedirects = 5;
// How long what an upstream speaks is believed without asking.
constexpr base::Millis kVerdictLife{600'000};
// What a handshake or a list may need, whatever the limit on results is.
constexpr std::size_t kLeastMessage = 4 * 1024 * 1024;
// How long somebody may think about a question of an upstream.
constexpr base::Millis kAnswerTime{600'000};

class ConnectionLink final : public Link {
 public:
  // `audience`: whose session it is, with a legacy upstream. `known`: what the upstream speaks, as far as that is known.
  ConnectionLink(LinkParts parts, ServerConfig config, Audience audience, const protocol::Revision* known, LinkEvents events)
      : parts_(std::move(parts)),
        config_(std::move(config)),
        audience_(std::move(audience)),
        known_(known),
        events_(std::move(events)),
        watch_(parts_.loop,
               [this](Method method, std::string params, LinkRequest how) {
                 sdk::CallOptions options;
                 options.stop = std::move(how.stop);
                 options.deadline = how.deadline;
                 return connection_->request(method, std::move(params), std::move(options));
               }),
        tasks_(parts_.loop) {}

  Task<void> open() {
    if (config_.kind == ServerConfig::Kind::url)
      co_await open_url();
    else
      co_await open_command();
    look();
  }

  const Hello& hello() const override { return hello_; }
  bool correlates() const override { return connection_->correlates(); }

  Task<Reply> request(LinkRequest request) override {
    if (request.method == Method::subscriptions_listen && !connection_->modern()) {
      if (!connection_->alive()) co_return Error(Code::unavailable, connection_->why());
      co_return co_await watch_.listen(std::move(request));
    }
    TaskQuestions::Waiter waits(tasks_, request);
    sdk::CallOptions options;
    options.stop = request.stop;
    options.deadline = request.deadline;
    options.on_notification = std::move(request.on_notification);
    options.on_request = std::move(request.on_question);
    options.on_stream_closed = std::move(request.on_stream_closed);
    options.log_level = request.log_level;
    options.method_name = request.method_name;
    options.name = request.name;
    options.client_capabilities = request.client_capabilities;
    options.tool = request.tool;
    options.headers = std::move(request.headers);
    if (parts_.credentials && connection_->modern()) options.authorizer = parts_.credentials->of(request.audience.caller);
    if (!connection_->modern() && !request.log_level.empty() && has_logging_) co_return co_await at_level(&request, std::move(options));
    Result<Reply> reply = co_await connection_->request(request.method, std::string(request.params), std::move(options)).result();
    if (&connection_->revision() != hello_.revision) look();
    if (lost_) co_return Error(Code::not_found, "the session is gone; open a new one");
    co_return std::move(reply);
  }

  void notify(const Audience&, std::string_view name, std::string_view params) override {
    if (connection_->alive()) connection_->notify(Method::unknown, std::string(params), name);
  }

  bool alive() const override { return !lost_ && connection_->alive(); }
  std::string why() const override { return lost_ ? "the upstream ended the session" : connection_->why(); }

  Task<void> close() override {
    tasks_.close();
    co_await watch_.close();
    if (connection_) co_await connection_->close(kCloseGrace);
  }

 private:
  sdk::ConnectionOptions options() {
    sdk::ConnectionOptions options;
    options.identity.info = "{\"name\":\"gatehouse\",\"version\":" + base::quoted(parts_.version) + "}";
    options.identity.capabilities = audience_.capabilities;
    options.hint.revision = known_;
    options.answer_time = kAnswerTime;
    // What belongs to no request may belong to a task.
    options.answers = {Method::elicitation_create, Method::sampling_create_message, Method::roots_list};
    options.on_request = [this](Method method, std::string params) { return tasks_.ask(method, std::move(params)); };
    options.on_renewed = [this] {
      level_.forget();
      // What the handle stands for was in the old session.
      lost_ = audience_.handle.starts_with("handle:");
      watch_.lost("its session was lost and made anew");
      if (events_.renewed) events_.renewed();
    };
    options.on_missed = [this] { watch_.lost("its event stream broke off"); };
    options.on_ended = [this] { watch_.lost(connection_ ? connection_->why() : "it has ended"); };
    options.connect_time = config_.connect_timeout;
    options.max_message = std::max(config_.largest_result, kLeastMessage);
    options.watch = sdk::ConnectionOptions::Watch::changes;
    options.on_notification = [this](Method method, std::string_view params) { heard(method, params); };
    options.on_noise = [id = config_.id](std::string_view line) { base::log::debug("an upstream says", {{"server", id}, {"line", line}}); };
    if (parts_.credentials) options.authorizer = parts_.credentials->of(whose());
    for (const auto& [name, value] : config_.headers) options.headers.emplace_back(name, value.reveal());
    return options;
  }

  // In whose name the connection itself speaks: of a session its caller's; else, for what is nobody's, that of who came last.
  std::string whose() const {
    if (!audience_.caller.empty() || !parts_.credentials->opener()) return audience_.caller;
    return *parts_.credentials->opener();
  }

  // What the upstream says of itself now: it may have been renewed while we run.
  void look() {
    hello_.revision = &connection_->revision();
    hello_.info = connection_->server_info();
    hello_.capabilities = connection_->capabilities();
    hello_.instructions = connection_->instructions();
    has_logging_ = !base::find_member(hello_.capabilities, "logging").empty();
  }

  // The level is the session's: the most verbose one that a request in flight wants.
  Task<Reply> at_level(LinkRequest* request, sdk::CallOptions options) {
    MessageLevel::Wish wish(level_, *protocol::find_log_level(request->log_level));
    if (std::string params = level_.change(); !params.empty()) {
      sdk::CallOptions set;
      set.stop = request->stop;
      set.deadline = request->deadline;
      (void)co_await connection_->request(Method::logging_set_level, std::move(params), std::move(set)).result();
    }
    Result<Reply> reply = co_await connection_->request(request->method, std::string(request->params), std::move(options)).result();
    co_return std::move(reply);
  }

  void heard(Method method, std::string_view params) {
    switch (method) {
      case Method::tools_list_changed:
      case Method::prompts_list_changed:
      case Method::resources_list_changed:
        if (events_.list_changed) events_.list_changed(method);
        break;
      case Method::resources_updated: {
        auto uri = base::json_string(base::find_member(params, "uri"));
        if (uri) watch_.updated(*uri);
        break;
      }
      case Method::tasks_status:
        if (events_.task_changed) events_.task_changed(audience_, params);
        break;
      default: break;
    }
  }

  Task<void> open_url() {
    net::Url url = co_await net::parse_url(config_.url);
    net::HttpClientOptions http;
    http.extra_ca = config_.ca;
    http.proxies = config_.proxies;
    http.max_redirects = kMostRedirects;
    http.connect_time = config_.connect_timeout;
    http.max_idle = 256;
    client_ = std::make_unique<net::HttpClient>(parts_.loop, std::move(http));
    connection_ = co_await sdk::open_http(parts_.loop, *client_, std::move(url), options());
  }

  // The command as it is started: in its box, and with a package that a launcher would fetch already there.
  Task<net::ChildCommand> command() {
    std::string program = co_await permit_launch(config_, parts_.launches);
    const Machine& machine = Machine::here();
    if (config_.box.mode == BoxConfig::Mode::off) {
      base::log::warn("a server runs without a sandbox", {{"server", config_.id}, {"remedy", "remove sandbox: off"}});
      net::ChildCommand plain = plain_command(config_, machine);
      plain.argv[0] = std::move(program);
      co_return std::move(plain);
    }
    std::vector<std::string> argv = config_.command;
    auto launcher = read_launcher(argv);
    if (!launcher) co_return std::move(launcher).error();
    if (*launcher) {
      Task<std::vector<std::string>> fetch = fetch_package(&parts_.loop, &parts_.reaper, config_, **launcher, &machine);
      argv = co_await std::move(fetch);
    } else {
      argv[0] = std::move(program);
    }
    auto boxed = box_command(config_, argv, machine);
    if (!boxed) co_return std::move(boxed).error();
    for (const std::string& note : boxed->notes)
      base::log::warn("a path is not opened to a server", {{"server", config_.id}, {"path", note}});
    targets_ = std::move(boxed->targets);
    co_return std::move(boxed->command);
  }

  void open_outlet(std::vector<net::Fd> listeners) {
    outlet_.reset();
    if (listeners.empty()) return;
    net::OutletOptions out;
    out.allow = config_.box.network;
    out.ground = ground_of;
    out.proxies = config_.proxies;
    out.on_event = [id = config_.id](const net::EgressEvent& event) {
      const std::string where = event.target.host + ":" + std::to_string(event.target.port);
      if (event.refused.empty())
        base::log::info("a server connects", {{"server", id}, {"to", where}});
      else
        base::log::warn("a server may not connect", {{"server", id}, {"to", where}, {"reason", event.refused}});
    };
    outlet_ = std::make_unique<net::Outlet>(parts_.loop, std::move(out));
    for (std::size_t i = 0; i < listeners.size() && i < targets_.size(); ++i)
      (void)(i == 0 ? outlet_->serve_proxy(std::move(listeners[i])) : outlet_->serve_target(std::move(listeners[i]), targets_[i]));
  }

  Task<void> open_command() {
    net::ChildOptions child;
    child.on_stderr = [id = config_.id](std::string_view line) {
      base::log::debug("an upstream's standard error", {{"server", id}, {"line", line}});
    };
    child.on_listeners = [this](std::vector<net::Fd> listeners) {
      if (events_.boxed) events_.boxed({});
      open_outlet(std::move(listeners));
    };
    child.on_degraded = [this](std::string_view layers) {
      base::log::warn("a server's sandbox lacks a layer", {{"server", config_.id}, {"layers", layers}});
      if (events_.boxed) events_.boxed(layers);
    };
    net::ChildCommand how = co_await command();
    connection_ = co_await sdk::open_stdio(parts_.loop, parts_.reaper, std::move(how), std::move(child), options());
  }

  LinkParts parts_;
  ServerConfig config_;
  Audience audience_;
  const protocol::Revision* known_;
  LinkEvents events_;
  Hello hello_;
  bool has_logging_ = false;
  bool lost_ = false;  // what the session stood for
  MessageLevel level_;
  SessionWatch watch_;
  TaskQuestions tasks_;
  std::vector<net::EgressTarget> targets_;  // where the outlet's listeners lead
  std::unique_ptr<net::Outlet> outlet_;
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<sdk::Connection> connection_;
};

Task<std::unique_ptr<Link>> open_session(LinkParts parts, ServerConfig config, Audience audience, const protocol::Revision* known,
                                         LinkEvents events) {
  auto link = std::make_unique<ConnectionLink>(std::move(parts), std::move(config), std::move(audience), known, std::move(events));
  co_await link->open();
  co_return std::unique_ptr<Link>(std::move(link));
}

}  // namespace

Task<std::unique_ptr<Link>> open_connection_link(LinkParts parts, ServerConfig config, LinkEvents events, std::stop_token,
                                                 std::shared_ptr<EraMemory> memory) {
  Audience nobody;
  if (base::Timers::now() - memory->asked >= kVerdictLife) memory->legacy = nullptr;
  const protocol::Revision* known = memory->legacy;
  const base::Instant since = known ? memory->asked : base::Timers::now();
  std::unique_ptr<Link> first = co_await open_session(parts, config, nobody, known, events);
  const protocol::Revision* spoken = first->hello().revision;
  memory->legacy = spoken->era == protocol::Era::legacy ? spoken : nullptr;
  memory->asked = since;
  base::Loop& loop = parts.loop;
  OpenSession open = [parts, config, spoken, since](Audience audience, LinkEvents hear, std::stop_token) {
    // A verdict of long ago is not believed: the upstream may have been renewed.
    const bool fresh = base::Timers::now() - since < kVerdictLife;
    return open_session(parts, config, std::move(audience), fresh ? spoken : nullptr, std::move(hear));
  };
  const Sharing sharing = parts.credentials && parts.credentials->per_caller() ? Sharing::never : Sharing::where_possible;
  co_return make_sessioned_link(loop, std::move(first), std::move(open), std::move(events), sharing);
}

}  // namespace gateway
