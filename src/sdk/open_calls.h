// For which request of ours a legacy server asks, and what it is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sdk/connection.h"

namespace sdk {

// Who is asked. `call` is null where the request that the question belongs to has nobody to ask; `known` is false where nothing says
// which request that is.
struct Askable {
  std::shared_ptr<const OnRequest> call;
  bool known = true;
  std::uint64_t number = 0;  // of the call; 0: it may be any
};

class OpenCalls;

// One request in flight. Threads: those of its connection.
class OpenCall {
 public:
  // `params`: of a request that waits for the result of a task, they say which task that is.
  OpenCall(OpenCalls& calls, protocol::Method method, const OnRequest& on_request, std::string_view params = {});
  ~OpenCall();
  OpenCall(const OpenCall&) = delete;
  OpenCall& operator=(const OpenCall&) = delete;

  // What the server asks for this request.
  Askable askable() const { return {on_request_, true, number_}; }
  // Its deadline, and what moves it; null while nothing can be moved.
  Instant due = Instant::max();
  std::function<void(Instant)> move;

 private:
  friend class OpenCalls;
  OpenCalls& calls_;
  OpenCall* before_ = nullptr;
  OpenCall* after_ = nullptr;
  bool interactive_;
  std::uint64_t number_;
  int questions_ = 0;         // so far
  int open_ = 0;              // of them, those that somebody thinks about
  Instant::duration left_{};  // of the call's time, when the first of them came
  std::string task_;          // JSON text of the id, or empty
  std::shared_ptr<const OnRequest> on_request_;
};

// The requests in flight of one connection.
class OpenCalls {
 public:
  // What the server asks without a sign for which request: that is plain only while there is one request that may be interrupted. `params`
  // of the question may name a task (Tasks, "Associating Task-Related Messages"): then it is for who waits for that.
  Askable only(std::string_view params) const;
  // Answers a request of the server, as answer_server. While somebody thinks, the time of the call does not run: its deadline is
  // `answer_time` away, and then again as far as it was. Where nothing says which call is meant, that is so for each.
  Task<Reply> answer(const ConnectionOptions* options, Askable askable, protocol::Method method, std::string params);

 private:
  friend class OpenCall;
  void begin_thinking(const Askable& askable, Millis answer_time);
  void end_thinking(const Askable& askable);

  OpenCall* first_ = nullptr;
  std::uint64_t last_number_ = 0;
};

// How the wait for an answer ended.
struct Waited {
  Result<Reply> reply;
  std::string gave_up;  // why it was not waited for any longer, as the server is told; empty: there was an answer
};

// Waits for the answer of `call`, until `stop` is requested or its deadline passes, which questions of the server move. All that is given
// must live until the Task ends. Errors in the reply: timeout, cancelled, or those of the answer.
Task<Waited> wait_for_answer(base::OneShot<Reply>* answer, OpenCall* call, base::Timers* timers, std::stop_token stop, Instant deadline);

// Whether somebody will think about this request of the server. What nobody here answers gives a server no time.
bool will_think(const ConnectionOptions& options, const Askable& askable, protocol::Method method);

// Answers a request of the server: of the call it belongs to, else of the connection's owner. What belongs to no call is refused as
// invalid params (SEP-2260). `options` must live until the Task ends.
Task<Reply> answer_server(const ConnectionOptions* options, Askable askable, protocol::Method method, std::string params);

// The answer as a message.
std::string encode_for_server(std::string_view id, Reply& reply);

}  // namespace sdk
