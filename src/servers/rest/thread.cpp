#include "servers/rest/thread.h"

namespace servers::rest {

std::shared_ptr<Thread> Thread::shared() {
  static std::mutex mutex;
  static std::weak_ptr<Thread> known;
  std::lock_guard lock(mutex);
  if (auto thread = known.lock()) return thread;
  auto thread = std::make_shared<Thread>();
  known = thread;
  return thread;
}

Thread::Thread() : last_works_(std::make_unique<base::TaskGroup>()), thread_([this] { loop_.run(); }) {}

Thread::~Thread() {
  loop_.stop();
  thread_.join();
  last_works_.reset();
}

}  // namespace servers::rest
