// Under a sanitizer the engine's worker does not start: its handling of memory faults and the sanitizer's are in each other's way.
#include <gtest/gtest.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
namespace {

class WithoutWorkers final : public testing::Environment {
  void SetUp() override { GTEST_SKIP() << "a worker of the sandbox does not start in a build with a sanitizer"; }
};

// NOLINTNEXTLINE(cert-err58-cpp): GoogleTest takes and keeps it.
const testing::Environment* const kSkip = testing::AddGlobalTestEnvironment(new WithoutWorkers);

}  // namespace
#endif
