#include "base/event.h"

#include <shared_mutex>
#include <utility>

#include "base/log.h"

namespace base::events {
namespace {

std::shared_mutex guard;
EventSink* current = nullptr;

}  // namespace

void happened(const Event& event) {
  const std::shared_lock lock(guard);
  if (current)
    current->happened(event);
  else
    log::info("event", {{"kind", event.kind},
                        {"subject", event.subject},
                        {"actor", event.actor},
                        {"server", event.server},
                        {"outcome", event.outcome},
                        {"detail", event.detail}});
}

EventSink* set_sink(EventSink* sink) {
  const std::unique_lock lock(guard);
  return std::exchange(current, sink);
}

}  // namespace base::events
