#include "protocol/quirks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "protocol/versions/revision.h"

namespace protocol {
namespace {

constexpr std::array<QuirkFacts, kQuirkCount> kQuirks = {{
    {Quirk::accept_incomplete, "accept_incomplete", "Accept does not list both reply types",
     "send Accept: application/json, text/event-stream", "Streamable HTTP, Sending Messages"},
    {Quirk::name_header_twice, "name_header_twice", "the header Mcp-Name is there twice", "send Mcp-Name once",
     "Streamable HTTP, Request Metadata"},
    {Quirk::version_header_absent, "version_header_absent", "the header MCP-Protocol-Version is absent after the handshake",
     "send the revision that initialize settled", "Streamable HTTP, Protocol Version Header"},
    {Quirk::version_header_other, "version_header_other", "the header MCP-Protocol-Version names another revision than initialize settled",
     "send the revision that initialize settled", "Streamable HTTP, Protocol Version Header"},
    {Quirk::null_member, "null_member", "an optional member is null", "leave out what has no value", "Base Protocol, Messages"},
    {Quirk::null_id, "null_id", "a notification has an id of null", "leave the id of a notification out", "Base Protocol, Notifications"},
    {Quirk::get_without_session, "get_without_session", "GET comes before any handshake", "begin with a POST",
     "Streamable HTTP, Backward Compatibility", QuirkFacts::Lenient::refused},
    {Quirk::broken_trace, "broken_trace", "traceparent, tracestate or baggage is malformed; it is ignored",
     "send the formats of W3C Trace Context and Baggage", "Base Protocol, _meta"},
}};
static_assert(std::ranges::all_of(kQuirks, [i = std::size_t{0}](const QuirkFacts& one) mutable {
  return static_cast<std::size_t>(one.quirk) == i++;
}));

// Seen on the wire. A client that is not here is served in the same way: this says which deviations are no news.
constexpr std::array<KnownQuirk, 3> kKnown = {{
    {"undici", "", Quirk::get_without_session},  // mcp-remote and mcporter look for the old transport first, under the names of their
    {"node", "", Quirk::get_without_session},    // platform
    {"ext-tasks", "", Quirk::name_header_twice},
}};

// Numbers of a version, up to the first thing that is none.
std::array<int, 3> numbers(std::string_view version) {
  std::array<int, 3> out{};
  const char* at = version.data();
  const char* end = at + version.size();
  for (int& number : out) {
    auto [rest, bad] = std::from_chars(at, end, number);
    if (bad != std::errc()) {
      number = 0;
      break;
    }
    if (rest == end || *rest != '.') break;
    at = rest + 1;
  }
  return out;
}

}  // namespace

const QuirkFacts& facts(Quirk quirk) { return kQuirks[static_cast<std::size_t>(quirk)]; }
std::span<const QuirkFacts> all_quirks() { return kQuirks; }
std::span<const KnownQuirk> known_quirks() { return kKnown; }

bool is_known(std::string_view client, std::string_view version, Quirk quirk) {
  return std::ranges::any_of(kKnown, [&](const KnownQuirk& one) {
    return one.quirk == quirk && one.client == client && (one.newest.empty() || numbers(version) <= numbers(one.newest));
  });
}

RpcError refuse_quirk(Quirk quirk) {
  const QuirkFacts& about = facts(quirk);
  std::string text = "Invalid request: ";
  text.append(about.does).append("; ").append(about.remedy).append(" (").append(about.where).append(")");
  RpcError error = invalid_request(std::move(text));
  error.http_status = quirk == Quirk::accept_incomplete ? 406 : 400;
  return error;
}

RpcCheck judge_quirks(QuirkSet quirks, Strictness strictness) {
  if (quirks.empty() || strictness == Strictness::lenient) return Fine{};
  for (const QuirkFacts& one : kQuirks)
    if (quirks.has(one.quirk)) return refuse_quirk(one.quirk);
  return Fine{};
}

std::optional<Quirk> version_header_quirk(std::optional<std::string_view> header, const Revision& settled) {
  if (!settled.features.version_header) return std::nullopt;
  if (!header) return Quirk::version_header_absent;
  std::string_view name = *header;
  while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  if (name != settled.name) return Quirk::version_header_other;
  return std::nullopt;
}

}  // namespace protocol
