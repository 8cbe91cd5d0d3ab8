#include "sdk/client_core.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "base/any_stop.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "protocol/splice.h"
#include "sdk/current_loop.h"
#include "sdk/oauth_authorizer.h"

namespace sdk {

namespace {

constexpr Millis kRestartPause{1'000};
constexpr Millis kCloseGrace{2'000};

// `options.capabilities` and what the handlers add to it.
Result<std::string> declared(const mcp::ClientOptions& options) {
  if (auto good = base::validate_json(options.capabilities); !good || !base::is_object(options.capabilities))
    return Error(Code::invalid_argument, "ClientOptions::capabilities is no JSON object");
  std::string out = options.capabilities;
  if (options.on_elicit || options.on_visit) {
    std::string_view modes = options.on_elicit && options.on_visit ? R"({"form":{},"url":{}})"
                             : options.on_elicit                   ? R"({"form":{}})"
                                                                   : R"({"url":{}})";
    out = protocol::with_members(out, {{"elicitation", modes}});
  }
  if (options.on_sample) out = protocol::with_members(out, {{"sampling", "{}"}});
  if (options.on_roots) out = protocol::with_members(out, {{"roots", "{}"}});
  if (options.tasks) {
    std::string extensions(base::find_member(out, "extensions"));
    if (!base::is_object(extensions)) extensions = "{}";
    extensions = protocol::with_members(extensions, {{protocol::kTasksExtension, "{}"}});
    out = protocol::with_members(out, {{"extensions", extensions}});
  }
  return out;
}

// Equal for clients that send the same headers, and whose tokens are kept at the same place for the same user.
std::string credentials_of(const mcp::ClientOptions& options) {
  auto headers = options.headers;
  std::sort(headers.begin(), headers.end());
  std::string all;
  for (const auto& [name, value] : headers) all.append(name).append("\n").append(value).append("\n");
  if (const auto& auth = options.auth) {
    static std::atomic<std::uint64_t> count = 0;
    const auto place = auth->store ? reinterpret_cast<std::uintptr_t>(auth->store.get()) : ++count;
    all.append(auth->store ? "store " : "own ").append(std::to_string(place)).append("\n").append(auth->subject).append("\n");
    all.append(std::to_string(static_cast<int>(auth->grant)));
    for (const auto& client : auth->clients) all.append("\n").append(client.issuer).append("\n").append(client.id);
  }
  return base::sha256_hex(all);
}

net::ChildCommand child_of(const std::vector<std::string>& command, const mcp::ClientOptions& options) {
  net::ChildCommand child;
  child.argv = command;
  child.directory = options.working_directory;
  for (const char* name : {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TMPDIR"})
    if (const char* value = std::getenv(name); value && !options.environment.contains(name))
      child.environment.push_back(std::string(name) + "=" + value);
  for (const auto& [name, value] : options.environment) child.environment.push_back(std::string(name).append("=").append(value));
  return child;
}

// What a request may be sent twice for.
bool reads(Method method) {
  return protocol::facts(method).cacheable || method == Method::prompts_get || method == Method::completion_complete ||
         method == Method::ping || method == Method::tasks_get;
}

OnNotification on_notification(const RequestOptions& options) {
  if (!options.on_progress && !options.on_log) return {};
  return [progress = options.on_progress, log = options.on_log](Method method, std::string_view params) {
    auto json = Json::parse(params);
    if (!json) return;
    if (method == Method::progress && progress) {
      auto done = (*json)["progress"].number();
      if (done) progress(*done, (*json)["total"].number(), (*json)["message"].string_or(""));
    } else if (method == Method::message && log) {
      log((*json)["level"].string_or("info"), (*json)["data"].text());
    }
  };
}

}  // namespace

ClientCore::ClientCore(base::Loop& loop, mcp::ClientOptions options)
    : loop_(loop),
      options_(std::move(options)),
      cache_(options_.cache.value_or(mcp::ClientCache())),
      log_level_("debug"),
      tasks_([](const Error& error) { base::log::debug("a client's background work ended", {{"error", error.message}}); }) {}

ClientCore::~ClientCore() {
  closing_.request_stop();
  for (auto& one : legacy_listening_) one->alive = false;
}

void ClientCore::notice(std::string_view text) const {
  if (options_.on_notice)
    options_.on_notice(text);
  else
    base::log::warn(text);
}

ConnectionOptions ClientCore::connection_options() {
  ConnectionOptions out;
  mcp::JsonWriter info;
  info.object().field("name", options_.name).field("version", options_.version).end();
  out.identity.info = std::move(info).text();
  out.identity.capabilities = capabilities_;
  if (!options_.revisions.empty()) out.revisions = protocol::RevisionSet(options_.revisions);
  out.connect_time = std::chrono::duration_cast<Millis>(options_.connect_timeout);
  out.answer_time = std::chrono::duration_cast<Millis>(options_.answer_time);
  out.headers = options_.headers;
  if (options_.on_notification) out.watch = ConnectionOptions::Watch::changes;
  out.on_notification = [this](Method method, std::string_view params) { heard(method, params); };
  if (options_.on_elicit || options_.on_visit || options_.on_sample || options_.on_roots)
    out.on_request = [this](Method method, std::string params) { return answer(method, std::move(params)); };
  if (options_.on_elicit || options_.on_visit) out.answers.add(Method::elicitation_create);
  if (options_.on_sample) out.answers.add(Method::sampling_create_message);
  if (options_.on_roots) out.answers.add(Method::roots_list);
  out.on_renewed = [this] { tasks_.spawn(subscribe_again()); };
  return out;
}

Task<void> ClientCore::open_http(std::string url) {
  capabilities_ = co_await declared(options_);
  url_ = co_await net::parse_url(url);
  http_ = std::make_unique<net::HttpClient>(loop_, net::HttpClientOptions{});
  owner_ = {url_->text(), credentials_of(options_)};
  co_await open();
}

Task<void> ClientCore::open_command(std::vector<std::string> command) {
  if (command.empty()) co_await mcp::fail(Code::invalid_argument, "open_command needs a program");
  capabilities_ = co_await declared(options_);
  command_ = std::move(command);
  // What a child says is for this client alone.
  static std::uint64_t count = 0;
  owner_ = {"child " + std::to_string(++count), {}};
  co_await open();
}

Task<void> ClientCore::open() {
  ConnectionOptions how = connection_options();
  if (http()) {
    auto& store = cache_.store();
    if (auto known = store.find(owner(), Method::server_discover, "{}")) {
      how.hint.discover = *std::move(known);
      auto said = base::json_string(base::find_member(how.hint.discover, "hintedRevision"));
      how.hint.revision = said ? how.revisions.find(*said) : nullptr;
    } else if (std::string verdict = store.legacy_verdict(url_->origin); !verdict.empty()) {
      how.hint.revision = how.revisions.find(verdict);
    }
    store.forget_verdict(url_->origin);
    net::Url url = *url_;
    if (options_.auth) how.authorizer = authorizer_ = oauth_authorizer(loop_, *options_.auth, url);
    connection_ = co_await sdk::open_http(loop_, *http_, std::move(url), std::move(how));
  } else {
    net::Reaper* reaper = co_await process_reaper();
    net::ChildCommand child = child_of(command_, options_);
    net::ChildOptions child_options;
    connection_ = co_await open_stdio(loop_, *reaper, std::move(child), std::move(child_options), std::move(how));
  }
  opened();
}

// Another access token is another authorization context (Caching, "Cache Scope").
mcp::detail::CacheOwner ClientCore::owner() const {
  mcp::detail::CacheOwner out = owner_;
  if (authorizer_) out.credentials += authorizer_->identity();
  return out;
}

// Takes over what the server said of itself.
void ClientCore::opened() {
  if (auto info = Json::parse(connection_->server_info())) {
    server_.name = (*info)["name"].string_or("");
    server_.version = (*info)["version"].string_or("");
    server_.title = (*info)["title"].string_or("");
  }
  if (!http()) return;
  auto& store = cache_.store();
  if (!connection_->modern()) return store.judge_legacy(url_->origin, connection_->revision().name);
  if (connection_->discovered().empty()) return;
  std::string name = base::quoted(connection_->revision().name);
  store.put(owner(), Method::server_discover, "{}", protocol::with_members(connection_->discovered(), {{"hintedRevision", name}}));
}

// A child that ended is started again (stdio, "Shutdown"), a stream of the old transport that broke is opened again; not without end,
// and not at once when it ended soon after its start.
Task<void> ClientCore::start_again() {
  while (restarting_) co_await loop_.timers().sleep(Millis(20), closing_.get_token());
  if (connection_->alive() || closing_.stop_requested()) co_return;
  if (restarts_ >= options_.most_restarts)
    co_await mcp::fail(Code::unavailable,
                       "the server ended and was started " + std::to_string(restarts_) + " times: " + connection_->why());
  restarting_ = true;
  ++restarts_;
  const Instant earliest = restarted_ == Instant::min() ? restarted_ : restarted_ + kRestartPause;
  const Instant now = base::Timers::now();
  if (earliest > now) co_await loop_.timers().sleep(std::chrono::ceil<Millis>(earliest - now), closing_.get_token());
  std::shared_ptr<Connection> old = connection_;
  (void)co_await old->close(Millis(100)).result();
  Result<> fresh = co_await open().result();
  restarted_ = base::Timers::now();
  restarting_ = false;
  co_await std::move(fresh);
  if (!connection_->modern()) tasks_.spawn(subscribe_again());
}

Task<void> ClientCore::close() {
  closing_.request_stop();
  for (auto& one : std::exchange(legacy_listening_, {})) one->alive = false;
  if (connection_) co_await connection_->close(kCloseGrace);
  co_await tasks_.join();
}

Instant ClientCore::deadline_of(const RequestOptions& options) const {
  auto time = options.deadline.count() > 0 ? options.deadline : options_.deadline;
  return time.count() > 0 ? base::Timers::now() + std::chrono::duration_cast<Millis>(time) : Instant::max();
}

Task<Reply> ClientCore::send(Ask ask) {
  if (closing_.stop_requested()) co_return Error(Code::unavailable, "the client was closed");
  CallOptions call;
  call.stop = ask.options.stop;
  call.deadline = deadline_of(ask.options);
  call.on_notification = on_notification(ask.options);
  if (ask.options.on_log) call.log_level = log_level_;
  call.tool = ask.tool;
  call.repeat = reads(ask.method) ? net::Repeat::harmless : ask.repeat;
  if (!connection_->alive()) co_await start_again();
  std::shared_ptr<Connection> connection = connection_;
  CallOptions again = call;
  Result<Reply> reply = co_await connection->request(ask.method, ask.params, std::move(call)).result();
  // The child died with the request in its hands.
  if (!reply && reply.error().code == Code::unavailable && !connection->alive() && again.repeat == net::Repeat::harmless &&
      !closing_.stop_requested()) {
    co_await start_again();
    connection = connection_;
    reply = co_await connection->request(ask.method, std::move(ask.params), std::move(again)).result();
  }
  co_return reply;
}

Task<std::string> ClientCore::once(Ask ask) {
  Reply reply = co_await send(std::move(ask));
  if (reply.error()) co_return protocol::from_rpc(*reply.error());
  co_return std::string(reply.result());
}

Task<std::string> ClientCore::remembered(Ask ask) {
  auto& store = cache_.store();
  std::string key = base::minified(protocol::without_members(ask.params, {"_meta"}));
  const Method method = ask.method;
  const mcp::detail::CacheOwner asked_as = owner();
  if (!ask.options.fresh)
    if (auto known = store.find(asked_as, method, key)) co_return *std::move(known);
  if (!connection_->modern()) co_return co_await rounds(std::move(ask), std::nullopt);
  Ask again = ask;
  std::string result = co_await once(std::move(ask));
  if (protocol::result_type(result) == protocol::ResultType::complete) {
    // Whoever signed in meanwhile does not inherit what another was told.
    const mcp::detail::CacheOwner now = owner();
    if (now.credentials == asked_as.credentials || asked_as.credentials == owner_.credentials) store.put(now, method, key, result);
    co_return result;
  }
  // What comes after questions is for this caller alone.
  co_return co_await rounds(std::move(again), std::move(result));
}

Task<void> ClientCore::log_level(mcp::LogLevel level) {
  static constexpr std::array<const char*, 8> kNames = {"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};
  log_level_ = kNames[static_cast<std::size_t>(level)];
  if (connection_->modern()) co_return;
  Ask ask;
  ask.method = Method::logging_set_level;
  ask.params = "{\"level\":" + base::quoted(log_level_) + "}";
  (void)co_await once(std::move(ask));
}

}  // namespace sdk
