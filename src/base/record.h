// What is known of one call when it has ended: the one value that logs, metrics, traces and the audit trail read.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace base {

// Who is calling, as access/identify found it. Immutable and shared by the calls of one caller.
struct Principal {
  std::string id = "local";
  // What a sign-in says of them; empty where nobody signs in.
  std::string user;
  std::vector<std::string> groups;
  std::string client;  // the client that they signed in with, as the issuer names it
  std::string key;     // the name of their API key
  std::string issuer;
  std::string owner;                  // of the API key: who answers for it
  std::vector<std::string> profiles;  // of the API key: it is confined to these; empty: it is not
};

// How a call ended.
enum class Outcome {
  ok,          // answered
  tool_error,  // answered, with isError: the tool ran and says that it failed
  rpc_error,   // the upstream answered with a JSON-RPC error
  failed,      // ended with an Error of ours: denied, not found, timeout, upstream failed and so on
};

std::string_view outcome_name(Outcome outcome);

// One call, filled along the path and ended in one place. All strings are copies; nothing in it is a secret.
struct CallRecord {
  std::uint64_t number = 0;  // counts calls of this process; `c<number>` in logs and errors
  std::uint64_t parent = 0;  // the number of the call that made this one for its caller; 0: a client did
  std::shared_ptr<const Principal> caller;
  std::string_view method;    // a constant of protocol/methods, or "other"
  std::string_view revision;  // of the client's side; a constant of protocol/versions
  std::string client;         // the client's self-reported name; no security decision rests on it
  std::string server;         // the resolved upstream, empty until resolved or for a call to the aggregate
  std::string name;           // the real name of the tool or prompt, or the resource's URI

  std::chrono::system_clock::time_point began;
  std::chrono::nanoseconds duration{0};  // from the parsed request to the answer's last byte handed over
  std::chrono::nanoseconds upstream{0};  // the part of it spent waiting for the upstream
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;

  Outcome outcome = Outcome::ok;
  std::optional<mcp::Code> error;  // where outcome is failed
  std::string message;             // the error's message, for the operator
};

// Takes finished calls.
// Threads: finished() is called on the loop that served the call; implementations must not block.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void finished(const CallRecord& record) = 0;
};

}  // namespace base
