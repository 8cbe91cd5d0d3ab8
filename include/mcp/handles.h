// Handles: state across calls that share nothing, behind names that nobody can guess.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mcp/call.h"
#include "mcp/detail/codec.h"
#include "mcp/result.h"

namespace mcp {

// A value behind a handle, as it is kept. Neither the handle nor its owner can be read from it.
struct KeptHandle {
  std::string key;    // a digest of the handle
  std::string owner;  // a digest of whom it belongs to; empty where nobody signs in
  std::chrono::system_clock::time_point expires = {};
  std::string value;  // JSON
};

// Where handles are kept beyond the process. One store serves one Handles.
// Threads: one call at a time; Handles sees to it.
class HandleStore {
 public:
  virtual ~HandleStore() = default;
  // Everything that is kept; asked once, at the start.
  virtual std::vector<KeptHandle> load() = 0;
  // Keeps a new value, or a changed one; durable when it returns. May block. Errors: internal.
  virtual Result<> put(const KeptHandle& kept) = 0;
  virtual Result<> erase(const std::string& key) = 0;
};

// A store in one file, which only its owner can read. It is written as changes come, and made small again now and then.
// Errors: conflict (another process uses it), internal (it cannot be opened, or is no such file).
Result<std::shared_ptr<HandleStore>> open_handle_file(const std::string& path);

struct HandleOptions {
  // A handle ends when it was not used for so long.
  std::chrono::seconds ttl = std::chrono::hours(1);
  // How many there may be, of all callers and of one; one more is refused with rate_limited.
  std::size_t most = 10'000;
  std::size_t most_of_one_caller = 1'000;
  // The largest value, as JSON, in bytes.
  std::size_t most_bytes = 64UL * 1024;
  // Told to a caller whose handle is not good: where to get one, such as "call open_basket".
  std::string remedy = {};
  // Without it, handles end with the process.
  std::shared_ptr<HandleStore> store = {};
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
};

namespace detail {

// Handles without the type of their values, which are JSON text here. Threads: any.
class HandleTable {
 public:
  HandleTable(std::string prefix, HandleOptions options);
  ~HandleTable();
  HandleTable(HandleTable&&) noexcept;
  HandleTable& operator=(HandleTable&&) noexcept;

  Result<std::string> make(const Call& call, std::string value);
  Result<std::string> get(const Call& call, std::string_view handle);
  // `change` gives the new value from the old one.
  Result<> change(const Call& call, std::string_view handle, const std::function<Result<std::string>(std::string_view old)>& change);
  Result<> drop(const Call& call, std::string_view handle);
  std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace detail

// Values of T behind handles such as basket_6f0c…: what a tool gives back for later calls to name. A model carries them from call to call,
// so that the server needs no session. A handle is 128 bits of chance; it is good for the caller who was given it (who signed in, where a
// server is protected; anybody who knows it, where nobody signs in), until it was not used for HandleOptions::ttl.
// T is what a tool may return: a struct, a list, a map, a string, a number.
// Errors of all that take a handle: invalid_argument, for an unknown, expired or foreign one alike, with the remedy.
// Threads: any. With a store, changes wait for it.
template <class T>
class Handles {
 public:
  // `prefix` is what the values are called: "basket".
  explicit Handles(std::string prefix, HandleOptions options = {}) : table_(std::move(prefix), std::move(options)) {}

  // A new handle for `value`. Errors: rate_limited, too_large, internal.
  Result<std::string> make(const Call& call, const T& value) { return table_.make(call, to_json(value)); }
  // A copy of the value.
  Result<T> get(const Call& call, std::string_view handle) {
    auto text = table_.get(call, handle);
    if (!text) return std::move(text).error();
    return read(*text);
  }
  // Changes the value by `f(T&)`, which nobody else sees half done, and gives a copy of the new one. `f` may return Result<>: its error
  // leaves the value as it was. Must not use this Handles itself.
  template <class F>
  Result<T> change(const Call& call, std::string_view handle, F f) {
    std::optional<T> changed;
    auto apply = [&](std::string_view old) -> Result<std::string> {
      Result<T> value = read(old);
      if (!value) return std::move(value).error();
      if constexpr (std::is_same_v<std::invoke_result_t<F, T&>, Result<>>) {
        if (Result<> done = f(*value); !done) return std::move(done).error();
      } else {
        f(*value);
      }
      changed.emplace(*std::move(value));
      return to_json(*changed);
    };
    if (auto done = table_.change(call, handle, apply); !done) return std::move(done).error();
    return *std::move(changed);
  }
  // Ends a handle before its time.
  Result<> drop(const Call& call, std::string_view handle) { return table_.drop(call, handle); }
  // How many there are, expired ones that nobody asked for included.
  std::size_t size() const { return table_.size(); }

 private:
  static Result<T> read(std::string_view text) {
    auto json = Json::parse(text);
    if (!json) return std::move(json).error();
    if constexpr (std::is_default_constructible_v<T>)
      return from_json<T>(json->root());
    else
      static_assert(std::is_default_constructible_v<T>, "mcp: values behind handles are default constructible");
  }

  detail::HandleTable table_;
};

}  // namespace mcp
