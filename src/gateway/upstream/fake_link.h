// A link that does what a test tells it.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "gateway/upstream/upstream.h"
#include "protocol/versions/versions.h"

namespace gateway {

// What all links of one fake upstream share, and the test holds.
struct FakeServer {
  int opened = 0;
  int closed = 0;
  std::vector<std::string> open_errors;  // each start takes one; none: it starts
  bool hang_at_start = false;
  bool alive = true;
  std::string capabilities = R"({"tools":{}})";
  const protocol::Revision* revision = &protocol::latest_modern();
  std::vector<std::string> asked;                                 // method and params of each request
  std::deque<base::Result<std::string>> answers;                  // each request takes one; none: it hangs until stopped
  std::function<std::string(const LinkRequest& request)> answer;  // in their place
  std::vector<Audience> audiences;                                // of each request
  base::OneShot<void>* hold_start = nullptr;                      // a start waits for it
  base::OneShot<void>* hold_answer = nullptr;                     // an answer of `answer` waits for it
};

class FakeLink final : public Link {
 public:
  FakeLink(base::Loop& loop, FakeServer& server) : loop_(loop), server_(server) {
    hello_ = {server.revision, R"({"name":"fake","version":"1"})", server.capabilities, "be kind"};
  }
  const Hello& hello() const override { return hello_; }
  base::Task<sdk::Reply> request(LinkRequest request) override {
    server_.asked.push_back(std::string(protocol::method_name(request.method)) + " " + std::string(request.params));
    server_.audiences.push_back(request.audience);
    if (server_.answer) {
      std::string text = server_.answer(request);
      if (server_.hold_answer) co_await co_await server_.hold_answer->wait();
      co_return sdk::Reply(std::move(text));
    }
    if (server_.answers.empty()) {
      base::OneShot<void> never;
      co_await base::wait_for(never, loop_.timers(), request.stop, request.deadline);
    }
    base::Result<std::string> next = std::move(server_.answers.front());
    server_.answers.pop_front();
    co_return sdk::Reply(co_await std::move(next));
  }
  bool alive() const override { return server_.alive; }
  std::string why() const override { return "killed by SIGKILL"; }
  base::Task<void> close() override {
    ++server_.closed;
    co_return;
  }

 private:
  base::Loop& loop_;
  FakeServer& server_;
  Hello hello_;
};

// Opens FakeLinks.
inline OpenLink fake_opener(base::Loop& loop, FakeServer& server) {
  return [&loop, &server](LinkEvents, std::stop_token stop) -> base::Task<std::unique_ptr<Link>> {
    auto open = [](base::Loop* l, FakeServer* s, std::stop_token end) -> base::Task<std::unique_ptr<Link>> {
      ++s->opened;
      if (s->hold_start) co_await co_await s->hold_start->wait();
      if (s->hang_at_start) {
        base::OneShot<void> never;
        co_await base::wait_for(never, l->timers(), end, base::Timers::now() + std::chrono::hours(1));
      }
      if (!s->open_errors.empty()) {
        std::string reason = s->open_errors.front();
        s->open_errors.erase(s->open_errors.begin());
        co_return base::Error(base::Code::unavailable, reason);
      }
      s->alive = true;
      co_return std::unique_ptr<Link>(std::make_unique<FakeLink>(*l, *s));
    };
    return open(&loop, &server, std::move(stop));
  };
}

}  // namespace gateway
