// What a run of code is given, what it may ask of its host, and what comes of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/await.h"
#include "base/loop.h"

namespace sandbox {

using base::Instant;
using base::Millis;
using mcp::Code;
using mcp::Error;
using mcp::Result;
using mcp::Task;

// What one run may take. A run that passes one of them ends with a Fault that names it.
struct Limits {
  Millis wall{60'000};                   // from its begin to its end, calls included
  Millis cpu{5'000};                     // of the engine
  std::size_t heap = 64 * 1024 * 1024;   // bytes of the engine; at most 1 GB
  std::size_t code = 64 * 1024;          // bytes of the source
  std::size_t calls = 50;                // in all, those of `tools` too
  std::size_t parallel = 8;              // at once; the others wait
  Millis per_call{30'000};               // a call that takes longer counts as failed for the code
  std::size_t arguments = 1024 * 1024;   // bytes of one call
  std::size_t answer = 4 * 1024 * 1024;  // bytes that one call gives
  std::size_t logs = 16 * 1024;          // bytes of console.log; what is over is dropped and said
  std::size_t result = 4 * 1024 * 1024;  // bytes of what the code returns
};

// `server.tool(args)` as the code sees it. Both are JavaScript identifiers; the call comes out as "server.tool".
struct Stub {
  std::string server;
  std::string tool;
};

// One call that the code makes. They are numbered from 1 as the code issues them.
struct Call {
  std::uint32_t seq = 0;
  std::string name;       // "server.tool", or "tools.find", "tools.describe", "tools.read"
  std::string arguments;  // a JSON object
  std::stop_token stop;   // requested when nobody waits for the answer any more; end soon then
  Instant deadline{};     // of this call
  // Says that a person is being asked, and later that they have answered: the clocks of the call and of the run stand still meanwhile, and
  // the call then has its whole time again. Asking has an end of its own. Good as long as the call.
  std::function<void(bool asked)> person;
};

// What a call ends with.
struct Answer {
  enum class Kind : std::uint8_t {
    value,       // `json` is what the call gives
    tool_error,  // the tool says that it failed; the code gets a ToolError
    denied,      // a rule, or a person, says no; the code gets a ToolError of kind "denied"
    failed,      // it could not be carried out (timeout, unavailable, wrong arguments); a ToolError of that kind
    pause,       // it needs a person's answer first; `json` is the asker's own and comes back in Outcome::asked
  };
  Kind kind = Kind::value;
  std::string json;     // a JSON value; with tool_error what the tool gave besides, or empty
  std::string message;  // of an error, for the code to read
  std::string reason;   // of `failed`: one word, for instance "timeout"
};

// Carries out a call. On the loop of the Pool. An Error counts as `failed`.
using HostCall = std::function<Task<Answer>(Call call)>;

// A call that was made, with its end.
struct Entry {
  std::uint32_t seq = 0;
  std::string name;
  std::string arguments;
  Answer answer;
};

// Code, and all that its run depends on: the same Script with the same answers runs the same way.
struct Script {
  // Whether it is run where the most important wall, seccomp, does not hold.
  enum class Walls : std::uint8_t { needed, any };

  std::string code;  // a function body, an expression or a function; in a fenced block or not
  std::vector<Stub> stubs;
  Limits limits;
  Walls walls = Walls::needed;
  std::string owner;          // whose it is: a worker that served one owner never serves another
  std::uint64_t seed = 1;     // of Math.random
  std::int64_t now_ms = 0;    // what Date.now() says all the time
  std::vector<Entry> record;  // of an earlier run that paused: these calls are answered from here, in this order
  std::vector<Entry> asked;   // of that run: calls that paused it; their answers are not looked at
};

// Why a run did not end with a value.
struct Fault {
  enum class Kind : std::uint8_t { syntax, runtime, tool, denied, limit, diverged, stopped, engine };
  Kind kind = Kind::runtime;
  std::string message;
  std::string hint;  // what to do about it, or empty
  std::string tool;  // with tool and denied: the call
  int line = 0;      // in the code as it was given, from 1; 0 means not known
  int column = 0;
};
std::string_view kind_name(Fault::Kind kind);

struct Outcome {
  enum class Kind : std::uint8_t { value, fault, paused };
  Kind kind = Kind::fault;
  std::string value;  // JSON, or empty when the code returned nothing
  Fault fault;
  std::string logs;
  std::vector<Entry> record;      // calls that have ended, in the order of their ends; what was replayed is among them
  std::vector<Entry> asked;       // with paused: the calls that asked, in the order of seq; `answer.json` is what each asks
  std::vector<Entry> unfinished;  // calls that had begun and of which nobody knows whether they took effect
  std::size_t replayed = 0;       // of `record`, those that were answered from Script::record
  std::size_t unawaited = 0;      // calls that the code issued and that were not begun before it ended
  std::size_t rejections = 0;     // promises that failed and that the code never looked at
  std::chrono::microseconds cpu{0};
  std::chrono::microseconds wall{0};
};

}  // namespace sandbox
