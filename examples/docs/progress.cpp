// A server whose work takes a while, and that says so.
#include <mcp/server.h>

struct Count {
  mcp::Arg<int, "How far to count", 1, 1000> to = 3;
  mcp::Arg<int, "Milliseconds for each number", 0, 1000> pace = 5;
};

// A coroutine holds no thread while it waits.
mcp::Task<std::string> count(Count in, mcp::Call call) {
  call.log(mcp::LogLevel::info, "starting", "counter");
  for (int i = 1; i <= *in.to; ++i) {
    co_await call.sleep(std::chrono::milliseconds(*in.pace));  // a call that is given up ends here
    call.progress(i, *in.to, "counted to " + std::to_string(i));
    call.log_json(mcp::LogLevel::debug, "{\"at\":" + std::to_string(i) + "}");
  }
  co_return "counted to " + std::to_string(*in.to);
}

// Work that blocks runs on a worker thread; it looks now and then whether somebody still waits.
std::string dig(Count in, mcp::Call call) {
  std::uint64_t depth = 0;
  for (int i = 0; i < *in.to && !call.cancelled(); ++i) {
    for (int k = 0; k < 100'000; ++k) depth += static_cast<std::uint64_t>(k % 7);
    call.progress(i + 1, *in.to);
  }
  return "dug to " + std::to_string(depth);
}

// The same inside of a coroutine: a part of the work leaves the server's thread.
mcp::Task<std::string> both(Count in, mcp::Call call) {
  auto work = [in, call] { return dig(in, call); };
  std::string text = co_await call.blocking(work);
  co_return text + ", and back";
}

int main(int argc, char** argv) {
  mcp::Server server{"progress", "1.0"};
  server.tool("count", "Counts.", count);
  server.tool("dig", "Digs.", dig, {.blocking = true});
  server.tool("both", "Digs, and comes back.", both, {.deadline = std::chrono::seconds(30)});
  return mcp::run(server, argc, argv);
}
