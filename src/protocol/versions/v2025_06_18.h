// Structured output, elicitation by form, resource links, titles, the version header; batches are gone.
#pragma once

#include "protocol/versions/revision.h"

namespace protocol::versions {

extern const Revision k2025_06_18;

}  // namespace protocol::versions
