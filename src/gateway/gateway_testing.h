// A gateway with built-in servers and no sockets, for tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "gateway/gateway.h"
#include "mcp/server.h"
#include "net/reaper.h"
#include "protocol/versions/versions.h"
#include "sdk/server_core.h"

namespace gateway::testing_world {

using base::Code;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;
using protocol::Method;

struct Text {
  mcp::Arg<std::string, "What to say"> text;
};

// A built-in with a tool, a tool that waits until it is cancelled, a prompt and a resource.
struct Echo {
  mcp::Server server{"echo", "1.0"};
  std::mutex mutex;
  std::condition_variable released;
  bool let_go = false;
  int deaf_calls = 0;
  Echo() {
    server.instructions("Say something.");
    server.announces_tool_changes().announces_resource_updates();
    server.tool("echo", "Says it again.", [](Text in) { return *in.text; });
    server.tool("fail", "Fails.", [](Text) -> Result<std::string> { return mcp::Error(Code::conflict, "not today"); });
    auto wait = [](Text, mcp::Call call) -> Task<std::string> {
      call.progress(1, 2, "waiting");
      co_await call.sleep(std::chrono::hours(1));
      co_return std::string("woke up");
    };
    server.tool("wait", "Waits.", wait);
    auto deaf = [this](Text) -> std::string {
      std::unique_lock lock(mutex);
      ++deaf_calls;
      released.wait(lock, [this] { return let_go; });
      return "at last";
    };
    server.tool("deaf", "Waits, and does not listen.", deaf, {.blocking = true});
    server.tool("report", "May be a task.", [](Text in) { return *in.text; }, {.task = mcp::TaskSupport::optional});
    server.prompt("greet", "Greets.", [](Text in) { return "Hello, " + *in.text; });
    server.resource("echo://one", {.name = "one"}, [] { return std::string("the one"); });
  }
};

// Keeps finished calls.
struct Book final : base::Recorder {
  std::vector<base::CallRecord> calls;
  void finished(const base::CallRecord& record) override { calls.push_back(record); }
};

class Ears final : public sdk::Outlet {
 public:
  explicit Ears(Loop& loop) : loop_(loop) {}
  Result<> notify(Method method, std::string_view params) override {
    heard.push_back(std::string(protocol::method_name(method)) + " " + std::string(params));
    if (on_notice) on_notice();
    return {};
  }
  Task<std::string> request(Method, std::string) override { co_return base::Error(Code::denied, "no"); }
  std::stop_token stop_token() const override { return stop.get_token(); }
  Loop& loop() override { return loop_; }

  std::vector<std::string> heard;
  std::function<void()> on_notice;
  std::stop_source stop;

 private:
  Loop& loop_;
};

class World {
 public:
  explicit World(Config config) {
    store = std::move(*store::open_store("sqlite::memory:"));
    Gateway::Parts parts{loop, pool, book, store->catalogs(), reaper(), {}, "0.0.1", nullptr, &store->approvals()};
    parts.open_builtin = [this](const ServerConfig& server) -> Result<std::unique_ptr<sdk::Handler>> {
      if (auto other = others.find(server.builtin); other != others.end())
        return std::unique_ptr<sdk::Handler>(std::make_unique<sdk::ServerCore>(loop, *other->second));
      if (server.builtin != "echo") return base::Error(Code::invalid_argument, "no such built-in");
      return std::unique_ptr<sdk::Handler>(std::make_unique<sdk::ServerCore>(loop, echo.server));
    };
    gateway = std::make_unique<Gateway>(std::move(config), std::move(parts));
    EXPECT_TRUE(gateway->start().ok());
  }
  ~World() { EXPECT_TRUE(loop.block_on(gateway->stop(Millis(0))).ok()); }

  // One request as an endpoint hands it over.
  sdk::Inbound inbound(Method method, const std::string& params) {
    sdk::Inbound in;
    in.rpc.revision = &protocol::latest_modern();
    in.rpc.message.id = "7";
    in.rpc.message.known = method;
    in.rpc.message.method = protocol::method_name(method);
    in.rpc.message.params = params;
    in.rpc.params = *protocol::read_params(params);
    auto source = protocol::facts(method).name_source;
    std::string_view name = source == protocol::NameSource::uri ? in.rpc.params.uri : in.rpc.params.name;
    if (!name.empty()) in.rpc.name = *base::json_string(name);
    return in;
  }
  Result<sdk::Reply> ask(Method method, std::string params, std::string server = "") {
    sdk::Handler* handler = server.empty() ? &gateway->aggregate() : gateway->server(server);
    return loop.block_on(handler->handle(inbound(method, params), ears));
  }
  std::string text(Method method, std::string params, std::string server = "") {
    auto reply = ask(method, std::move(params), std::move(server));
    if (!reply) return "error " + std::string(mcp::code_name(reply.error().code)) + ": " + reply.error().message;
    if (reply->error()) return "rpc " + std::to_string(reply->error()->code) + ": " + reply->error()->message;
    return std::string(reply->result());
  }

  static net::Reaper& reaper() {
    static net::Reaper one = std::move(*net::Reaper::start());
    return one;
  }

  Loop loop;
  base::BlockingPool pool{1};
  Book book;
  Echo echo;
  std::map<std::string, mcp::Server*> others;  // built-ins of a test's own, by name; they outlive this
  std::unique_ptr<store::Store> store;
  Ears ears{loop};
  std::unique_ptr<Gateway> gateway;
};

inline ServerConfig builtin(std::string id, std::string kind = "echo") {
  ServerConfig server;
  server.id = std::move(id);
  server.builtin = std::move(kind);
  return server;
}

}  // namespace gateway::testing_world
