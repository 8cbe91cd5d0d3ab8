#include "protocol/versions/v2024_11_05.h"

namespace protocol::versions {

const Revision k2024_11_05 = {
    .name = "2024-11-05",
    .era = Era::legacy,
    .released = "2024-11-05",
    .deprecated = "",
    .earliest_removal = "",
    .features = {.http_sse = true, .resource_not_found_code = true},
};

}  // namespace protocol::versions
