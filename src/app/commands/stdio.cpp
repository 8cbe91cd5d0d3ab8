#include <fmt/format.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/finding.h"
#include "app/reload.h"
#include "app/stopping.h"
#include "app/terminal.h"
#include "app/wiring.h"
#include "sdk/stdio_endpoint.h"

namespace app {
namespace {

constexpr base::Millis kGrace{3'000};

base::Task<void> serve_pipe(Wiring* wiring, sdk::StdioEndpoint* endpoint, Reload* reload) {
  mcp::Result<> outcome = co_await endpoint->run(STDIN_FILENO, STDOUT_FILENO).result();
  co_await reload->end();
  co_await wiring->stop(kGrace);
  co_await std::move(outcome);
}

// What the command line asks for; nothing where it asks for nothing. Error: invalid_argument.
mcp::Result<std::optional<gateway::Disclosure>> wanted_disclosure(std::string_view word) {
  using Wanted = std::optional<gateway::Disclosure>;
  if (word.empty()) return Wanted();
  auto mode = gateway::find_disclosure(word);
  if (!mode)
    return mcp::Error(mcp::Code::invalid_argument, fmt::format("--disclosure must be all, search, code or auto, not {}", shown(word)));
  return Wanted(mode);
}

}  // namespace

int stdio(const StdioOptions& options, net::Reaper& reaper) {
  ReadFrom from;
  auto config = open_config(options.config, &from);
  if (!config) return kUsage;
  auto wanted = wanted_disclosure(options.disclosure);
  if (!wanted) {
    complain(wanted.error().message);
    return kUsage;
  }
  if (*wanted) config->gateway.disclosure = **wanted;
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
  Reload reload({(*wiring)->loop(), (*wiring)->pool(), from.file, [file = from.file] { return read_config(file, process_environment); },
                 [&wiring, mode = *wanted](ReadConfig read) {
                   if (mode && read.config) read.config->gateway.disclosure = *mode;
                   take_config(std::move(read), {}, **wiring, nullptr);
                 }},
                std::move(from.files));
  Stopping stopping((*wiring)->loop(), [&endpoint] { endpoint.stop(); }, [&reload] { reload.ask(); });
  auto outcome = (*wiring)->loop().block_on(serve_pipe(wiring->get(), &endpoint, &reload));
  if (outcome) return kGood;
  complain(outcome.error().message);
  return kFailed;
}

}  // namespace app
