#include "app/build_info.h"

namespace app {

std::string_view build_version() { return GATEHOUSE_VERSION; }

std::string_view build_commit() {
  constexpr std::string_view commit = GATEHOUSE_COMMIT;
  return commit.empty() ? "unknown" : commit;
}

}  // namespace app
