// The arguments that mcp::run takes from a command line.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/inbound.h"

namespace sdk {

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};

struct RunArguments {
  std::optional<ListenAddress> http;  // nothing: stdio
  protocol::FrontOptions front;       // revisions and strictness; the methods are the server's
};

// `--http HOST:PORT`, `--revisions A,B`, `--strict`; also as `--name=value`. What else there is, is left to the program.
// Errors: invalid_argument (a value that is absent, or no address, or no revision).
mcp::Result<RunArguments> parse_run_arguments(std::vector<std::string_view> arguments);

}  // namespace sdk
