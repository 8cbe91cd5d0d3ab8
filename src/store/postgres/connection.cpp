#include "store/postgres/connection.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace store::postgres {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using std::chrono::steady_clock;

namespace {

constexpr Oid kBytea = 17, kInt8 = 20;

// libpq's words on one line.
std::string said(const char* text) {
  std::string out(text ? text : "");
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  for (char& c : out)
    if (c == '\n' || c == '\t') c = ' ';
  return out.empty() ? "it gave no reason" : out;
}

Error lost(PGconn* connection) {
  return Error(Code::unavailable, "the store: the connection to PostgreSQL broke: " + said(PQerrorMessage(connection)), "the store failed");
}

Error late() { return Error(Code::timeout, "the store: PostgreSQL did not answer in time", "the store failed"); }

std::string big_endian(std::int64_t number) {
  std::string out(8, '\0');
  auto bits = static_cast<std::uint64_t>(number);
  for (std::size_t i = 8; i-- > 0; bits >>= 8) out[i] = static_cast<char>(bits & 0xff);
  return out;
}

// Waits for the socket. Errors: timeout.
Result<> poll_socket(int socket, short events, Instant deadline) {
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return late();
    pollfd one{socket, events, 0};
    int ready = ::poll(&one, 1, static_cast<int>(left));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return Error(Code::unavailable, std::string("the store: poll: ") + std::strerror(errno));
  }
}

}  // namespace

std::string Rows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::number(int row, int column) const {
  if (PQgetlength(result_.get(), row, column) != 8) return 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(PQgetvalue(result_.get(), row, column));
  std::uint64_t out = 0;
  for (int i = 0; i < 8; ++i) out = out << 8 | bytes[i];
  return static_cast<std::int64_t>(out);
}

std::int64_t Rows::changed() const { return std::strtoll(PQcmdTuples(result_.get()), nullptr, 10); }

Result<Connection> Connection::open(const std::string& url, Instant deadline) {
  // libpq quotes a URL that it cannot read, password and all.
  char* complaint = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &complaint);
  PQfreemem(complaint);
  if (!options)
    return Error(Code::invalid_argument,
                 "the store's URL cannot be read; write postgres://USER@HOST:PORT/DATABASE, special characters as %XX, TLS as ?sslmode=…");
  PQconninfoFree(options);
  // What comes first is a default that the URL may change.
  constexpr std::array kNames{"tcp_user_timeout", "keepalives_idle", "dbname", "fallback_application_name",
                              static_cast<const char*>(nullptr)};
  const std::array values{"10000", "30", url.c_str(), "gatehouse", static_cast<const char*>(nullptr)};
  Connection out(PQconnectStartParams(kNames.data(), values.data(), 1));
  PGconn* raw = out.connection_.get();
  auto failed = [raw] { return Error(Code::unavailable, "the store: PostgreSQL cannot be reached: " + said(PQerrorMessage(raw))); };
  if (!raw) return Error(Code::internal, "the store: out of memory");
  if (PQstatus(raw) == CONNECTION_BAD) return failed();
  for (PostgresPollingStatusType state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK; state = PQconnectPoll(raw)) {
    if (state == PGRES_POLLING_FAILED) return failed();
    if (auto ready = poll_socket(PQsocket(raw), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline); !ready)
      return Error(ready.error().code, "the store: PostgreSQL did not let us in in time");
  }
  if (PQsetnonblocking(raw, 1) != 0) return failed();
  // A server that is told to stop waiting keeps no lock for us.
  if (auto set = out.run_all("SET statement_timeout = '9s'; SET client_min_messages = warning", deadline); !set)
    return std::move(set).error();
  return out;
}

Result<> Connection::wait(short events, Instant deadline) {
  auto ready = poll_socket(PQsocket(connection_.get()), events, deadline);
  if (!ready) lost_ = true;
  return ready;
}

