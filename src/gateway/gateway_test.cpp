#include "gateway/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "gateway/gateway_testing.h"
#include "protocol/tasks.h"
#include "protocol/versions/versions.h"

namespace {

using base::Code;
using base::Millis;
using base::Outcome;
using base::Task;
using gateway::Config;
using gateway::Gateway;
using gateway::testing_world::builtin;
using gateway::testing_world::World;
using protocol::Method;
using testing::HasSubstr;
using testing::SizeIs;

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

TEST(Gateway, SaysWhatSandboxesLackBeforeAServerIsStarted) {
  Config config{{builtin("one"), builtin("boxed"), builtin("free")}};
  for (std::size_t i : {1u, 2u}) {
    config.servers[i].kind = gateway::ServerConfig::Kind::command;
    config.servers[i].command = {"/bin/true"};
  }
  config.servers[2].box.mode = gateway::BoxConfig::Mode::off;
  World w(config);
  EXPECT_EQ(w.gateway->status().upstreams[1].sandbox, "on");
  w.gateway->sandboxes_lack("Landlock: the kernel has none");
  EXPECT_EQ(w.gateway->status().upstreams[0].sandbox, "");
  EXPECT_EQ(w.gateway->status().upstreams[1].sandbox, "without Landlock: the kernel has none");
  EXPECT_EQ(w.gateway->status().upstreams[2].sandbox, "off");
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
