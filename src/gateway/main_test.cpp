// The test program is a worker of run_code, too: gateways of tests start it again.
#include <gmock/gmock.h>

#include "sandbox/worker.h"

int main(int argc, char** argv) {
  if (sandbox::is_worker(argc, argv)) return sandbox::run_worker();
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
