// JSON in one spelling (RFC 8785), so that two texts that mean the same have the same hash, and others have not.
#pragma once

#include <string>
#include <string_view>

namespace trust {

// `json` without white space, members sorted by their UTF-16 code units, strings and numbers in the one form that RFC 8785 gives them.
// Nothing is normalised within strings. Where the RFC would lose something, it is kept, so that different values never become one: a
// number of more digits than a double holds is written in all of them, and members that come twice stay both, in their order.
// `json` must have passed base::validate_json. Linear but for the sorting of members.
std::string canonical_json(std::string_view json);

// What a pin of a definition is over: the canonical form of the whole, `_meta` included, without the keys of `_meta` that belong to one
// transport of it (progress token, trace context, the protocol's own per-request keys). A `_meta` that holds nothing else is not there.
std::string canonical_definition(std::string_view definition);

// The SHA-256 of a canonical text, in hex.
std::string pin_digest(std::string_view canonical);

}  // namespace trust
