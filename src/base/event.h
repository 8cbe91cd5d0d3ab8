// Events that are no calls: sign-ins, keys, changes of the config, servers that come and go. What the audit trail and alerts read.
#pragma once

#include <string>

namespace base {

// All strings are copies; nothing in them is a secret.
struct Event {
  std::string kind;     // a word of the table in docs/operate.md: `signin.failed`, `key.used`, `upstream.state`
  std::string subject;  // what it happened to: an issuer, a key, a tool, a file
  std::string actor;    // the caller's id, where somebody did it
  std::string server;   // the upstream, where it is about one
  std::string outcome;  // one word: `ok`, `failed`, `denied`, `down`
  std::string detail;   // for the operator
};

// Takes events.
// Threads: any. Implementations must not block and must not tell of events themselves.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void happened(const Event& event) = 0;
};

namespace events {

// Tells the process' sink, or the log where there is none.
// Threads: any. Errors: none.
void happened(const Event& event);

// Replaces the sink; null: the log again. Returns the one of before.
// Lifetime: the sink outlives its time here; happened() may still be running in it on another thread until this returns.
EventSink* set_sink(EventSink* sink);

}  // namespace events
}  // namespace base
