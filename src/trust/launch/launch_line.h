// One launch as a line of JSON: `{"command": "npx", "args": ["-y", "name@1.2.3"], "env": {"KEY": "x"}, "cwd": "folder"}`.
#pragma once
#include <string>
#include <string_view>

#include "mcp/result.h"
#include "trust/launch/approved.h"
#include "trust/launch/ground.h"
#include "trust/launch/launch.h"
#include "trust/launch/verdict.h"

namespace trust {

struct LaunchLine {
  Launch launch;
  std::string id;        // what the line calls itself by `id`, as JSON; empty: nothing
  std::string stranger;  // a key that makes something else of a launch, such as `url`; empty: none
};

// Errors: invalid_argument (no JSON object, a value of the wrong kind; says which). Other keys are left alone, so that a line may carry
// notes.
mcp::Result<LaunchLine> parse_launch_line(std::string_view json);

// As judge(), and R08 where a line mixes two kinds of servers.
Verdict judge_line(const LaunchLine& line, const Approved& approved, const Ground& ground = Ground());

}  // namespace trust
