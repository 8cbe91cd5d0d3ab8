// What the tools of `admin` take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mcp/arg.h"

namespace servers::admin {

struct CallsArguments {
  mcp::Arg<std::string, "A cursor, as `next` of an earlier answer; without it the newest calls", 0, 200> after = "";
  mcp::Arg<std::int64_t, "The most calls that are wanted", 1, 1000> limit = 200;
  mcp::Arg<std::string, "Stands in the server, the name, the caller, the client or the message", 0, 200> text = "";
  mcp::Arg<std::string, "Only calls to this server", 0, 64> server = "";
  mcp::Arg<mcp::Choice<"all", "failed">, "Which calls"> show = "all";
};

struct CallArguments {
  mcp::Arg<std::string, "The call, such as c17", 2, 32> call;
};

struct ServerArguments {
  mcp::Arg<std::string, "The server's id", 1, 64> server;
};

struct SomeServerArguments {
  mcp::Arg<std::string, "The server's id; without it all", 0, 64> server = "";
};

struct ApproveArguments {
  mcp::Arg<std::string, "The approval's id, such as ap_4f2k…", 1, 64> id;
  mcp::Arg<std::string, "Why, for the record", 0, 500> reason = "";
  mcp::Arg<std::optional<std::int64_t>,
           "Lets all calls of the tool in this session through for so many minutes; without it this call alone, once", 1, 720>
      minutes;
};

struct DenyArguments {
  mcp::Arg<std::string, "The approval's id, such as ap_4f2k…", 1, 64> id;
  mcp::Arg<std::string, "Why, for the record and for who called", 0, 500> reason = "";
};

struct GrantArguments {
  mcp::Arg<std::string, "The grant's id, such as ap_4f2k…", 1, 64> id;
};

struct PinArguments {
  mcp::Arg<std::string, "The server's id", 1, 64> server;
  mcp::Arg<std::vector<std::string>, "The names to approve; without them all that is held back of the server", 0, 1000> names =
      std::vector<std::string>{};
};

struct AuditArguments {
  mcp::Arg<std::string, "Words that have to stand in a record", 0, 200> query = "";
  mcp::Arg<std::string, "A cursor, as `next` of an earlier answer", 0, 200> cursor = "";
  mcp::Arg<std::int64_t, "The most records that are wanted", 1, 500> limit = 100;
};

}  // namespace servers::admin
