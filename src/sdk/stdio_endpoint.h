// One MCP server over two file descriptors, one message a line; both eras.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/task_group.h"
#include "protocol/inbound.h"
#include "sdk/handler.h"
#include "sdk/session.h"

namespace sdk {

struct StdioEndpointOptions {
  protocol::FrontOptions front;
  std::size_t max_line = 4 * 1024 * 1024;            // a longer message is refused and skipped
  std::size_t max_requests = 1000;                   // in flight; one more is refused
  std::size_t max_waiting_bytes = 16 * 1024 * 1024;  // of output; beyond it no more input is read, and notifications are dropped
  Millis end_grace{5'000};                           // for what still runs when the input ends
};

// Serves one peer on `in` and `out`. Nothing but MCP is written to `out`.
// Owns: copies of the descriptors, and the Tasks of what runs. Destroy it after run() has ended, or after its loop has.
// Threads: one loop.
class StdioEndpoint {
 public:
  StdioEndpoint(Loop& loop, Handler& handler, StdioEndpointOptions options);
  ~StdioEndpoint();

  // Serves until the input ends or stop() is called; what runs then has `end_grace` to finish, while streams end at once.
  // Returns when all is written, or cannot be.
  // Errors: unavailable (a descriptor cannot be used).
  Task<void> run(int in, int out);
  // Ends run() as the end of the input would.
  void stop();

 private:
  class Line;

  Task<void> read();
  Task<void> write();
  Task<void> serve(std::shared_ptr<std::string> text);
  Task<void> serve_request(std::shared_ptr<std::string> text, Inbound in);
  Task<void> serve_initialize(Inbound in);
  Task<void> serve_batch(std::shared_ptr<std::string> text, Inbound in);
  Task<void> serve_stream();
  void fill(Inbound& in);
  void notice(const Inbound& in);
  void send(std::string message);
  void refuse_long();

  Loop& loop_;
  Handler& handler_;
  StdioEndpointOptions options_;
  protocol::StdioFront front_;
  boost::asio::posix::basic_stream_descriptor<base::Executor> in_, out_;
  int in_flags_ = -1, out_flags_ = -1;
  std::shared_ptr<Session> session_;
  bool streaming_ = false;
  std::map<std::string, std::stop_source, std::less<>> running_;  // by raw id
  std::stop_source streams_;
  std::deque<std::string> queue_;
  std::size_t queued_ = 0;
  bool broken_ = false, closing_ = false, stopped_ = false, over_ = false;
  base::Signal wake_, drained_;
  base::TaskGroup writer_, tasks_;
};

}  // namespace sdk
