#include "gateway/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "base/json.h"
#include "mcp/server.h"
#include "net/reaper.h"
#include "protocol/tasks.h"
#include "protocol/versions/versions.h"
#include "sdk/server_core.h"

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Outcome;
using base::Result;
using base::Task;
using gateway::Config;
using gateway::Gateway;
using gateway::ServerConfig;
using protocol::Method;
using testing::HasSubstr;
using testing::SizeIs;

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
    Gateway::Parts parts{loop, pool, book, store->catalogs(), reaper(), {}, "0.0.1"};
    parts.open_builtin = [this](const ServerConfig& server) -> Result<std::unique_ptr<sdk::Handler>> {
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
  std::unique_ptr<store::Store> store;
  Ears ears{loop};
  std::unique_ptr<Gateway> gateway;
};

ServerConfig builtin(std::string id, std::string kind = "echo") {
  ServerConfig server;
  server.id = std::move(id);
  server.builtin = std::move(kind);
  return server;
}

TEST(Gateway, ACallGoesToTheRealToolUnderItsPublicName) {
  World w({{builtin("one"), builtin("two")}});
  EXPECT_THAT(w.text(Method::tools_call, R"({"name":"two__echo","arguments":{"text":"hi"}})"), HasSubstr(R"("text":"hi")"));
  EXPECT_THAT(w.text(Method::tools_call, R"({"name":"echo","arguments":{"text":"hi"}})", "one"), HasSubstr(R"("text":"hi")"));
  EXPECT_THAT(w.text(Method::prompts_get, R"({"name":"one__greet","arguments":{"text":"Ann"}})"), HasSubstr("Hello, Ann"));
  EXPECT_THAT(w.text(Method::resources_read, R"({"uri":"echo://one"})"), HasSubstr("the one"));
  ASSERT_THAT(w.book.calls, SizeIs(4));
  EXPECT_EQ(w.book.calls[0].server, "two");
  EXPECT_EQ(w.book.calls[0].name, "echo");
  EXPECT_EQ(w.book.calls[0].method, "tools/call");
  EXPECT_EQ(w.book.calls[0].outcome, Outcome::ok);
  EXPECT_EQ(w.book.calls[0].caller->id, "local");
  EXPECT_EQ(w.book.calls[3].name, "echo://one");
}

TEST(Gateway, ATaskIsMadeOnlyForWhoCanAskForIt) {
  World w({{builtin("one")}});
  const std::string params = R"({"name":"report","arguments":{"text":"at once"},"task":{}})";
  for (const auto* revision : protocol::all_revisions()) {
    auto as_client = [&](Method method, const std::string& with) {
      sdk::Inbound in = w.inbound(method, with);
      in.rpc.revision = revision;
      in.rpc.era = revision->era;
      in.client_capabilities = R"({"extensions":{"io.modelcontextprotocol/tasks":{}},"tasks":{}})";
      return w.loop.block_on(w.gateway->server("one")->handle(std::move(in), w.ears));
    };
    auto reply = as_client(Method::tools_call, params);
    ASSERT_TRUE(reply.ok());
    auto task = protocol::read_task(reply->result());
    const bool knows = revision->era == protocol::Era::modern || revision->features.tasks_core;
    EXPECT_EQ(task.ok(), knows) << revision->name;
    EXPECT_EQ(reply->result().find("at once") != std::string_view::npos, !knows) << revision->name;
    const std::string id = task ? task->id : "none";
    auto found = as_client(Method::tasks_get, "{\"taskId\":" + base::quoted(id) + "}");
    ASSERT_TRUE(found.ok());
    if (knows)
      EXPECT_EQ(protocol::read_task(found->result())->id, id);
    else
      EXPECT_EQ(found->error()->code, protocol::kMethodNotFound);
  }
}

TEST(Gateway, ListsAreOfAllServersOrOfOne) {
  World w({{builtin("one"), builtin("two")}});
  std::string all = w.text(Method::tools_list, "{}");
  EXPECT_THAT(all, HasSubstr("\"one__echo\""));
  EXPECT_THAT(all, HasSubstr("\"two__wait\""));
  std::string one = w.text(Method::tools_list, "{}", "one");
  EXPECT_THAT(one, HasSubstr("\"echo\""));
  EXPECT_THAT(one, testing::Not(HasSubstr("__")));
  EXPECT_THAT(w.text(Method::resources_list, "{}"), HasSubstr("echo://one"));
  EXPECT_THAT(w.text(Method::tools_list, R"({"cursor":"x"})"), HasSubstr("rpc -32602"));
}

TEST(Gateway, EveryEndIsRecordedOnce) {
  World w({{builtin("one")}});
  EXPECT_THAT(w.text(Method::tools_call, R"({"name":"one__nothing"})"), HasSubstr("error not_found: unknown tool: one__nothing"));
  EXPECT_THAT(w.text(Method::tools_call, R"({"name":"nobody__echo"})"), HasSubstr("error not_found"));
  EXPECT_THAT(w.text(Method::tools_call, R"({"name":"one__fail","arguments":{"text":"x"}})"), HasSubstr("not today"));
  EXPECT_THAT(w.text(Method::tasks_get, R"({"taskId":"x"})"), HasSubstr("rpc -32602"));
  ASSERT_THAT(w.book.calls, SizeIs(4));
  EXPECT_EQ(w.book.calls[0].outcome, Outcome::failed);
  EXPECT_EQ(w.book.calls[0].error, Code::not_found);
  EXPECT_EQ(w.book.calls[2].outcome, Outcome::tool_error);
  EXPECT_EQ(w.book.calls[3].outcome, Outcome::rpc_error);
  EXPECT_EQ(w.gateway->status().calls, 0u);
}

TEST(Gateway, ABuiltInThatCannotBeOpenedIsDownAndTheOthersAreNot) {
  World w({{builtin("bad", "nonsense"), builtin("good")}});
  EXPECT_THAT(w.text(Method::tools_list, "{}"), HasSubstr("good__echo"));
  EXPECT_THAT(w.text(Method::tools_call, R"({"name":"bad__x"})"), HasSubstr("server 'bad': no such built-in"));
  auto status = w.gateway->status();
  ASSERT_THAT(status.upstreams, SizeIs(2));
  EXPECT_EQ(status.upstreams[0].state, "down");
  EXPECT_EQ(status.upstreams[1].state, "up");
  EXPECT_EQ(status.upstreams[1].tools, 5u);
}

TEST(Gateway, ADisabledServerIsNotThere) {
  Config config{{builtin("one"), builtin("off")}};
  config.servers[1].enabled = false;
  World w(config);
  EXPECT_THAT(w.text(Method::tools_list, "{}"), testing::Not(HasSubstr("off__")));
  EXPECT_EQ(w.gateway->server("off"), nullptr);
  EXPECT_EQ(w.gateway->status().upstreams[1].state, "disabled");
}

TEST(Gateway, AClientThatLeavesCancelsItsCallAndProgressReachesItMeanwhile) {
  World w({{builtin("one")}});
  w.ears.on_notice = [&] { w.loop.post([&] { w.ears.stop.request_stop(); }); };
  auto outcome = w.text(Method::tools_call, R"({"name":"one__wait","arguments":{"text":"x"},"_meta":{"progressToken":"p"}})");
  EXPECT_THAT(outcome, HasSubstr("cancelled"));
  ASSERT_THAT(w.ears.heard, SizeIs(1));
  EXPECT_THAT(w.ears.heard[0], HasSubstr(R"("progressToken":"p")"));
}

TEST(Gateway, ACallEndsWithItsServersDeadline) {
  Config config{{builtin("one")}};
  config.servers[0].deadline = Millis(30);
  World w(config);
  EXPECT_THAT(w.text(Method::tools_call, R"({"name":"one__wait","arguments":{"text":"x"}})"), HasSubstr("error timeout: server 'one'"));
}

TEST(Gateway, ACallEndsWithItsDeadlineAlsoWhenTheToolDoesNotListen) {
  Config config{{builtin("one")}};
  config.servers[0].deadline = Millis(30);
  World w(config);
  EXPECT_THAT(w.text(Method::tools_call, R"({"name":"one__deaf","arguments":{"text":"x"}})"), HasSubstr("error timeout: server 'one'"));
  {
    std::lock_guard lock(w.echo.mutex);
    EXPECT_EQ(w.echo.deaf_calls, 1);
    w.echo.let_go = true;
  }
  w.echo.released.notify_all();
}

Task<void> call_into(Gateway* gateway, sdk::Inbound in, sdk::Outlet* out, std::string* outcome) {
  auto reply = co_await gateway->aggregate().handle(std::move(in), *out).result();
  *outcome = reply ? "ok" : reply.error().message;
}

TEST(Gateway, StoppingEndsListenersAtOnceAndCallsAfterTheGrace) {
  World w({{builtin("one")}});
  ASSERT_TRUE(w.ask(Method::tools_list, "{}").ok());
  std::string call, listen;
  base::TaskGroup group;
  std::string call_params = R"({"name":"one__wait","arguments":{"text":"x"}})",
              listen_params = R"({"notifications":{"toolsListChanged":true}})";
  group.spawn(call_into(w.gateway.get(), w.inbound(Method::tools_call, call_params), &w.ears, &call));
  group.spawn(call_into(w.gateway.get(), w.inbound(Method::subscriptions_listen, listen_params), &w.ears, &listen));
  EXPECT_EQ(w.gateway->status().streams, 1u);
  EXPECT_THAT(
      w.ears.heard[0],
      HasSubstr(
          R"(subscriptions/acknowledged {"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/subscriptionId":7}})"));
  ASSERT_TRUE(w.loop.block_on(w.gateway->stop(Millis(30))).ok());
  ASSERT_TRUE(w.loop.block_on(group.join()).ok());
  EXPECT_EQ(listen, "ok");
  EXPECT_THAT(call, HasSubstr("server 'one'"));
  EXPECT_THAT(w.text(Method::tools_list, "{}"), HasSubstr("error unavailable"));
}

TEST(Gateway, PresentsItselfOrTheOneServer) {
  World w({{builtin("one")}});
  ASSERT_TRUE(w.ask(Method::tools_list, "{}").ok());
  std::string params = "{}";
  auto all = w.loop.block_on(w.gateway->aggregate().identity(w.inbound(Method::server_discover, params)));
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->info, R"({"name":"gatehouse","version":"0.0.1"})");
  EXPECT_THAT(all->instructions, HasSubstr("Say something."));
  auto one = w.loop.block_on(w.gateway->server("one")->identity(w.inbound(Method::server_discover, params)));
  ASSERT_TRUE(one.ok());
  EXPECT_THAT(one->info, HasSubstr("\"echo\""));
  EXPECT_EQ(one->instructions, "Say something.");
}

}  // namespace
