// What the config says of the audit trail.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "observe/audit/record_text.h"

namespace observe {

// Where checkpoints, and records where it is wanted, are sent.
struct AuditSink {
  enum class Kind { file, webhook, syslog };
  enum class Sends { checkpoints, all };
  std::string name;
  Kind kind = Kind::file;
  Sends sends = Sends::checkpoints;
  std::string where;                 // a path; a URL; `unix:PATH` or `udp:HOST:PORT`, with HOST an address
  base::Secret<std::string> secret;  // of a webhook, which is signed with it
  std::string ca;                    // of a webhook: more certificates that are trusted (PEM)
  bool operator==(const AuditSink&) const = default;
};

struct AuditOptions {
  enum class Strict { no, yes };
  std::string beside;  // where the files begin: BESIDE-audit (the trail), BESIDE-audit.key, BESIDE-audit.pub, BESIDE.spool/
  AuditWriting writing;
  Strict strict = Strict::no;      // yes: a call that cannot be written is refused
  std::chrono::seconds retain{0};  // records older than this are deleted, by segment; 0: never
  std::int64_t checkpoint_records = 10'000;
  std::chrono::milliseconds checkpoint_time{60'000};
  std::size_t spool_file_bytes = 4 * 1024 * 1024;
  std::size_t spool_files = 16;
  std::vector<AuditSink> sinks;
  std::function<std::chrono::system_clock::time_point()> now = [] { return std::chrono::system_clock::now(); };

  std::string trail_path() const { return beside + "-audit"; }
  std::string key_path() const { return beside + "-audit.key"; }
  std::string public_path() const { return beside + "-audit.pub"; }
  std::string spool_path() const { return beside + ".spool"; }
};

}  // namespace observe
