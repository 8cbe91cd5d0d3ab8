// What is known of one call when it has ended: the one value that logs, metrics, traces and the audit trail read.
#pragma once

#include <array>
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
  std::string token;                  // a digest that names their token, and opens nothing
};

// How a call ended.
enum class Outcome {
  ok,          // answered
  tool_error,  // answered, with isError: the tool ran and says that it failed
  rpc_error,   // the upstream answered with a JSON-RPC error
  failed,      // ended with an Error of ours: denied, not found, timeout, upstream failed and so on
};

std::string_view outcome_name(Outcome outcome);

// Where a call stands in a trace (W3C Trace Context). Identifiers are bytes; all zero: there is none.
struct TraceContext {
  std::array<std::uint8_t, 16> trace{};
  std::array<std::uint8_t, 8> parent{};    // the caller's span
  std::array<std::uint8_t, 8> span{};      // this call's own
  std::array<std::uint8_t, 8> upstream{};  // of the request to the upstream, which is a child of `span`
  bool sampled = false;
  std::array<std::uint8_t, 16> linked_trace{};  // of the HTTP request that brought it, which is a link
  std::array<std::uint8_t, 8> linked_span{};
  std::string state;    // `tracestate` as it came, bounded
  std::string baggage;  // as it came, bounded
};

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
  std::chrono::nanoseconds duration{0};     // from the parsed request to the answer's last byte handed over
  std::chrono::nanoseconds upstream{0};     // the part of it spent waiting for the upstream
  std::chrono::nanoseconds upstream_at{0};  // from the beginning until that was asked first
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;

  Outcome outcome = Outcome::ok;
  std::optional<mcp::Code> error;  // where outcome is failed
  std::string message;             // the error's message, for the operator
  int rpc_code = 0;                // JSON-RPC's, of an answer that is an error

  TraceContext trace;
  std::string request_id;            // JSON-RPC's, as text; empty for a call within a call
  std::string_view transport;        // "http", "stdio" or "socket": how the client came
  std::string address;               // the client's, where it came by TCP
  std::string session;               // what groups calls: a digest of a legacy session's id, or empty
  std::string_view server_revision;  // of the upstream's side; empty where none was asked
  std::string_view decision;         // "allow", "deny" or "ask", as the rules decided; empty: nothing was to be decided
  std::string rule;                  // where the line stands that decided: `rules[3]`; empty: the default
  std::string approval;              // the approval or grant that let it through
  std::string pin;                   // digest of the definition that was called, as pinned
  // Of tools/call and prompts/get: as they came and as they went, where a recorder keeps them; null where none does.
  std::shared_ptr<const std::string> arguments;
  std::shared_ptr<const std::string> result;
  std::uint32_t tokens_in = 0;   // of the arguments, in o200k_base; 0 where nobody counts
  std::uint32_t tokens_out = 0;  // of the result
};

// Takes calls as they begin and as they end.
// Threads: both are called on the loop that serves the call; implementations must not block.
class Recorder {
 public:
  virtual ~Recorder() = default;
  // A call begins; of the record, number, method, client and what came is known. An Error refuses the call, which is then finished with it.
  virtual mcp::Result<> began(const CallRecord& /*record*/) { return {}; }
  virtual void finished(const CallRecord& record) = 0;
  // Whether it looks at arguments and results, which are copied only where somebody does.
  virtual bool keeps_contents() const { return false; }
};

}  // namespace base
