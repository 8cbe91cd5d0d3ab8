// What is known of legacy clients' sessions, kept across restarts and known to every gateway on the store.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace store {

// One session, as its handshake settled it and its client changed it since.
struct StoredSession {
  std::string id;
  std::string instance;      // the gateway that serves it now
  std::string principal;     // whose it is; opaque
  std::string path;          // of the endpoint, such as /mcp
  std::string revision;      // of the protocol
  std::string info;          // JSON: the client's Implementation
  std::string capabilities;  // JSON: the client's
  std::string level;         // of log messages that it wants; empty: none
  std::string subscribed;    // JSON: an array of URIs
  std::chrono::system_clock::time_point used = {};
};

// Threads: any. Calls may wait for a disk or a network: not for a loop.
class SessionStore {
 public:
  using Time = std::chrono::system_clock::time_point;
  // What is kept at most: who is over it goes, the one that was not used for longest first. Looked at now and then.
  struct Limits {
    std::size_t most = 100'000;
    std::chrono::milliseconds idle{30 * 60'000};
  };

  virtual ~SessionStore() = default;
  // Keeps a new session; it survives the process when it returns. Errors: conflict (the id is taken), internal.
  virtual mcp::Result<> insert(const StoredSession& session, const Limits& limits) = 0;
  // Errors: internal.
  virtual mcp::Result<std::optional<StoredSession>> find(std::string_view id) = 0;
  // Replaces what a client may change: level, subscribed, used. Not an error when there is none. Errors: internal.
  virtual mcp::Result<> update(const StoredSession& session) = 0;
  // Makes `to` the gateway that serves it, if `from` still is. False when it is not, or there is no such session. Errors: internal.
  virtual mcp::Result<bool> claim(std::string_view id, std::string_view from, std::string_view to, Time now) = 0;
  // Not an error when there is none. Errors: internal.
  virtual mcp::Result<> remove(std::string_view id) = 0;
};

}  // namespace store
