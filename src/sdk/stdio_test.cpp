// The stdio endpoint over pipes, and connections to children that misbehave.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "mcp/server.h"
#include "sdk/connection.h"
#include "sdk/current_loop.h"
#include "sdk/server_core.h"
#include "sdk/stdio_endpoint.h"

namespace {

using base::Code;
using base::Loop;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

// What the endpoint writes when it is given `lines` and then the end of its input.
std::string talk(const std::string& lines) {
  int in[2], out[2];
  EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
  EXPECT_EQ(::write(in[1], lines.data(), lines.size()), static_cast<ssize_t>(lines.size()));
  ::close(in[1]);
  {
    Loop loop;
    mcp::Server server("s", "1");
    server.tool("fast", "Answers.", [] { return std::string("fast"); });
    server.tool("slow", "Takes a moment.", [](mcp::Call call) -> Task<std::string> {
      co_await call.sleep(std::chrono::milliseconds(30));
      co_return std::string("slow");
    });
    server.tool("hangs", "Waits.", [](mcp::Call call) -> Task<std::string> {
      co_await sdk::until_stopped(call.stop_token());
      co_return std::string("hung");
    });
    sdk::ServerCore core(loop, server);
    sdk::StdioEndpointOptions options;
    options.front.methods = core.methods();
    options.max_line = 10'000;
    options.end_grace = base::Millis(100);
    sdk::StdioEndpoint endpoint(loop, core, options);
    EXPECT_TRUE(loop.block_on(endpoint.run(in[0], out[1])).ok());
  }
  ::close(in[0]);
  ::close(out[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = ::read(out[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  ::close(out[0]);
  return text;
}

const std::string kHello = R"({"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":")" +
                           std::string(protocol::latest_legacy().name) +
                           R"(","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})"
                           "\n"
                           R"({"jsonrpc":"2.0","method":"notifications/initialized"})"
                           "\n";

TEST(StdioEndpoint, AFastRequestOvertakesASlowOne) {
  std::string out = talk(kHello + R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}})"
                                  "\n"
                                  R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"fast"}})"
                                  "\n");
  auto slow = out.find(R"("id":1)"), fast = out.find(R"("id":2)");
  ASSERT_NE(slow, std::string::npos) << out;
  ASSERT_NE(fast, std::string::npos) << out;
  EXPECT_LT(fast, slow);
}

TEST(StdioEndpoint, ACancelledRequestGetsNoAnswer) {
  std::string out = talk(kHello + R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hangs"}})"
                                  "\n"
                                  R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})"
                                  "\n"
                                  R"({"jsonrpc":"2.0","id":2,"method":"ping"})"
                                  "\n");
  EXPECT_EQ(out.find(R"("id":1,)"), std::string::npos) << out;
  EXPECT_NE(out.find(R"({"jsonrpc":"2.0","id":2,"result":{}})"), std::string::npos) << out;
}

