// A server whose calls may become tasks.
#include <mcp/server.h>

#include <cstdio>
#include <string_view>

struct Backup {
  mcp::Arg<std::string, "Folder to copy"> folder;
};
struct Overwrite {
  mcp::Arg<bool, "Whether the old copy goes"> replace;
};

// An ordinary handler: the same for a call and for a task.
mcp::Task<std::string> backup(Backup in, mcp::Call call) {
  Overwrite choice = co_await mcp::ask_form<Overwrite>(call, "replace", "There is a copy already. Replace it?");
  if (!*choice.replace) co_return std::string("Nothing was copied.");
  for (int percent = 0; percent < 100; percent += 25) {
    call.status(std::to_string(percent) + " % copied");
    co_await call.sleep(std::chrono::milliseconds(20));  // ends at once when the task is cancelled
  }
  co_return "Copied " + *in.folder;
}

// Settles what it can in the call itself, and becomes a task where the long part begins.
mcp::Task<std::string> index_all(mcp::Call call) {
  co_await call.begin_task();
  co_await call.sleep(std::chrono::milliseconds(20));
  co_return std::string("Everything is indexed.");
}

int main(int argc, char** argv) {
  mcp::Server server{"tasks", "1.0"};
  mcp::TaskOptions options{.ttl = std::chrono::hours(24), .poll = std::chrono::milliseconds(100)};
  if (argc > 2 && std::string_view(argv[1]) == "--store") {
    auto store = mcp::open_task_store(argv[2]);
    if (!store) return std::fprintf(stderr, "%s\n", store.error().message.c_str());
    options.store = *store;
  }
  server.tasks(options);
  server.tool("backup", "Copies a folder.", backup, {.task = mcp::TaskSupport::optional, .task_restart = mcp::TaskRestart::run_again});
  server.tool("index_all", "Indexes everything.", index_all,
              {.task = mcp::TaskSupport::required, .task_start = mcp::TaskStart::by_handler});
  return mcp::run(server, argc, argv);
}
