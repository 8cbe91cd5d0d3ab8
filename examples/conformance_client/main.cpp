// The client that the official conformance suite tests: plays the scenario that its environment names against the URL that is its last
// argument. Exit status: 0 played, 1 ended with an error, 2 wrong usage.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "scenarios.h"

namespace {

struct Family {
  std::string_view prefix;
  mcp::Task<void> (*run)(std::string url, std::string scenario, mcp::Json context);
};

// The first whose prefix fits plays the scenario.
constexpr Family kFamilies[] = {
    {"auth/", run_auth},
    {"", run_core},
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

int main(int argc, char** argv) {
  std::string scenario = variable("MCP_CONFORMANCE_SCENARIO");
  if (argc < 2 || scenario.empty()) {
    std::fprintf(stderr, "usage: MCP_CONFORMANCE_SCENARIO=NAME %s [ARGUMENT…] URL\n", argv[0]);
    return 2;
  }
  std::string text = variable("MCP_CONFORMANCE_CONTEXT");
  auto context = mcp::Json::parse(text.empty() ? "{}" : text);
  if (!context) {
    std::fprintf(stderr, "MCP_CONFORMANCE_CONTEXT: %s\n", context.error().message.c_str());
    return 2;
  }
  for (const Family& family : kFamilies) {
    if (!scenario.starts_with(family.prefix)) continue;
    auto played = mcp::block_on(family.run(argv[argc - 1], scenario, *context));
    if (!played) std::fprintf(stderr, "%s: %s\n", scenario.c_str(), played.error().message.c_str());
    return played ? 0 : 1;
  }
  return 2;
}
