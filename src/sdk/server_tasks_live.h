// What ServerTasks knows of one task. Internal to it.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "sdk/server_tasks.h"

namespace sdk {

// A task that has not ended, or a call that may become one.
struct ServerTasks::Live {
  Row latest;   // as decided
  Row visible;  // as kept by the store
  mcp::detail::ToolEntry* tool = nullptr;
  std::shared_ptr<CallState> call;
  std::string session;
  bool created = false;
  int rounds = 0;
  std::set<std::string> asking;  // keys that a stream is asking its client for just now
  base::Waiters changed;
  base::Deadline expiry, limit;
  std::shared_ptr<base::OneShot<Reply>> reply;  // of a call whose handler makes it a task, if it does
};

template <class T>
Task<T> ServerTasks::stored(std::function<Result<T>()> work) {
  Result<T> outcome = Error(Code::internal, "the store was not asked");
  if (writer_) {
    auto job = writer_->run(loop_, std::move(work));
    outcome = co_await std::move(job);
  } else {
    outcome = work();
  }
  if constexpr (std::is_void_v<T>)
    co_await std::move(outcome);
  else
    co_return std::move(outcome);
}

}  // namespace sdk
