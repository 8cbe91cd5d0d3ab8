#include "protocol/versions/v2025_06_18.h"

namespace protocol::versions {

const Revision k2025_06_18 = {
    .name = "2025-06-18",
    .era = Era::legacy,
    .released = "2025-06-18",
    .deprecated = "",
    .earliest_removal = "",
    .features = {.structured_output = true,
                 .elicitation_form = true,
                 .version_header = true,
                 .sessions = true,
                 .resource_link = true,
                 .audio = true,
                 .titles = true,
                 .tool_annotations = true,
                 .completions = true,
                 .progress_message = true,
                 .resource_not_found_code = true},
};

}  // namespace protocol::versions
