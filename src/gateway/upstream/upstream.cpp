#include "gateway/upstream/upstream.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/json.h"
#include "base/log.h"
#include "gateway/bridge/session_handles.h"
#include "protocol/splice.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Instant;
using base::Millis;
using base::Result;
using base::Task;
using protocol::Method;

namespace {

// A server that failed this often within this time is left alone for as long: a crash loop helps nobody.
constexpr std::size_t kDeaths = 5;
constexpr Millis kDeathsWithin{10'000};

// An upstream that never stops paging is cut here.
constexpr std::size_t kMostPages = 1'000;
constexpr std::size_t kMostDefinitions = 50'000;

Method list_method(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::tool: return Method::tools_list;
    case DefinitionKind::prompt: return Method::prompts_list;
    case DefinitionKind::resource: return Method::resources_list;
    case DefinitionKind::resource_template: break;
  }
  return Method::resources_templates_list;
}

std::string_view kind_name(ServerConfig::Kind kind) {
  switch (kind) {
    case ServerConfig::Kind::builtin: return "builtin";
    case ServerConfig::Kind::command: return "command";
    case ServerConfig::Kind::url: break;
  }
  return "url";
}

}  // namespace

Upstream::Upstream(base::Loop& loop, const ServerConfig& config, OpenLink open, LinkEvents events)
    : loop_(loop), config_(config), open_(std::move(open)), events_(std::move(events)) {}

Upstream::~Upstream() = default;

void Upstream::adjust(const ServerConfig& config, OpenLink open) {
  config_ = config;
  open_ = std::move(open);
}

Error Upstream::named(Error error) const {
  std::string name = "server '" + config_.id + "'";
  if (!error.public_message.empty()) error.public_message = name + ": " + error.public_message;
  return std::move(error).in(name);
}

UpstreamStatus Upstream::status() const {
  constexpr std::array<std::string_view, 4> kStates = {"idle", "starting", "up", "down"};
  UpstreamStatus out;
  out.id = config_.id;
  out.kind = kind_name(config_.kind);
  out.enabled = config_.enabled;
  out.required = config_.required;
  bool died = state_ == State::up && link_ && !link_->alive();
  out.state = !config_.enabled ? "disabled" : std::string(kStates[static_cast<std::size_t>(died ? State::down : state_)]);
  out.reason = died ? link_->why() : reason_;
  out.tools = tools_;
  out.starts = starts_;
  return out;
}

bool Upstream::braked(Instant now) const { return deaths_.size() >= kDeaths && now - deaths_.front() < kDeathsWithin; }

void Upstream::notice_death() {
  reason_ = link_->why();
  state_ = State::down;
  deaths_.push_back(base::Timers::now());
  while (deaths_.size() > kDeaths) deaths_.pop_front();
  base::log::warn("an upstream is gone", {{"server", config_.id}, {"reason", reason_}});
  // Its last requests may still be on their way out: what is shared goes when they do.
  auto bury = [](std::shared_ptr<Link> dead) -> Task<void> { co_await dead->close(); };
  work_.spawn(bury(std::exchange(link_, nullptr)));
}

Task<void> Upstream::open(std::stop_token stop, Instant deadline) {
  if (closed_) co_await mcp::fail(named(Error(Code::unavailable, "the gateway is stopping")));
  if (link_ && !link_->alive()) notice_death();
  if (link_) co_return;
  if (state_ != State::starting) {
    if (braked(base::Timers::now()))
      co_await mcp::fail(named(Error(Code::unavailable, "it failed " + std::to_string(kDeaths) + " times within " +
                                                            std::to_string(kDeathsWithin.count() / 1000) +
                                                            " s and is left alone for a moment; the last time: " + reason_)));
    state_ = State::starting;
    work_.spawn(start());
    if (link_) co_return;
    if (state_ == State::down) co_await mcp::fail(named(Error(Code::unavailable, reason_)));
  }
  Result<> outcome = co_await waiting_.wait(loop_.timers(), std::move(stop), deadline).result();
  if (!outcome) co_await mcp::fail(named(std::move(outcome).error()));
}

Task<void> Upstream::start() {
  std::optional<Result<std::unique_ptr<Link>>> opened;
  Task<std::unique_ptr<Link>> opening = open_(events_, work_.stop_token());
  opened.emplace(co_await std::move(opening).result());
  if (!*opened) {
    started(std::move(*opened).error());
    co_return;
  }
  link_ = std::move(**opened);
  started({});
}

