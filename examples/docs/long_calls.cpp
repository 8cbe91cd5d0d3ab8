// A server whose long call holds no connection where its client can come back for the answer.
#include <mcp/server.h>

struct Survey {
  mcp::Arg<std::string, "What to survey"> place;
};

mcp::Task<std::string> survey(Survey in, mcp::Call call) {
  call.progress(0, 2, "walking");
  call.close_stream(std::chrono::milliseconds(200));  // does nothing for callers that cannot come back
  co_await call.sleep(std::chrono::milliseconds(300));
  call.progress(1, 2, "drawing");  // kept for the caller
  co_return "a map of " + *in.place;
}

int main(int argc, char** argv) {
  mcp::Server server{"survey", "1.0"};
  server.tool("survey", "Draws a map. Takes its time.", survey);
  return mcp::run(server, argc, argv);
}
