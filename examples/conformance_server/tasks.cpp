#include <chrono>
#include <string>

#include "fixture.h"

namespace {

using std::chrono::milliseconds;

struct Greeting {
  mcp::Arg<std::string, "Who is greeted"> name;
};
struct Computation {
  mcp::Arg<double, "How long it takes", 0, 3600> seconds;
  mcp::Arg<std::string, "What the result is called"> label = "";
};
struct File {
  mcp::Arg<std::string, "The file that is to go"> filename;
};

constexpr const char* kName = R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})";
constexpr const char* kConfirm = R"({"type":"object","properties":{"confirm":{"type":"boolean"}},"required":["confirm"]})";

std::string name_in(const mcp::Call& call, std::string_view key) {
  auto answer = call.answer(key);
  return answer ? std::string((*answer)["content"]["name"].string_or("nobody")) : std::string();
}

mcp::Task<std::string> slow_compute(Computation in, mcp::Call call) {
  call.status("computing");
  co_await call.sleep(milliseconds(static_cast<long long>(*in.seconds * 1000)));
  co_return "Computed " + *in.label + " in " + std::to_string(*in.seconds) + " seconds.";
}

mcp::Task<std::string> failing_job(mcp::Call call) {
  co_await call.sleep(milliseconds(1000));
  co_await mcp::fail(mcp::Code::conflict, "This job always fails.");
  co_return std::string();
}

mcp::Result<std::string> protocol_error_job() { return mcp::Error(mcp::Code::internal, "This job breaks the server's own code."); }

mcp::Result<std::string> confirm_delete(File in, mcp::Call call) {
  auto answer = call.answer("confirm");
  if (!answer) return mcp::ask({mcp::elicit("confirm", "Delete " + *in.filename + "?", kConfirm)});
  const bool sure = (*answer)["action"].string_or("") == "accept" && (*answer)["content"]["confirm"].boolean_or(false);
  return sure ? "Deleted " + *in.filename : "Kept " + *in.filename;
}

mcp::Result<std::string> multi_input(mcp::Call call) {
  std::string first = name_in(call, "first"), second = name_in(call, "second");
  if (first.empty() || second.empty())
    return mcp::ask({mcp::elicit("first", "What is the first name?", kName), mcp::elicit("second", "What is the second name?", kName)});
  return first + " and " + second;
}

// Asks in the call itself, and goes on as a task once it knows the name.
mcp::Task<std::string> with_task(mcp::Call call) {
  std::string name = name_in(call, "user_name");
  if (name.empty()) co_return mcp::ask({mcp::elicit("user_name", "What is your name?", kName)});
  co_await call.begin_task();
  co_await call.sleep(milliseconds(20));
  co_return "Hello, " + name + "! The task is done.";
}

}  // namespace

void add_task_tools(mcp::Server& server) {
  using mcp::TaskSupport;
  server.tasks({.ttl = std::chrono::minutes(10), .poll = milliseconds(100)});
  server.tool("greet", "Greets.", [](Greeting in) { return "Hello, " + *in.name + "!"; });
  server.tool("slow_compute", "Takes its time.", slow_compute, {.task = TaskSupport::optional});
  server.tool("failing_job", "Fails after a second.", failing_job, {.task = TaskSupport::required});
  server.tool("protocol_error_job", "Fails as no tool should.", protocol_error_job, {.task = TaskSupport::optional});
  server.tool("confirm_delete", "Asks before it deletes (nothing).", confirm_delete, {.task = TaskSupport::optional});
  server.tool("multi_input", "Asks for two names at once.", multi_input, {.task = TaskSupport::optional});
  server.tool("test_tool_with_task", "Asks, and goes on as a task.", with_task,
              {.task = TaskSupport::required, .task_start = mcp::TaskStart::by_handler});
}