void Upstream::started(Result<> outcome) {
  if (outcome) {
    state_ = State::up;
    reason_.clear();
    ++starts_;
    base::log::info("an upstream is up", {{"server", config_.id}, {"revision", link_->hello().revision->name}});
  } else {
    state_ = State::down;
    reason_ = outcome.error().message;
    deaths_.push_back(base::Timers::now());
    while (deaths_.size() > kDeaths) deaths_.pop_front();
    base::log::warn("an upstream cannot be started", {{"server", config_.id}, {"reason", reason_}});
  }
  waiting_.wake(outcome);
}

Task<sdk::Reply> Upstream::request(LinkRequest request) {
  co_await open(request.stop, std::min(request.deadline, base::Timers::now() + config_.connect_timeout));
  std::shared_ptr<Link> link = link_;
  Result<sdk::Reply> reply = co_await link->request(std::move(request)).result();
  if (!reply) co_return named(std::move(reply).error());
  if (protocol::RpcError* error = reply->error(); error && !reply->from) reply->from = link->hello().revision;
  co_return std::move(reply);
}

Task<ServerCatalog> Upstream::fetch() {
  co_await open({}, base::Timers::now() + config_.connect_timeout);
  std::shared_ptr<Link> link = link_;
  ServerCatalog catalog;
  catalog.id = config_.id;
  catalog.info = link->hello().info;
  catalog.capabilities = link->hello().capabilities;
  catalog.instructions = link->hello().instructions;
  auto offers = [&catalog](std::string_view capability) { return !base::find_member(catalog.capabilities, capability).empty(); };
  if (offers("tools")) co_await fetch_list(DefinitionKind::tool, &catalog, link);
  if (offers("prompts")) co_await fetch_list(DefinitionKind::prompt, &catalog, link);
  if (offers("resources")) {
    co_await fetch_list(DefinitionKind::resource, &catalog, link);
    co_await fetch_list(DefinitionKind::resource_template, &catalog, link);
  }
  if (config_.state == ServerConfig::State::session && link->hello().revision->era == protocol::Era::legacy)
    for (const std::string& left_out : add_session_tools(catalog))
      base::log::warn("a definition is left out", {{"server", config_.id}, {"reason", left_out}});
  tools_ = catalog.list(DefinitionKind::tool).size();
  co_return std::move(catalog);
}

Task<void> Upstream::fetch_list(DefinitionKind kind, ServerCatalog* into, std::shared_ptr<Link> link) {
  std::vector<Definition>& list = into->list(kind);
  std::string params = "{}";
  std::set<std::string> seen;
  std::string method(protocol::method_name(list_method(kind)));
  for (std::size_t page = 0;; ++page) {
    LinkRequest request;
    request.method = list_method(kind);
    request.params = params;
    request.deadline = base::Timers::now() + config_.connect_timeout;
    Result<sdk::Reply> reply = co_await link->request(std::move(request)).result();
    if (!reply) co_await mcp::fail(named(std::move(reply).error().in(method)));
    if (protocol::RpcError* error = reply->error()) {
      // Many servers announce resources and know no templates.
      if (error->code == protocol::kMethodNotFound) co_return;
      co_await mcp::fail(named(Error(Code::upstream_failed, method + ": " + error->message)));
    }
    auto read = protocol::read_definitions(kind, reply->result());
    if (!read) co_await mcp::fail(named(std::move(read).error().in(method)));
    for (const std::string& refused : read->refused)
      base::log::warn("a definition is left out", {{"server", config_.id}, {"reason", refused}});
    for (Definition& definition : read->items) list.push_back(std::move(definition));
    if (!read->next_cursor) co_return;
    if (page >= kMostPages || list.size() > kMostDefinitions || !seen.insert(*read->next_cursor).second) {
      base::log::warn("a list never ends and is cut", {{"server", config_.id}, {"method", method}});
      co_return;
    }
    params = protocol::with_members("{}", {{"cursor", base::quoted(*read->next_cursor)}});
  }
}

Task<void> Upstream::close() {
  closed_ = true;
  work_.stop();
  co_await work_.join();
  if (auto link = std::exchange(link_, nullptr)) co_await link->close();
}

}  // namespace gateway
