#include "gateway/upstream/connection_link.h"

#include <unistd.h>

#include <cstdlib>

#include "base/json.h"
#include "base/log.h"
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

// What a child inherits besides what its config gives it: enough to find programs and its user's folders, and no secret.
constexpr std::array<const char*, 9> kInherited = {
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_CACHE_HOME", "NODE_EXTRA_CA_CERTS"};

net::ChildCommand child_command(const ServerConfig& config) {
  net::ChildCommand command;
  command.argv = config.command;
  command.directory = config.cwd;
  for (const char* name : kInherited) {
    const char* value = std::getenv(name);
    if (value && !config.env.contains(name)) command.environment.push_back(std::string(name) + "=" + value);
  }
  for (const auto& [name, value] : config.env) command.environment.push_back(name + "=" + value.reveal());
  return command;
}

class ConnectionLink final : public Link {
 public:
  ConnectionLink(LinkParts parts, ServerConfig config, LinkEvents events)
      : parts_(std::move(parts)), config_(std::move(config)), events_(std::move(events)) {}

  Task<void> open() {
    if (config_.kind == ServerConfig::Kind::url)
      co_await open_url();
    else
      co_await open_command();
    hello_.revision = &connection_->revision();
    hello_.info = connection_->server_info();
    hello_.capabilities = connection_->capabilities();
    hello_.instructions = connection_->instructions();
  }

  const Hello& hello() const override { return hello_; }

  Task<Reply> request(LinkRequest request) override {
    sdk::CallOptions options;
    options.stop = std::move(request.stop);
    options.deadline = request.deadline;
    options.on_notification = std::move(request.on_notification);
    options.log_level = request.log_level;
    options.name = request.name;
    options.client_capabilities = request.client_capabilities;
    options.tool = request.tool;
    co_return co_await connection_->request(request.method, std::string(request.params), std::move(options));
  }

  bool alive() const override { return connection_->alive(); }
  std::string why() const override { return connection_->why(); }

  Task<void> close() override {
    if (connection_) co_await connection_->close(kCloseGrace);
  }

 private:
  sdk::ConnectionOptions options() {
    sdk::ConnectionOptions options;
    options.identity.info = "{\"name\":\"gatehouse\",\"version\":" + base::quoted(parts_.version) + "}";
    options.connect_time = config_.connect_timeout;
    options.watch = sdk::ConnectionOptions::Watch::changes;
    options.on_notification = [this](Method method, std::string_view params) { heard(method, params); };
    options.on_noise = [id = config_.id](std::string_view line) { base::log::debug("an upstream says", {{"server", id}, {"line", line}}); };
    for (const auto& [name, value] : config_.headers) options.headers.emplace_back(name, value.reveal());
    return options;
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
        if (uri && events_.resource_updated) events_.resource_updated(*uri);
        break;
      }
      default: break;
    }
  }

  Task<void> open_url() {
    net::Url url = co_await net::parse_url(config_.url);
    net::HttpClientOptions http;
    http.extra_ca = config_.ca;
    http.connect_time = config_.connect_timeout;
    http.max_idle = 256;
    client_ = std::make_unique<net::HttpClient>(parts_.loop, std::move(http));
    connection_ = co_await sdk::open_http(parts_.loop, *client_, std::move(url), options());
  }

  Task<void> open_command() {
    net::ChildOptions child;
    child.on_stderr = [id = config_.id](std::string_view line) {
      base::log::debug("an upstream's standard error", {{"server", id}, {"line", line}});
    };
    connection_ = co_await sdk::open_stdio(parts_.loop, parts_.reaper, child_command(config_), std::move(child), options());
  }

  LinkParts parts_;
  ServerConfig config_;
  LinkEvents events_;
  Hello hello_;
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<sdk::Connection> connection_;
};

}  // namespace

Task<std::unique_ptr<Link>> open_connection_link(LinkParts parts, ServerConfig config, LinkEvents events, std::stop_token) {
  auto link = std::make_unique<ConnectionLink>(std::move(parts), std::move(config), std::move(events));
  co_await link->open();
  co_return std::unique_ptr<Link>(std::move(link));
}

}  // namespace gateway
