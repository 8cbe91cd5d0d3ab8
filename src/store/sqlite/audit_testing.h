// What somebody could do to the file of an audit trail, for tests that have to find it.
#pragma once

#include <string>

#include "store/sqlite/database.h"

namespace store::spoil {

inline bool run(const std::string& path, const std::string& sql) {
  auto db = Database::open(path);
  return db && db->run(sql);
}
inline bool change_body(const std::string& path, int seq, const std::string& from, const std::string& to) {
  return run(path, "UPDATE record SET body = replace(body, '" + from + "', '" + to + "') WHERE seq = " + std::to_string(seq));
}
inline bool change_caller(const std::string& path, int seq, const std::string& to) {
  return run(path, "UPDATE record SET caller = '" + to + "' WHERE seq = " + std::to_string(seq));
}
inline bool remove(const std::string& path, int from, int to) {
  return run(path, "DELETE FROM record WHERE seq BETWEEN " + std::to_string(from) + " AND " + std::to_string(to));
}
// Those behind it get the numbers of those before them.
inline bool remove_and_close_up(const std::string& path, int seq) {
  const std::string at = std::to_string(seq);
  return run(path, "DELETE FROM record WHERE seq = " + at + "; UPDATE record SET seq = 1 - seq WHERE seq > " + at +
                       "; UPDATE record SET seq = -seq WHERE seq < 0");
}
inline bool swap(const std::string& path, int one, int other) {
  const std::string a = std::to_string(one), b = std::to_string(other);
  return run(path, "UPDATE record SET seq = -1 WHERE seq = " + a + "; UPDATE record SET seq = " + a + " WHERE seq = " + b +
                       "; UPDATE record SET seq = " + b + " WHERE seq = -1");
}
inline bool remove_checkpoints(const std::string& path, int behind) {
  return run(path, "DELETE FROM checkpoint WHERE seq > " + std::to_string(behind));
}
inline bool change_signature(const std::string& path, int seq) {
  return run(path, R"(UPDATE checkpoint SET line = replace(line, '"signature":"', '"signature":"00') WHERE seq = )" + std::to_string(seq));
}

}  // namespace store::spoil