TEST(StdioEndpoint, AnswersNonsenseAndGoesOn) {
  std::string out = talk("noise\n[]\n{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"nothing\"}\n" + std::string(20'000, 'x') + "\n\n" + kHello +
                         R"({"jsonrpc":"2.0","id":2,"method":"ping"})"
                         "\r\n");
  EXPECT_NE(out.find("-32700"), std::string::npos) << out;
  EXPECT_NE(out.find("longer than"), std::string::npos) << out;
  EXPECT_NE(out.find(R"({"jsonrpc":"2.0","id":2,"result":{}})"), std::string::npos) << out;
}

TEST(StdioEndpoint, WhatHangsIsCutOffWhenTheInputEnds) {
  std::string out = talk(kHello + R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hangs"}})"
                                  "\n");
  EXPECT_NE(out.find(R"("id":1)"), std::string::npos) << out;
}

// A child that runs a shell script, in which `reply ID` answers with a legacy result.
class Child {
 public:
  Result<std::unique_ptr<sdk::Connection>> open(const std::string& script) {
    net::ChildCommand command;
    command.argv = {"/bin/sh", "-c", kHandshake + script};
    command.environment = {"PATH=/usr/bin:/bin"};
    sdk::ConnectionOptions options;
    std::vector<std::string> names;
    for (const auto* revision : protocol::all_revisions())
      if (revision->era == protocol::Era::legacy) names.emplace_back(revision->name);
    options.revisions = protocol::RevisionSet(names);
    options.identity.info = R"({"name":"test","version":"1"})";
    auto reaper = sdk::process_reaper();
    if (!reaper) return reaper.error();
    return loop.block_on(sdk::open_stdio(loop, **reaper, std::move(command), net::ChildOptions{}, std::move(options)));
  }
  Result<std::string> list(sdk::Connection& connection, base::Millis time = base::Millis(5000)) {
    auto ask = [](sdk::Connection* c, base::Millis t) -> Task<std::string> {
      sdk::CallOptions options;
      options.deadline = base::Timers::now() + t;
      Reply reply = co_await c->request(Method::tools_list, "{}", std::move(options));
      if (reply.error()) co_return protocol::from_rpc(*reply.error());
      co_return std::string(reply.result());
    };
    return loop.block_on(ask(&connection, time));
  }
  void close(std::unique_ptr<sdk::Connection> connection) { EXPECT_TRUE(loop.block_on(connection->close(base::Millis(200))).ok()); }

  Loop loop;

 private:
  static inline const std::string kHandshake =
      R"(read line; printf '%s\n' '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":")" + std::string(protocol::latest_legacy().name) +
      R"(","capabilities":{},"serverInfo":{"name":"sh","version":"1"}}}'; read line; reply() { printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[]}}\n' "$1"; }; )";
};

TEST(StdioConnection, ToleratesNoiseDoubleAnswersAndUnknownIds) {
  Child child;
  auto connection = child.open("read line; echo starting up; echo '{\"half\":'; reply 99; reply 2; reply 2; read line; reply 3; read line");
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  EXPECT_EQ(*child.list(**connection), R"({"tools":[]})");
  EXPECT_EQ(*child.list(**connection), R"({"tools":[]})");
  EXPECT_EQ((*connection)->counters().noise, 2u);
  EXPECT_EQ((*connection)->counters().strangers, 2u);
  child.close(*std::move(connection));
}

TEST(StdioConnection, DeathDuringACallSaysHow) {
  Child child;
  auto connection = child.open("read line; echo 'out of luck' >&2; exit 3");
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  auto result = child.list(**connection);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::unavailable);
  EXPECT_NE(result.error().message.find("exited with 3"), std::string::npos) << result.error().message;
  EXPECT_FALSE((*connection)->alive());
  EXPECT_EQ(child.list(**connection).error().code, Code::unavailable);
  child.close(*std::move(connection));
}

TEST(StdioConnection, SilenceEndsAtTheDeadlineAndTheServerIsTold) {
  Child child;
  auto connection = child.open("read line; read told; case \"$told\" in *notifications/cancelled*) read line; reply 3;; esac; read line");
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  auto result = child.list(**connection, base::Millis(30));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::timeout);
  EXPECT_TRUE(child.list(**connection).ok());
  child.close(*std::move(connection));
}

TEST(StdioConnection, AProgramThatIsNotThere) {
  Child child;
  net::ChildCommand command;
  command.argv = {"/nonexistent/program"};
  auto opened =
      child.loop.block_on(sdk::open_stdio(child.loop, **sdk::process_reaper(), command, net::ChildOptions{}, sdk::ConnectionOptions{}));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::not_found);
  EXPECT_NE(opened.error().message.find("/nonexistent/program"), std::string::npos);
}

TEST(StdioConnection, AServersPingIsAnswered) {
  Child child;
  auto connection = child.open(
      "read line; printf '%s\\n' '{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}'; read answer; "
      "case \"$answer\" in *'\"id\":\"p\",\"result\"'*) reply 2;; esac; read line");
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  EXPECT_TRUE(child.list(**connection).ok());
  child.close(*std::move(connection));
}

}  // namespace
