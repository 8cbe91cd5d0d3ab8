#include "app/boxed.h"

#include "sandbox/child/box.h"

namespace app {
namespace {

pid_t start(const net::ConfinedStart& what, std::string& why) {
  return sandbox::child::start({what.confinement, what.argv, what.environment, what.directory, what.input, what.output, what.errors,
                                what.outlet, what.failure, what.tell},
                               why);
}

}  // namespace

net::Confiner boxes() { return {start, sandbox::child::ended}; }

}  // namespace app
