// libpq with owners, Results and deadlines; no more than the repositories need.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mcp/result.h"

namespace store::postgres {

using Instant = std::chrono::steady_clock::time_point;

// A parameter: bytes (bytea), which must outlive the call, or a number (int8).
using Value = std::variant<std::string_view, std::int64_t>;

// The rows of a statement. Columns are bytea or int8.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result, &PQclear) {}
  int size() const { return PQntuples(result_.get()); }
  std::string text(int row, int column) const;
  std::int64_t number(int row, int column) const;
  // How many rows a statement changed.
  std::int64_t changed() const;

 private:
  std::unique_ptr<PGresult, void (*)(PGresult*)> result_;
};

// One connection. Threads: one at a time.
class Connection {
 public:
  // Connects by a URL as libpq takes it, TLS included. Errors: invalid_argument (no such URL; it is not repeated, as it may hold a
  // password), unavailable, timeout.
  static mcp::Result<Connection> open(const std::string& url, Instant deadline);

  // Runs one statement, or several without parameters. Errors: unavailable (the connection broke; it is of no use any more), timeout
  // (so it is then, too), conflict (a key that is taken), internal (with PostgreSQL's own words).
  mcp::Result<Rows> run(const char* sql, std::vector<Value> values, Instant deadline);
  // Several statements without parameters and without rows.
  mcp::Result<> run_all(const char* sql, Instant deadline);

  // Whether it can be used: not broken, and not closed by the other side meanwhile.
  bool usable();

 private:
  explicit Connection(PGconn* connection) : connection_(connection, &PQfinish) {}
  mcp::Result<> wait(short events, Instant deadline);
  mcp::Result<Rows> finish(Instant deadline);

  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
  bool lost_ = false;
};

// Some connections, opened when they are needed and again when they broke.
// Threads: any; who comes when all are in use waits.
class Pool {
 public:
  explicit Pool(std::string url, std::size_t most = 4) : url_(std::move(url)), most_(most) {}

  // May the work be done a second time when the connection broke under it?
  enum class Repeat { never, harmless };
  // Runs `work` on a connection of its own, with a deadline for all of it. Errors: timeout, unavailable, or those of `work`.
  template <class T>
  mcp::Result<T> with(Repeat repeat, const std::function<mcp::Result<T>(Connection&, Instant)>& work) {
    const Instant deadline = std::chrono::steady_clock::now() + kPatience;
    for (int attempt = 0;; ++attempt) {
      auto connection = take(deadline);
      if (!connection) return std::move(connection).error();
      mcp::Result<T> outcome = work(**connection, deadline);
      bool broken = !outcome && outcome.error().code == mcp::Code::unavailable;
      give_back(*std::move(connection));
      if (!broken || attempt > 0 || repeat == Repeat::never) return outcome;
    }
  }

  // The URL without its secrets.
  std::string place() const;

 private:
  static constexpr std::chrono::seconds kPatience{10};

  mcp::Result<std::unique_ptr<Connection>> take(Instant deadline);
  void give_back(std::unique_ptr<Connection> connection);

  const std::string url_;
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t in_use_ = 0;
};

}  // namespace store::postgres
