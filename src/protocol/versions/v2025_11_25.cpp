#include "protocol/versions/v2025_11_25.h"

namespace protocol::versions {

const Revision k2025_11_25 = {
    .name = "2025-11-25",
    .era = Era::legacy,
    .released = "2025-11-25",
    .deprecated = "",
    .earliest_removal = "",
    .features = {.structured_output = true,
                 .elicitation_form = true,
                 .elicitation_url = true,
                 .elicitation_id = true,
                 .version_header = true,
                 .sessions = true,
                 .resource_link = true,
                 .audio = true,
                 .titles = true,
                 .icons = true,
                 .tool_annotations = true,
                 .completions = true,
                 .progress_message = true,
                 .tasks_core = true,
                 .sse_polling = true,
                 .resource_not_found_code = true},
};

}  // namespace protocol::versions
