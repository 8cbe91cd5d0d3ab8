// The test program is a worker, too: pools of tests start it again.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstring>

#include "sandbox/confine.h"
#include "sandbox/frames.h"
#include "sandbox/worker.h"

namespace {

// A worker on a machine that has no walls for it: it says so, and waits for its end.
int run_without_walls() {
  sandbox::Layers layers;
  layers.missing = {"seccomp: not on this machine"};
  const std::string ready = sandbox::frame_bytes(sandbox::FrameKind::ready, sandbox::layers_body(layers));
  (void)!::write(sandbox::kWorkerSocket, ready.data(), ready.size());
  char byte = 0;
  while (::read(sandbox::kWorkerSocket, &byte, 1) > 0) {}
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "worker-without-walls") == 0) return run_without_walls();
  if (sandbox::is_worker(argc, argv)) return sandbox::run_worker();
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
