// What the servers over a REST API have in common: a client on the shared thread, and a way to run the work of a call there.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

#include "mcp/call.h"
#include "servers/rest/client.h"
#include "servers/rest/thread.h"

namespace servers::rest {

// Owns: its client, and the work that was begun; destroying it ends both, and waits for that.
// What the work uses must outlive this: declare the Service last.
// Threads: run() on the loop of the server's handlers; everything else as it says.
class Service {
 public:
  // `handlers` is the loop on which the server's handlers run; null: that of mcp::run, looked up at each call.
  Service(ClientOptions options, base::Loop* handlers);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  template <class T>
  using Work = std::function<base::Task<T>(std::stop_token stop)>;

  // Runs `work` on the shared thread and gives what it ended with. `stop` is the call's: requested, it reaches the work.
  // Errors: those of the work, cancelled.
  template <class T>
  base::Task<T> run(Work<T> work, std::stop_token stop) {
    base::Loop* here = handlers_loop();
    if (!here) co_return base::Error(base::Code::internal, "this server has no loop to come back to", "internal error");
    auto crossing = std::make_shared<Crossing<T>>(*here);
    auto ending = std::make_shared<std::stop_source>();
    auto begin = [crossing, ending, inner = inner_, job = std::move(work), thread = &thread_->loop()] {
      auto there = [crossing, ending, inner, job] { inner->work.spawn(carry(crossing, inner, job, ending->get_token())); };
      thread->post(there);
    };
    crossing->when_awaited(std::move(begin));
    auto end = [ending, thread = &thread_->loop()] {
      auto there = [ending] { ending->request_stop(); };
      thread->post(there);
    };
    std::stop_callback on_stop(std::move(stop), end);
    auto leave = [crossing] { crossing->leave(); };
    Leaving left{leave};
    Leaving unfinished{end};
    base::Result<T> result = co_await crossing->wait();
    unfinished.then = nullptr;
    co_return std::move(result);
  }

  // Begins work that ends when this is destroyed, or by itself. Any thread.
  void begin(Work<void> work);

  // On the shared thread only.
  Client& client() { return *inner_->client; }
  base::Loop& loop() { return thread_->loop(); }

 private:
  // What lives on the shared thread.
  struct Inner {
    std::unique_ptr<Client> client;
    base::TaskGroup work;
  };
  // What is done when a call's frame goes, also where it is destroyed while it waits.
  struct Leaving {
    std::function<void()> then;
    ~Leaving() {
      if (then) then();
    }
  };

  base::Loop* handlers_loop() const;

  template <class T>
  static base::Task<void> carry(std::shared_ptr<Crossing<T>> crossing, std::shared_ptr<Inner> inner, Work<T> job, std::stop_token stop) {
    std::stop_source both;
    auto request = [&both] { both.request_stop(); };
    std::stop_callback one(std::move(stop), request);
    std::stop_callback other(inner->work.stop_token(), request);
    base::Result<T> result = co_await job(both.get_token()).result();
    crossing->set(std::move(result), crossing);
  }
  static base::Task<void> begun(std::shared_ptr<Inner> inner, Work<void> job);
  static base::Task<void> end(std::shared_ptr<Inner> inner, std::shared_ptr<std::promise<void>> done);

  base::Loop* handlers_;
  std::shared_ptr<Thread> thread_;
  std::shared_ptr<Inner> inner_;
};

}  // namespace servers::rest