Result<Rows> Connection::finish(Instant deadline) {
  PGconn* raw = connection_.get();
  auto broken = [&] {
    lost_ = true;
    return lost(raw);
  };
  for (int left = 1; left > 0;) {
    left = PQflush(raw);
    if (left < 0) return broken();
    if (left > 0) {
      if (auto ready = wait(POLLIN | POLLOUT, deadline); !ready) return std::move(ready).error();
      if (PQconsumeInput(raw) == 0) return broken();
    }
  }
  // The first failure counts, else the last result.
  std::optional<Rows> rows;
  std::optional<Error> error;
  for (;;) {
    while (PQisBusy(raw) != 0) {
      if (auto ready = wait(POLLIN, deadline); !ready) return std::move(ready).error();
      if (PQconsumeInput(raw) == 0) return broken();
    }
    PGresult* result = PQgetResult(raw);
    if (!result) break;
    Rows one(result);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      rows.emplace(std::move(one));
    } else if (!error) {
      const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
      bool taken = state && std::string_view(state) == "23505";
      error.emplace(taken ? Code::conflict : Code::internal, "the store: " + said(PQresultErrorMessage(result)), "the store failed");
    }
  }
  if (PQstatus(raw) == CONNECTION_BAD) return broken();
  if (error) return *std::move(error);
  if (!rows) return broken();
  return *std::move(rows);
}

Result<Rows> Connection::run(const char* sql, std::vector<Value> values, Instant deadline) {
  std::vector<std::string> numbers;
  numbers.reserve(values.size());
  std::vector<Oid> types;
  std::vector<const char*> data;
  std::vector<int> sizes, formats(values.size(), 1);
  for (const Value& value : values) {
    std::string_view bytes;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      types.push_back(kInt8);
      bytes = numbers.emplace_back(big_endian(*number));
    } else {
      types.push_back(kBytea);
      bytes = std::get<std::string_view>(value);
    }
    data.push_back(bytes.data() ? bytes.data() : "");
    sizes.push_back(static_cast<int>(bytes.size()));
  }
  if (PQsendQueryParams(connection_.get(), sql, static_cast<int>(values.size()), types.data(), data.data(), sizes.data(), formats.data(),
                        1) == 0) {
    lost_ = true;
    return lost(connection_.get());
  }
  return finish(deadline);
}

Result<> Connection::run_all(const char* sql, Instant deadline) {
  if (PQsendQuery(connection_.get(), sql) == 0) {
    lost_ = true;
    return lost(connection_.get());
  }
  if (auto rows = finish(deadline); !rows) return std::move(rows).error();
  return {};
}

bool Connection::usable() {
  PGconn* raw = connection_.get();
  if (lost_ || PQstatus(raw) != CONNECTION_OK) return false;
  // A server that went away has closed it, or said so.
  pollfd one{PQsocket(raw), POLLIN, 0};
  if (::poll(&one, 1, 0) > 0 && PQconsumeInput(raw) == 0) return false;
  return PQstatus(raw) == CONNECTION_OK && PQtransactionStatus(raw) == PQTRANS_IDLE;
}

Result<std::unique_ptr<Connection>> Pool::take(Instant deadline) {
  {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_until(lock, deadline, [this] { return in_use_ < most_; })) return late();
    ++in_use_;
    while (!idle_.empty()) {
      auto kept = std::move(idle_.back());
      idle_.pop_back();
      if (kept->usable()) return kept;
    }
  }
  auto opened = Connection::open(url_, deadline);
  if (opened) return std::make_unique<Connection>(*std::move(opened));
  {
    std::lock_guard lock(mutex_);
    --in_use_;
  }
  freed_.notify_one();
  return std::move(opened).error();
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  {
    std::lock_guard lock(mutex_);
    --in_use_;
    if (connection->usable()) idle_.push_back(std::move(connection));
  }
  freed_.notify_one();
}

std::string Pool::place() const {
  PQconninfoOption* options = PQconninfoParse(url_.c_str(), nullptr);
  std::string host, port, name;
  for (PQconninfoOption* one = options; one && one->keyword; ++one) {
    const std::string_view keyword = one->keyword;
    if (!one->val) continue;
    if (keyword == "host") host = one->val;
    if (keyword == "port") port = std::string(":") + one->val;
    if (keyword == "dbname") name = one->val;
  }
  PQconninfoFree(options);
  return "postgres://" + host + port + "/" + name;
}

}  // namespace store::postgres
