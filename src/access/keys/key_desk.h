// The API keys of a running gateway: who brings which, and what becomes of them while it runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "access/keys/key_book.h"
#include "base/blocking.h"
#include "base/loop.h"
#include "base/record.h"
#include "base/task_group.h"
#include "oauth/bounded_table.h"
#include "oauth/principal.h"
#include "oauth/sha256.h"
#include "store/key_store.h"

namespace authz {

// One key that ends soon.
struct KeyAlert {
  std::string name, owner;
  std::int64_t days = 0;  // the mark that was passed: 30, 14, 7 or 1
  KeyTime expires;
};

// Holds all keys of the store, at most KeyStore::kMost, so that a request waits for nothing: a text that is no key costs a checksum, one
// that is costs a hash. Looks after the store: for changes each second, and when it is told; notes uses in batches; tells of keys that
// end soon, each mark once, whichever instance sees it first.
// Where the store cannot be asked, what was known goes on, for at most kBelieved.
// Threads: one loop. stop() before destroying it, unless its loop has stopped.
class KeyDesk {
 public:
  struct Parts {
    base::Loop& loop;
    base::BlockingPool& pool;
    store::KeyStore& store;
    base::Secret<std::string> pepper;
    std::function<void(const KeyAlert&)> alert;  // called on the loop; may be null
    std::function<KeyTime()> now = [] { return std::chrono::system_clock::now(); };
    std::function<base::Instant()> steady = [] { return base::Timers::now(); };
  };
  static constexpr base::Millis kLook{1'000}, kNote{10'000}, kAlerts{60'000}, kBelieved{60'000};
  static constexpr std::int64_t kMarks[] = {30, 14, 7, 1};
  static constexpr std::size_t kMostVerified = 10'000;

  explicit KeyDesk(Parts parts);
  ~KeyDesk();

  // Reads the keys; blocks. Errors: those of the store.
  mcp::Result<> load();
  // Begins to look after them, behind.
  void start();
  base::Task<void> stop();

  // The caller whose key `text` is. Errors: unauthenticated, saying why to the operator; what leaves says nothing; unavailable (the store
  // could not be asked for too long).
  mcp::Result<std::shared_ptr<const oauth::Principal>> identify(std::string_view text);
  // The store was changed by somebody here: look at once. Ends when that has happened. Errors: none.
  base::Task<void> look();
  std::size_t keys() const { return keys_.size(); }
  std::uint64_t alerts() const { return alerts_; }
  // Seconds until the next key ends, for a gauge; nothing: there is none.
  std::vector<std::pair<std::string, std::int64_t>> seconds_left() const;

 private:
  struct Known {
    store::StoredKey key;
    std::shared_ptr<const base::Principal> who;
  };
  struct Verified {
    std::shared_ptr<const oauth::Principal> who;
    std::string id;
  };
  void take(std::vector<store::StoredKey> all);
  mcp::Result<std::shared_ptr<const oauth::Principal>> verify(std::string_view text, std::string_view id, const oauth::Sha256& hash);
  base::Task<void> keep_looking();
  base::Task<void> note_uses();
  base::Task<void> tell();
  // The tightest mark that the key has passed and nobody was told of; 0: none.
  std::int64_t due(const store::StoredKey& key) const;

  Parts parts_;
  std::unordered_map<std::string, Known> keys_;  // by id
  oauth::BoundedTable<oauth::Sha256, Verified, oauth::Sha256Hash> verified_{kMostVerified};
  std::unordered_map<std::string, KeyTime> uses_;  // by id; not noted yet
  std::int64_t version_ = -1;
  base::Instant asked_{}, noted_{}, told_{};
  std::uint64_t alerts_ = 0;
  base::TaskGroup work_;
};

}  // namespace authz
