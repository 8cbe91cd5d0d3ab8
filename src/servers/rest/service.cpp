#include "servers/rest/service.h"

#include "sdk/current_loop.h"

namespace servers::rest {

Service::Service(ClientOptions options, base::Loop* handlers)
    : handlers_(handlers), thread_(Thread::shared()), inner_(std::make_shared<Inner>()) {
  inner_->client = std::make_unique<Client>(thread_->loop(), std::move(options));
}

Service::~Service() {
  auto done = std::make_shared<std::promise<void>>();
  std::future<void> ended = done->get_future();
  auto there = [thread = thread_.get(), inner = std::move(inner_), done]() mutable {
    thread->last_works().spawn(end(std::move(inner), done));
  };
  thread_->loop().post(there);
  ended.wait();
}

base::Loop* Service::handlers_loop() const { return handlers_ ? handlers_ : sdk::current_runtime().loop; }

void Service::begin(Work<void> work) {
  auto there = [inner = inner_, job = std::move(work)] { inner->work.spawn(begun(inner, job)); };
  thread_->loop().post(there);
}

base::Task<void> Service::begun(std::shared_ptr<Inner> inner, Work<void> job) {
  std::stop_token stop = inner->work.stop_token();
  (void)co_await job(std::move(stop)).result();
}

base::Task<void> Service::end(std::shared_ptr<Inner> inner, std::shared_ptr<std::promise<void>> done) {
  inner->work.stop();
  co_await inner->work.join();
  inner->client.reset();
  inner.reset();
  done->set_value();
}

}  // namespace servers::rest
