// Deviations of real clients from the specification that do no harm: served all the same, and named once; refused where strictness is
// asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/errors.h"

namespace protocol {

struct Revision;

enum class Quirk : std::uint8_t {
  accept_incomplete,      // Accept does not name both of the reply types
  name_header_twice,      // Mcp-Name is there twice, with the same value
  version_header_absent,  // no MCP-Protocol-Version after a handshake that settled a revision which has it
  version_header_other,   // MCP-Protocol-Version names another revision than the handshake settled
  null_member,            // an optional member is null in place of absent
  null_id,                // a notification with an id of null
  get_without_session,    // GET before any handshake
  broken_trace,           // traceparent, tracestate or baggage is not of its format
};
inline constexpr std::size_t kQuirkCount = 8;

// What a quirk is, for logs and refusals.
struct QuirkFacts {
  Quirk quirk;
  std::string_view name;    // a word for logs
  std::string_view does;    // what the client does
  std::string_view remedy;  // what the specification wants
  std::string_view where;   // the section
  // What becomes of it where strictness is not asked for: it is served as it is meant, or cannot be served by anyone.
  enum class Lenient { served, refused } lenient = Lenient::served;
};
const QuirkFacts& facts(Quirk quirk);
std::span<const QuirkFacts> all_quirks();

// A client that is known to have a quirk.
struct KnownQuirk {
  std::string_view client;  // the name in its clientInfo, or in its User-Agent
  std::string_view newest;  // the newest version that was seen with it; empty: all of them
  Quirk quirk;
};
std::span<const KnownQuirk> known_quirks();
// Whether this client is known for it. Versions are compared number by number; what is no version is older than any.
bool is_known(std::string_view client, std::string_view version, Quirk quirk);

// Some quirks.
class QuirkSet {
 public:
  void add(Quirk quirk) { bits_ = static_cast<std::uint16_t>(bits_ | 1u << static_cast<unsigned>(quirk)); }
  void add(QuirkSet other) { bits_ = static_cast<std::uint16_t>(bits_ | other.bits_); }
  bool has(Quirk quirk) const { return (bits_ >> static_cast<unsigned>(quirk) & 1u) != 0; }
  bool empty() const { return bits_ == 0; }

 private:
  std::uint16_t bits_ = 0;
};

enum class Strictness { lenient, strict };

// The refusal of a message that has a quirk: kInvalidRequest with what the client does, and what it should.
RpcError refuse_quirk(Quirk quirk);
// Fine where quirks are served or there are none; else the refusal of the first.
RpcCheck judge_quirks(QuirkSet quirks, Strictness strictness);

// What is odd about the version header of a request in a session that speaks `settled`.
std::optional<Quirk> version_header_quirk(std::optional<std::string_view> header, const Revision& settled);

}  // namespace protocol
