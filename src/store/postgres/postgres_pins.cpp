#include "store/postgres/postgres_pins.h"

namespace store::postgres {

using mcp::Result;

namespace {

Result<> change_in(Connection& db, Instant deadline, const std::vector<StoredPin>& forgotten, const std::vector<StoredPin>& written) {
  for (const StoredPin& pin : forgotten) {
    auto rows = db.run("DELETE FROM gatehouse_pin WHERE server = $1 AND kind = $2 AND name = $3 AND digest = $4 AND caller = $5",
                       {pin.server, pin.kind, pin.name, pin.digest, pin.caller}, deadline);
    if (!rows) return std::move(rows).error();
  }
  for (const StoredPin& pin : written) {
    auto rows = db.run(
        "INSERT INTO gatehouse_pin (server, kind, name, digest, caller, state, reason, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (server, kind, name, digest, caller) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
        " body = excluded.body",
        {pin.server, pin.kind, pin.name, pin.digest, pin.caller, pin.state, pin.reason, pin.text}, deadline);
    if (!rows) return std::move(rows).error();
  }
  return db.run_all("UPDATE gatehouse_pin_version SET number = number + 1", deadline);
}

}  // namespace

Result<std::vector<StoredPin>> Pins::load() {
  using All = std::vector<StoredPin>;
  return pool_.with<All>(Pool::Repeat::harmless, [](Connection& db, Instant deadline) -> Result<All> {
    auto rows = db.run(
        "SELECT server, kind, name, digest, caller, state, reason, body FROM gatehouse_pin ORDER BY server, kind, name, digest, caller", {},
        deadline);
    if (!rows) return std::move(rows).error();
    All all;
    for (int i = 0; i < rows->size(); ++i) {
      StoredPin& pin = all.emplace_back();
      int column = 0;
      for (std::string* member : {&pin.server, &pin.kind, &pin.name, &pin.digest, &pin.caller, &pin.state, &pin.reason, &pin.text})
        *member = rows->text(i, column++);
    }
    return all;
  });
}

Result<> Pins::change(const std::vector<StoredPin>& forgotten, const std::vector<StoredPin>& written) {
  return pool_.with<void>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<> {
    if (auto begun = db.run_all("BEGIN", deadline); !begun) return begun;
    auto done = change_in(db, deadline, forgotten, written);
    auto ended = db.run_all(done ? "COMMIT" : "ROLLBACK", deadline);
    return done ? ended : done;
  });
}

Result<std::int64_t> Pins::version() {
  return pool_.with<std::int64_t>(Pool::Repeat::harmless, [](Connection& db, Instant deadline) -> Result<std::int64_t> {
    auto rows = db.run("SELECT number FROM gatehouse_pin_version", {}, deadline);
    if (!rows) return std::move(rows).error();
    return rows->size() > 0 ? rows->number(0, 0) : 0;
  });
}

}  // namespace store::postgres
