// The audit trail as people ask for it: what happened, and whether that is all of it and as it was.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/result.h"

namespace store {
class AuditStore;
}

namespace observe {

// What is looked for; what is empty fits everything. Texts fit whole, but for `text`.
struct AuditQuery {
  std::string kind;    // `call`, or the kind of an event such as `signin.failed`
  std::string caller;  // Principal::id, or the actor of an event
  std::string server;
  std::string name;     // of the tool or prompt, the resource's URI, or the subject of an event
  std::string outcome;  // `ok`, `tool_error`, `denied`, `lost`, the name of a Code; of an event its own word
  std::string text;     // stands anywhere in the record
  std::optional<std::chrono::system_clock::time_point> from, to;
};

// One record.
struct AuditEntry {
  std::int64_t seq = 0;
  std::chrono::system_clock::time_point at;
  std::string kind, caller, server, name, outcome;
  std::string body;    // the whole record, a JSON object
  std::string hash;    // of it and all before it, hex
  std::string cursor;  // with which `export --after` and search() go on behind it
};

// A page of records, the newest first.
struct AuditPage {
  std::vector<AuditEntry> entries;
  std::string cursor;  // for the page of older ones; empty: there are none
};

// What is wrong with a trail.
enum class AuditBreak {
  none,
  changed,        // a record, or its hash, is not what it was
  deleted,        // records are not there, and no signed word says that their time was over
  reordered,      // a record stands where another one stood
  truncated,      // the end is not there: a checkpoint knows of more
  rewritten,      // the chain holds, but it is not the one that was signed, or not the one that a sink knows
  old_copy,       // a sink knows of more: the end was cut, or an older copy was put in its place
  bad_signature,  // a checkpoint was not signed with the key
};
// `changed`, `old copy` and so on.
std::string_view audit_break_name(AuditBreak what);

struct AuditProof {
  AuditBreak broken = AuditBreak::none;
  std::int64_t seq = 0;                           // of the first record or checkpoint that is wrong
  std::string words;                              // what is wrong, in a sentence; or what holds
  std::int64_t first = 0, last = 0, records = 0;  // what was looked at
  std::int64_t signed_to = 0;                     // the last record that a checkpoint holds
  std::int64_t checkpoints = 0, at_sinks = 0;     // how many were compared
  std::vector<std::string> unproved;              // what cannot be said, and what would be needed to say it

  bool good() const { return broken == AuditBreak::none; }
};

// Reads a trail. Everything blocks on the disk: not for a loop.
// Lifetime: the store outlives it. Threads: any.
class AuditTrail {
 public:
  // `public_key`: PEM, the one that checkpoints are proved with where nobody gives another.
  AuditTrail(store::AuditStore& store, std::string public_key) : store_(store), public_key_(std::move(public_key)) {}

  // `cursor` is of the page before, or empty. At most 1,000 records. Errors: invalid_argument (no cursor of this trail), internal.
  mcp::Result<AuditPage> search(const AuditQuery& query, std::string_view cursor, std::size_t limit) const;
  // Records behind `cursor`, the oldest first; an empty one is the beginning. Errors: as search(), not_found (records behind it have been
  // deleted since their time was over).
  mcp::Result<std::vector<AuditEntry>> after(std::string_view cursor, std::size_t limit) const;

  // What a proof rests on besides the trail itself.
  struct Evidence {
    std::string public_key;               // PEM; empty: the one of the trail, which lies where the trail does
    std::vector<std::string> sink_lines;  // what a sink was sent: a checkpoint a line, among others
  };
  // Looks at everything, in order. What is broken is no Error. Errors: internal.
  mcp::Result<AuditProof> verify(const Evidence& evidence) const;
  mcp::Result<AuditProof> verify() const { return verify(Evidence()); }

 private:
  store::AuditStore& store_;
  std::string public_key_;
};

}  // namespace observe
