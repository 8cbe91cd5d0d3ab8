// A server whose work takes longer than a request may: reports are written as tasks. With `--store PATH` they survive its end.
#include <mcp/server.h>

#include <cstdio>
#include <string_view>

struct Report {
  mcp::Arg<std::string, "What the report is about"> topic;
  mcp::Arg<int, "How many chapters it has", 1, 1000> chapters = 3;
};
struct Decision {
  mcp::Arg<bool, "Whether the report is published"> publish;
};

mcp::Task<std::string> write_report(Report in, mcp::Call call) {
  if (auto decision = call.answer("decision"))
    co_return std::string(call.state()) + ((*decision)["content"]["publish"].boolean_or(false) ? "Published." : "Kept as a draft.");
  std::string text = "# " + *in.topic + "\n";
  for (int i = 1; i <= *in.chapters; ++i) {
    call.status("writing chapter " + std::to_string(i) + " of " + std::to_string(*in.chapters));
    co_await call.sleep(std::chrono::milliseconds(500));
    text += "## Chapter " + std::to_string(i) + "\n";
  }
  co_return mcp::ask({mcp::elicit<Decision>("decision", "The report is written. Publish it?")}, text);
}

int main(int argc, char** argv) {
  mcp::Server server{"task-server", "1.0"};
  mcp::TaskOptions tasks{.ttl = std::chrono::hours(24), .poll = std::chrono::milliseconds(200)};
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) != "--store") continue;
    auto store = mcp::open_task_store(argv[i + 1]);
    if (!store) std::fprintf(stderr, "%s\n", store.error().message.c_str());
    if (!store) return 2;
    tasks.store = *store;
  }
  server.tasks(tasks);
  server.tool("write_report", "Writes a report, and asks whether to publish it.", write_report,
              {.task = mcp::TaskSupport::optional, .task_restart = mcp::TaskRestart::run_again});
  return mcp::run(server, argc, argv);
}
