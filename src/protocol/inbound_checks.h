// The steps of the ladder that HTTP and stdio share. Internal to the fronts.
#pragma once

#include <optional>

#include "protocol/inbound.h"

namespace protocol::checks {

// The revision that a modern envelope names, as plain text, or nothing when it is not a string.
std::optional<std::string> claimed_version(const Meta& meta);
// The claim is good enough to make even an `initialize` modern: a spoken modern revision and an object of capabilities.
bool valid_modern_claim(const Meta& meta, const RevisionSet& spoken);

// The required keys of the envelope and the types of the optional ones (Base protocol, "_meta").
RpcCheck envelope(const Meta& meta);
// The claimed version is a modern one that is spoken: sets in.revision.
RpcCheck version(const RevisionSet& spoken, Inbound& in);
// The method exists in the era of `in` and is served.
RpcCheck method(const MethodSet& served, const Inbound& in);
// The client has declared the extension that the method belongs to.
RpcCheck extension(const Inbound& in);
// The types of the members of params that this house reads. Sets in.name.
RpcCheck shape(Inbound& in);
// Sets what is known from a good envelope: log level, the client's name.
void note_envelope(Inbound& in);

}  // namespace protocol::checks
