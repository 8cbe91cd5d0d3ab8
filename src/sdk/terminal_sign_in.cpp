// Sign-in for programs at a terminal: prints the address, and hears the redirect on this machine (RFC 8252 section 7.3).
#include <cstdio>
#include <memory>

#include "base/loop.h"
#include "mcp/auth.h"
#include "net/http_server.h"
#include "sdk/current_loop.h"

namespace sdk {
namespace {

using base::Code;
using base::Error;
using base::Result;
using base::Task;

constexpr std::string_view kDone =
    "<!doctype html><meta charset=utf-8><title>Signed in</title><p>You can close this page and go back to the terminal.</p>\n";

// One listener at a time: each sign-in opens it and closes it.
struct Listening {
  explicit Listening(base::Loop& l) : loop(l) {}
  base::Loop& loop;
  std::unique_ptr<net::HttpServer> server;
  std::string origin;
  base::OneShot<std::string> came;
};

Task<void> serve(std::shared_ptr<Listening> listening, net::HttpExchange* exchange) {
  net::HttpRequest& request = exchange->request();
  std::string target(request.target);
  // Browsers ask for icons, too.
  if (request.method != "GET" || request.path != "/callback") {
    net::HeaderLines none;
    co_await exchange->respond(404, none, "");
    co_return;
  }
  net::HeaderLines lines({"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}, {"Referrer-Policy", "no-referrer"});
  co_await exchange->respond(200, lines, kDone);
  listening->came.set(listening->origin + target);
}

class Terminal {
 public:
  Task<std::string> listen() {
    base::Loop* loop = current_runtime().loop;
    if (!loop) co_return Error(Code::conflict, "a sign-in needs the loop of mcp::block_on or of mcp::run");
    co_await stop();
    auto listening = std::make_shared<Listening>(*loop);
    std::weak_ptr<Listening> weak = listening;  // the server is a member of what its handler keeps
    listening->server = std::make_unique<net::HttpServer>(*loop, net::HttpServerOptions{},
                                                          [weak](net::HttpExchange& exchange) { return serve(weak.lock(), &exchange); });
    co_await listening->server->listen("127.0.0.1", 0);
    listening->origin = "http://127.0.0.1:" + std::to_string(listening->server->port());
    listening_ = std::move(listening);
    co_return listening_->origin + "/callback";
  }

  Task<std::string> visit(std::string url, std::stop_token stop_token) {
    auto listening = listening_;
    if (!listening) co_return Error(Code::internal, "nobody listens for the redirect");
    std::fprintf(stderr, "Sign in to go on, in a browser on this machine:\n\n  %s\n\n", url.c_str());
    Result<std::string> came =
        co_await base::wait_for(listening->came, listening->loop.timers(), std::move(stop_token), base::Instant::max()).result();
    co_await stop();
    co_return std::move(came);
  }

 private:
  Task<void> stop() {
    auto listening = std::exchange(listening_, nullptr);
    if (!listening) co_return;
    co_await listening->server->stop(base::Millis(500));
    co_await base::resume_on(listening->loop.executor());  // out of the server, before it goes
  }

  std::shared_ptr<Listening> listening_;
};

}  // namespace
}  // namespace sdk

namespace mcp {

SignIn terminal_sign_in() {
  auto terminal = std::make_shared<sdk::Terminal>();
  SignIn out;
  out.listen = [terminal] { return terminal->listen(); };
  out.visit = [terminal](std::string url, std::stop_token stop) { return terminal->visit(std::move(url), std::move(stop)); };
  return out;
}

}  // namespace mcp
