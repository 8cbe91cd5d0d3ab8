#include "store/sqlite/sqlite_pins.h"

namespace store {

using mcp::Result;

Result<std::vector<StoredPin>> SqlitePins::load() {
  std::lock_guard lock(mutex_);
  auto statement =
      db_.prepare("SELECT server, kind, name, digest, caller, state, reason, body FROM pin ORDER BY server, kind, name, digest, caller");
  if (!statement) return std::move(statement).error();
  std::vector<StoredPin> all;
  for (;;) {
    auto row = statement->step();
    if (!row) return std::move(row).error();
    if (!*row) return all;
    StoredPin& pin = all.emplace_back();
    int column = 0;
    for (std::string* member : {&pin.server, &pin.kind, &pin.name, &pin.digest, &pin.caller, &pin.state, &pin.reason, &pin.text})
      *member = statement->text(column++);
  }
}

Result<> SqlitePins::change(const std::vector<StoredPin>& forgotten, const std::vector<StoredPin>& written) {
  std::lock_guard lock(mutex_);
  if (auto begun = db_.run("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = change_in(forgotten, written);
  auto ended = db_.run(done ? "COMMIT" : "ROLLBACK");
  return done ? ended : done;
}

Result<> SqlitePins::change_in(const std::vector<StoredPin>& forgotten, const std::vector<StoredPin>& written) {
  for (const StoredPin& pin : forgotten) {
    auto statement = db_.prepare("DELETE FROM pin WHERE server = ? AND kind = ? AND name = ? AND digest = ? AND caller = ?");
    if (!statement) return std::move(statement).error();
    auto done = statement->bind(pin.server).bind(pin.kind).bind(pin.name).bind(pin.digest).bind(pin.caller).run();
    if (!done) return done;
  }
  for (const StoredPin& pin : written) {
    auto statement = db_.prepare(
        "INSERT INTO pin (server, kind, name, digest, caller, state, reason, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (server, kind, name, digest, caller) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
        " body = excluded.body");
    if (!statement) return std::move(statement).error();
    for (const std::string* member : {&pin.server, &pin.kind, &pin.name, &pin.digest, &pin.caller, &pin.state, &pin.reason, &pin.text})
      statement->bind(*member);
    if (auto done = statement->run(); !done) return done;
  }
  return db_.run("UPDATE pin_version SET number = number + 1");
}

Result<std::int64_t> SqlitePins::version() {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("SELECT number FROM pin_version");
  if (!statement) return std::move(statement).error();
  auto row = statement->step();
  if (!row) return std::move(row).error();
  return *row ? statement->number(0) : std::int64_t{0};
}

}  // namespace store
