// A server with tasks, asked without a transport: for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "mcp/server.h"
#include "protocol/splice.h"
#include "sdk/dispatch.h"
#include "sdk/server_core.h"
#include "sdk/session.h"

namespace sdk::testing {

// Notes what is said beside the reply, and answers what is asked with `answer`.
class Recorder final : public Outlet {
 public:
  explicit Recorder(Loop& loop) : loop_(loop) {}
  Result<> notify(protocol::Method method, std::string_view params) override {
    said.emplace_back(method, params);
    return {};
  }
  Task<std::string> request(protocol::Method method, std::string params) override {
    asked.emplace_back(method, std::move(params));
    co_return answer;
  }
  std::stop_token stop_token() const override { return stop.get_token(); }
  Loop& loop() override { return loop_; }

  std::vector<std::pair<protocol::Method, std::string>> said, asked;
  Result<std::string> answer = std::string(R"({"action":"accept","content":{"name":"Ann"}})");
  std::stop_source stop;

 private:
  Loop& loop_;
};

// How one request presents itself.
struct As {
  std::string capabilities = R"({"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})";
  std::string principal;
  std::shared_ptr<Session> session;  // makes it a legacy request
};

class Desk {
 public:
  explicit Desk(mcp::TaskOptions options = {}) { server.tasks(std::move(options)); }
  // After the tools were registered.
  void open() { core = std::make_unique<ServerCore>(loop, server); }

  std::shared_ptr<Session> session(std::string_view revision, std::string_view capabilities = R"({"elicitation":{}})") {
    protocol::LegacySession settled{protocol::RevisionSet()};
    std::string params = R"({"protocolVersion":")" + std::string(revision) + R"(","capabilities":)" + std::string(capabilities) +
                         R"(,"clientInfo":{"name":"t","version":"1"}})";
    protocol::Inbound in;
    in.message.params = params;
    auto identity = loop.block_on(core->identity({}));
    EXPECT_TRUE(settled.initialize(in, *identity).ok());
    return std::make_shared<Session>(random_id(), std::move(settled));
  }

  // The result as JSON text, or `error CODE: message`.
  std::string ask(std::string_view method, std::string params, const As& as, Recorder& out) {
    return text_of(loop.block_on(request(std::string(method), std::move(params), as, &out)));
  }
  std::string ask(std::string_view method, std::string params, const As& as = {}) {
    Recorder out(loop);
    return ask(method, std::move(params), as, out);
  }
  // The same, for a Task that is to go on meanwhile.
  Task<std::string> request(std::string method, std::string params, As as, Recorder* out) {
    if (!as.session) {
      std::string meta = R"({"io.modelcontextprotocol/protocolVersion":")" + std::string(protocol::latest_modern().name) +
                         R"(","io.modelcontextprotocol/clientCapabilities":)" + as.capabilities + "}";
      params = protocol::with_members(params, {{"_meta", meta}});
    }
    const std::string line = R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" + params + "}";
    protocol::FrontOptions options;
    options.methods = core->methods();
    protocol::StdioFront front(options);
    if (as.session) front.negotiated(as.session->revision());
    protocol::Received received = front.receive(line);
    if (auto* refusal = std::get_if<protocol::Refusal>(&received)) co_return text_of(refusal->error);
    Inbound in;
    in.rpc = std::get<protocol::Inbound>(std::move(received));
    in.client_capabilities = as.session ? std::string_view(as.session->client_capabilities()) : as.capabilities;
    in.principal = as.principal;
    in.session = as.session;
    const protocol::Revision* revision = &in.revision();
    Question question(in);
    Result<Reply> reply = co_await core->handle(std::move(in), *out).result();
    if (!reply) co_return text_of(protocol::to_rpc(reply.error()));
    if (reply->error()) co_return text_of(*reply->error());
    co_return protocol::result_for(*revision, question.method, reply->result(), {}, {});
  }
  static std::string text_of(const protocol::RpcError& error) {
    return "error " + std::to_string(error.code) + ": " + error.message + " " + error.data;
  }
  static std::string text_of(Result<std::string> text) { return text ? *std::move(text) : "lost: " + text.error().message; }

  // A string member of a JSON object.
  static std::string member(std::string_view json, std::string_view key) {
    if (!base::is_object(json)) return "no object: " + std::string(json);
    return base::json_string(base::find_member(json, key)).value_or("");
  }
  // Calls a tool and gives the id of the task that it became.
  std::string start(std::string_view tool, std::string_view arguments = "{}", const As& as = {}) {
    std::string params =
        R"({"name":")" + std::string(tool) + R"(","arguments":)" + std::string(arguments) + (as.session ? R"(,"task":{}})" : "}");
    std::string result = ask("tools/call", std::move(params), as);
    if (as.session) result = std::string(base::find_member(result, "task"));
    EXPECT_EQ(member(result, "status"), "working") << result;
    return member(result, "taskId");
  }
  // Lets what was posted to the loop happen.
  void turn() {
    auto once = [](Loop* l) -> Task<void> { co_await base::resume_on(l->executor()); };
    (void)loop.block_on(once(&loop));
  }
  std::string get(const std::string& id, const As& as = {}) { return ask("tasks/get", R"({"taskId":")" + id + R"("})", as); }
  // Asks until the task has this status, and gives it; the loop turns in between.
  std::string until(const std::string& id, std::string_view status, const As& as = {}) {
    std::string task;
    for (auto end = base::Clock::now() + std::chrono::seconds(20); base::Clock::now() < end;) {
      task = get(id, as);
      if (member(task, "status") == status || !base::is_object(task)) break;
      turn();
    }
    EXPECT_EQ(member(task, "status"), status) << task;
    return task;
  }
  std::string update(const std::string& id, std::string_view responses, const As& as = {}) {
    return ask("tasks/update", R"({"taskId":")" + id + R"(","inputResponses":)" + std::string(responses) + "}", as);
  }
  std::string cancel(const std::string& id, const As& as = {}) { return ask("tasks/cancel", R"({"taskId":")" + id + R"("})", as); }

  Loop loop;
  mcp::Server server{"desk", "1"};
  std::unique_ptr<ServerCore> core;
};

}  // namespace sdk::testing
