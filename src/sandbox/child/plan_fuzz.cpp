// The plan of a box: whatever bytes come, it is refused, or is written again as it was read.
#include <cstdint>
#include <cstdlib>

#include "sandbox/child/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto plan = sandbox::child::read_plan({reinterpret_cast<const char*>(data), size});
  if (!plan) return 0;
  auto again = sandbox::child::read_plan(sandbox::child::plan_bytes(*plan));
  if (!again || *again != *plan) std::abort();
  return 0;
}
