#include <unistd.h>

#include "app/commands.h"
#include "app/stopping.h"
#include "app/terminal.h"
#include "app/wiring.h"
#include "sdk/stdio_endpoint.h"

namespace app {
namespace {

constexpr base::Millis kGrace{3'000};

base::Task<void> serve_pipe(Wiring* wiring, sdk::StdioEndpoint* endpoint) {
  mcp::Result<> outcome = co_await endpoint->run(STDIN_FILENO, STDOUT_FILENO).result();
  co_await wiring->stop(kGrace);
  co_await std::move(outcome);
}

}  // namespace

int stdio(const StdioOptions& options, net::Reaper& reaper) {
  auto config = open_config(options.config);
  if (!config) return kUsage;
  base::log::open(options.log.format, options.log.level);
  auto wiring = Wiring::open(*std::move(config), reaper);
  if (!wiring) {
    complain(wiring.error().message);
    return kFailed;
  }
  if (auto started = (*wiring)->start(); !started) {
    complain(started.error().message);
    return kFailed;
  }
  sdk::StdioEndpointOptions endpoint_options;
  endpoint_options.front.strictness = (*wiring)->config().strictness;
  endpoint_options.max_line = (*wiring)->config().limits.body;
  sdk::StdioEndpoint endpoint((*wiring)->loop(), (*wiring)->gateway().aggregate(), endpoint_options);
  Stopping stopping((*wiring)->loop(), [&endpoint] { endpoint.stop(); });
  auto outcome = (*wiring)->loop().block_on(serve_pipe(wiring->get(), &endpoint));
  if (outcome) return kGood;
  complain(outcome.error().message);
  return kFailed;
}

}  // namespace app
