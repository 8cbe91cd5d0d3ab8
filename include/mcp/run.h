// Running: a server until it ends, and a Task from a plain main.
#pragma once

#include <coroutine>
#include <functional>
#include <optional>
#include <utility>

#include "mcp/task.h"

namespace mcp {

class Server;

// Serves `server` until the client goes away (stdio) or SIGTERM or SIGINT comes (HTTP), and returns the process's exit status.
// Without `--http`, over stdin and stdout: print nothing to stdout yourself. With `--http HOST:PORT`, Streamable HTTP at /mcp; port 0
// takes a free one, which is printed on stderr. `--revisions A,B` speaks only these revisions of the protocol, the preferred one first; the
// default is all. `--strict` refuses what real clients do against the specification and is harmless; the default serves it and says so
// once per client on stderr. Other arguments are left to the caller.
// Exit status: 0 ended well, 1 the address is taken, 2 wrong usage or a registration that is refused; the reason is on stderr.
int run(Server& server, int argc, char** argv);

namespace detail {

// Runs `start` on a fresh event loop of this thread, and then the loop until `done` says so.
void run_loop(std::function<void()> start, const bool& done);

// The coroutine that fills `slot` and sets `done`; frees itself when it ends.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};
void wake_loop();

template <class T>
Detached fill(Task<T> task, std::optional<Result<T>>* slot, bool* done) {
  slot->emplace(co_await std::move(task).result());
  *done = true;
  wake_loop();
}

}  // namespace detail

// Runs `task` to its end on this thread, with an event loop of its own: the way from a plain main to a Client.
template <class T>
Result<T> block_on(Task<T> task) {
  std::optional<Result<T>> slot;
  bool done = false;
  detail::run_loop([&] { detail::fill(std::move(task), &slot, &done); }, done);
  return *std::move(slot);
}

}  // namespace mcp
