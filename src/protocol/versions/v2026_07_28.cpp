#include "protocol/versions/v2026_07_28.h"

namespace protocol::versions {

const Revision k2026_07_28 = {
    .name = "2026-07-28",
    .era = Era::modern,
    .released = "2026-07-28",
    .deprecated = "",
    .earliest_removal = "",
    .features = {.structured_output = true,
                 .any_structured_content = true,
                 .elicitation_form = true,
                 .elicitation_url = true,
                 .version_header = true,
                 .mirrored_headers = true,
                 .resource_link = true,
                 .audio = true,
                 .titles = true,
                 .icons = true,
                 .tool_annotations = true,
                 .completions = true,
                 .progress_message = true,
                 .extensions = true,
                 .input_required = true,
                 .cache_hints = true,
                 .schema_2020_12 = true},
};

}  // namespace protocol::versions
