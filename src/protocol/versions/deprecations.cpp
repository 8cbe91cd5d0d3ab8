#include "protocol/versions/deprecations.h"

#include <algorithm>
#include <array>

namespace protocol {
namespace {

// In the order of the enumeration. The old transport may go three months after the policy that reclassified it became final.
constexpr std::array<Deprecation, kDeprecatedCount> kDeprecations = {{
    {Deprecated::roots, "roots", "2026-07-28", "2027-07-28",
     "take files and folders as arguments of the tool, as resource URIs, or from the server's configuration"},
    {Deprecated::sampling, "sampling", "2026-07-28", "2027-07-28", "call the API of a model provider from the server"},
    {Deprecated::logging, "logging", "2026-07-28", "2027-07-28", "log to standard error, or send telemetry with OpenTelemetry"},
    {Deprecated::dynamic_registration, "dynamic client registration", "2026-07-28", "2027-07-28",
     "register the client beforehand, or give it a client ID metadata document"},
    {Deprecated::include_context, "includeContext of sampling", "2025-11-25", "2027-07-28", "leave includeContext out"},
    {Deprecated::http_sse, "the HTTP+SSE transport", "2025-03-26", "2026-09-03", "serve Streamable HTTP"},
}};

static_assert(std::ranges::all_of(kDeprecations, [i = std::size_t{0}](const Deprecation& one) mutable {
  return static_cast<std::size_t>(one.feature) == i++;
}));

}  // namespace

const Deprecation& deprecation(Deprecated feature) { return kDeprecations[static_cast<std::size_t>(feature)]; }
std::span<const Deprecation> all_deprecations() { return kDeprecations; }

}  // namespace protocol
