#include "mcp/run.h"

#include <signal.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "mcp/server.h"
#include "net/http_server.h"
#include "sdk/current_loop.h"
#include "sdk/http_endpoint.h"
#include "sdk/protection.h"
#include "sdk/run_arguments.h"
#include "sdk/server_core.h"
#include "sdk/stdio_endpoint.h"

namespace sdk {
namespace {

thread_local Runtime t_runtime;

}  // namespace

Runtime current_runtime() { return t_runtime; }
RuntimeScope::RuntimeScope(Runtime runtime) : before_(std::exchange(t_runtime, runtime)) {}
RuntimeScope::~RuntimeScope() { t_runtime = before_; }

base::Result<net::Reaper*> process_reaper() {
  static base::Result<net::Reaper> reaper = net::Reaper::start();
  if (!reaper) return reaper.error();
  return &*reaper;
}

}  // namespace sdk

namespace mcp {
namespace {

// Ends `stop` with the first SIGINT or SIGTERM.
Task<void> wait_for_signal(base::Loop* loop) {
  base::asio::basic_signal_set<base::Executor> signals(loop->executor(), SIGINT, SIGTERM);
  auto [ec, number] = co_await signals.async_wait(base::use_task);
  (void)ec, (void)number;
}

Task<void> route(sdk::HttpEndpoint* endpoint, net::HttpExchange* exchange) {
  const sdk::Admission* protection = endpoint->options().protection.get();
  if (protection && protection->is_metadata(exchange->request().path)) {
    co_await protection->serve_metadata(*exchange);
  } else if (exchange->request().path == endpoint->options().path) {
    co_await endpoint->serve(*exchange);
  } else {
    const net::HttpHeader headers[] = {{"Content-Type", "text/plain"}};
    std::span<const net::HttpHeader> lines(headers);
    co_await exchange->respond(404, lines, "There is nothing here. MCP is served at /mcp.\n");
  }
}

// Calls that run have a while to end; those of legacy clients go on without their connection for as long.
Task<void> stop_http(base::Loop* loop, net::HttpServer* server, sdk::HttpEndpoint* endpoint) {
  constexpr base::Millis kGrace{5'000};
  constexpr base::Millis kToSay{200};  // that they were cut off
  const base::Instant over = base::Timers::now() + kGrace;
  auto cut_off = [endpoint] { endpoint->sessions().clear(); };
  base::Deadline cut(loop->timers(), over - kToSay, cut_off);
  co_await server->stop(kGrace);
  co_await endpoint->close(std::max(base::Millis(0), std::chrono::duration_cast<base::Millis>(over - base::Timers::now())));
}

int run_http(base::Loop& loop, const Server& about, sdk::ServerCore& core, const sdk::RunArguments& arguments) {
  const sdk::ListenAddress& address = *arguments.http;
  sdk::HttpEndpointOptions options;
  options.front = arguments.front;
  if (const auto& registry = *about.registry(); registry.protection)
    options.protection = std::make_shared<sdk::Protection>(loop, sdk::protection_parts(registry));
  options.front.methods = core.methods();
  // Bound beyond this machine, the server is reached under names that only its user knows.
  const bool loopback = address.host.starts_with("127.") || address.host == "::1";
  if (!loopback) options.origins.hosts.push_back("*");
  auto sessions = std::make_shared<sdk::SessionTable>();
  sdk::HttpEndpoint endpoint(loop, core, sessions, std::move(options));
  net::HttpServer server(loop, {}, [&endpoint](net::HttpExchange& exchange) { return route(&endpoint, &exchange); });
  if (auto listening = server.listen(address.host, address.port); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().message.c_str());
    return 1;
  }
  std::fprintf(stderr, "MCP at http://%s%s%s:%u/mcp\n", address.host.find(':') != std::string::npos ? "[" : "", address.host.c_str(),
               address.host.find(':') != std::string::npos ? "]" : "", static_cast<unsigned>(server.port()));
  (void)loop.block_on(wait_for_signal(&loop));
  (void)loop.block_on(stop_http(&loop, &server, &endpoint));
  return 0;
}

Task<void> serve_stdio(base::Loop* loop, sdk::StdioEndpoint* endpoint) {
  base::asio::basic_signal_set<base::Executor> signals(loop->executor(), SIGINT, SIGTERM);
  signals.async_wait([endpoint](base::ErrorCode ec, int) {
    if (!ec) endpoint->stop();
  });
  co_await endpoint->run(STDIN_FILENO, STDOUT_FILENO);
}

int run_stdio(base::Loop& loop, sdk::ServerCore& core, const sdk::RunArguments& arguments) {
  sdk::StdioEndpointOptions options;
  options.front = arguments.front;
  options.front.methods = core.methods();
  sdk::StdioEndpoint endpoint(loop, core, std::move(options));
  auto ended = loop.block_on(serve_stdio(&loop, &endpoint));
  if (!ended) std::fprintf(stderr, "%s\n", ended.error().message.c_str());
  return ended ? 0 : 1;
}

}  // namespace

int run(Server& server, int argc, char** argv) {
  if (std::string problems = server.problems(); !problems.empty()) {
    std::fprintf(stderr, "this server cannot run:\n%s\n", problems.c_str());
    return 2;
  }
  auto arguments = sdk::parse_run_arguments({argv + 1, argv + std::max(argc, 1)});
  if (!arguments) {
    std::fprintf(stderr, "%s\n", arguments.error().message.c_str());
    return 2;
  }
  // A program with a log of its own keeps it.
  if (!base::log::enabled(base::log::Level::error)) base::log::open(base::log::Format::automatic, base::log::Level::warn);
  ::signal(SIGPIPE, SIG_IGN);
  // Refused sign-ins and use of what is deprecated are worth a line, unless the program has a log of its own.
  if (!base::log::enabled(base::log::Level::error)) base::log::open(base::log::Format::automatic, base::log::Level::warn);
  base::Loop loop;
  sdk::RuntimeScope scope({&loop, nullptr});
  sdk::ServerCore core(loop, server);
  return arguments->http ? run_http(loop, server, core, *arguments) : run_stdio(loop, core, *arguments);
}

namespace detail {

void run_loop(std::function<void()> start, const bool& done) {
  // A program with a log of its own keeps it.
  if (!base::log::enabled(base::log::Level::error)) base::log::open(base::log::Format::automatic, base::log::Level::warn);
  base::Loop loop;
  sdk::RuntimeScope scope({&loop, nullptr});
  start();
  while (!done) {
    loop.run();
    loop.io().restart();
  }
}

void wake_loop() {
  if (auto* loop = sdk::current_runtime().loop) loop->stop();
}

}  // namespace detail
}  // namespace mcp
