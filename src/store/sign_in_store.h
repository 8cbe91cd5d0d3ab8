// Credentials for upstreams as they are kept: sealed texts, each for one server, one caller and one purpose.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace store {

// Whose a row is. No two rows have the same.
struct SignInRow {
  std::string server;
  std::string caller;  // opaque; empty: everybody's
  std::string kind;    // opaque

  auto operator<=>(const SignInRow&) const = default;
};

struct StoredSignIn {
  using Time = std::chrono::system_clock::time_point;
  SignInRow row;
  std::string key_id;  // of the key that sealed the body
  std::string body;    // opaque
  Time changed{};
};

// Threads: any. Calls may wait for a disk or a network: not for a loop.
class SignInStore {
 public:
  using Time = StoredSignIn::Time;
  // Rows that are kept at most; one of list().
  static constexpr std::size_t kMost = 200'000, kMostListed = 10'000;

  virtual ~SignInStore() = default;
  // Errors: internal.
  virtual mcp::Result<std::optional<StoredSignIn>> find(const SignInRow& row) = 0;
  // Keeps it in place of what was there. Errors: too_large (there are kMost), internal.
  virtual mcp::Result<> put(const StoredSignIn& one) = 0;
  // Not an error when there is none. Errors: internal.
  virtual mcp::Result<> erase(const SignInRow& row) = 0;
  // Everything of this caller at this server; says how many rows those were. Errors: internal.
  virtual mcp::Result<std::size_t> forget(std::string_view server, std::string_view caller) = 0;
  // Without their bodies, by server, caller and kind; at most kMostListed. Errors: internal.
  virtual mcp::Result<std::vector<StoredSignIn>> list() = 0;
  // Of all who ask, one holds the claim on a row, until it lets go or until `until`; who holds it already gets it again. False: another
  // one holds it. The row need not exist. Errors: internal.
  virtual mcp::Result<bool> claim(const SignInRow& row, std::string_view holder, Time now, Time until) = 0;
  // Errors: internal.
  virtual mcp::Result<> release(const SignInRow& row, std::string_view holder) = 0;
};

}  // namespace store
