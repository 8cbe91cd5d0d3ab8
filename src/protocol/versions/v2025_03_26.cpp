#include "protocol/versions/v2025_03_26.h"

namespace protocol::versions {

const Revision k2025_03_26 = {
    .name = "2025-03-26",
    .era = Era::legacy,
    .released = "2025-03-26",
    .deprecated = "",
    .earliest_removal = "",
    .features = {.batching = true,
                 .sessions = true,
                 .audio = true,
                 .tool_annotations = true,
                 .completions = true,
                 .progress_message = true,
                 .resource_not_found_code = true},
};

}  // namespace protocol::versions
