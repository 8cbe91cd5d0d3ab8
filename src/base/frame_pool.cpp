// Coroutine frames are made and freed many times per call, in a few sizes: a list of free ones per size and thread.
#include <array>
#include <cstddef>
#include <new>

#include "mcp/task.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GATEHOUSE_PLAIN_FRAMES
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define GATEHOUSE_PLAIN_FRAMES
#endif
#endif

namespace mcp::detail {

#ifdef GATEHOUSE_PLAIN_FRAMES

// Sanitizers are to see each frame's own birth and death.
void* allocate_frame(std::size_t size) { return ::operator new(size); }
void free_frame(void* frame, std::size_t size) noexcept { ::operator delete(frame, size); }

#else

namespace {

constexpr std::size_t kStep = 128;    // sizes are rounded up to this
constexpr std::size_t kClasses = 32;  // larger frames are not kept
constexpr std::size_t kKept = 128;    // of each size and thread

struct Pool {
  struct Free {
    Free* next;
  };
  struct List {
    Free* first = nullptr;
    std::size_t count = 0;
  };
  std::array<List, kClasses> lists;

  ~Pool();
};

// Frames may still be freed by this thread after its pool is gone: statics with Tasks in them.
thread_local bool over = false;
thread_local Pool pool;

Pool::~Pool() {
  over = true;
  for (List& list : lists) {
    while (list.first) {
      Free* next = list.first->next;
      ::operator delete(list.first);
      list.first = next;
    }
  }
}

}  // namespace

void* allocate_frame(std::size_t size) {
  std::size_t index = (size + kStep - 1) / kStep;
  if (index >= kClasses || over) return ::operator new(size);
  Pool::List& list = pool.lists[index];
  if (!list.first) return ::operator new(index * kStep);
  Pool::Free* frame = list.first;
  list.first = frame->next;
  --list.count;
  return frame;
}

void free_frame(void* frame, std::size_t size) noexcept {
  std::size_t index = (size + kStep - 1) / kStep;
  if (index >= kClasses || over || pool.lists[index].count >= kKept) return ::operator delete(frame);
  Pool::List& list = pool.lists[index];
  auto* free = static_cast<Pool::Free*>(frame);
  free->next = list.first;
  list.first = free;
  ++list.count;
}

#endif

}  // namespace mcp::detail
