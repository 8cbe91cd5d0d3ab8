// operator new and delete of the program: what is freed is kept for what is made next, by size and thread.
//
// A call makes and frees some dozens of small things and a few of its own size, and malloc's own cache ends at 1 KB. A thread keeps at most
// kKeptBytes; what is larger than kLargest, and what is too much, goes to malloc. The library does not do this to its users: the file
// is the program's.
#include <malloc.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GATEHOUSE_PLAIN_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define GATEHOUSE_PLAIN_MEMORY
#endif
#endif

#if !defined(GATEHOUSE_PLAIN_MEMORY) && defined(__GLIBC__)

namespace {

// Malloc's blocks have room for 8 bytes more than a multiple of 16. Up to kFine each such size has its list, above it each multiple of 256.
constexpr std::size_t kFine = 1024;
constexpr std::size_t kLargest = 16 * 1024;
constexpr std::size_t kLists = kFine / 16 + (kLargest - kFine) / 256 + 1;
constexpr std::size_t kKeptBytes = 1024 * 1024;

struct Free {
  Free* next;
};

// Trivial, so that it is there before and after everything else of the thread. A thread that ends takes what it kept with it; the
// program has a few, which end with it.
struct Kept {
  std::array<Free*, kLists> lists;
  std::size_t bytes;
};
thread_local constinit Kept kept{};

// The bytes beyond 8 that blocks of this list have room for.
constexpr std::size_t room(std::size_t list) { return list <= kFine / 16 ? list * 16 : kFine + (list - kFine / 16) * 256; }

// The list whose blocks have room for `size`; the one that a block with room for `size` belongs to.
constexpr std::size_t list_for(std::size_t size) {
  return size <= kFine + 8 ? (size + 7) / 16 : kFine / 16 + (size - 8 - kFine + 255) / 256;
}
constexpr std::size_t list_of(std::size_t size) { return size < kFine + 8 ? (size - 8) / 16 : kFine / 16 + (size - 8 - kFine) / 256; }
static_assert(room(list_for(1032)) == 1024 && room(list_for(1033)) == 1280 && list_of(1032) == list_for(1032) && list_of(1288) == 65);

void* more(std::size_t size) {
  for (;;) {
    if (void* block = std::malloc(size)) return block;
    std::new_handler handler = std::get_new_handler();
    if (!handler) throw std::bad_alloc();
    handler();
  }
}

inline void* take(std::size_t size) {
  const std::size_t list = list_for(size);
  if (size > kLargest || list == 0) return more(size);
  Free* block = kept.lists[list];
  if (!block) return more(room(list) + 8);
  kept.lists[list] = block->next;
  kept.bytes -= room(list);
  return block;
}

inline void give(void* block) noexcept {
  if (!block) return;
  const std::size_t list = list_of(::malloc_usable_size(block));
  if (list == 0 || list >= kLists || kept.bytes >= kKeptBytes) return std::free(block);
  auto* free = static_cast<Free*>(block);
  free->next = kept.lists[list];
  kept.lists[list] = free;
  kept.bytes += room(list);
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void operator delete(void* block) noexcept { give(block); }
void operator delete[](void* block) noexcept { give(block); }
void operator delete(void* block, std::size_t) noexcept { give(block); }
void operator delete[](void* block, std::size_t) noexcept { give(block); }

#endif
