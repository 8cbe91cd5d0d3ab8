// The scenarios of the official conformance suite that test a client, by family.
#pragma once

#include <mcp/client.h>

#include <string>

// Each plays one scenario against the suite's server at `url` and ends with an error when the scenario cannot be played to its end.
// `context` is what the suite hands over besides the address: credentials, calls to make.
mcp::Task<void> run_auth(std::string url, std::string scenario, mcp::Json context);
mcp::Task<void> run_core(std::string url, std::string scenario, mcp::Json context);

// How this client introduces itself, speaking the revision that the suite asks for.
mcp::ClientOptions suite_options();
