// Results and errors in the caller's revision.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "protocol/errors.h"
#include "protocol/legacy_session.h"
#include "protocol/methods.h"
#include "protocol/versions/versions.h"

namespace protocol {

enum class CacheScope { priv, shared };  // on the wire: private, public

// How long and by whom a result may be kept (Caching). Zero and private is always right.
struct CacheHints {
  std::chrono::milliseconds ttl{0};
  CacheScope scope = CacheScope::priv;
};

// `result` as a caller of `revision` gets it for `method`. All that is not named here keeps its bytes.
// Modern: resultType is there ("complete" where the server gave none), ttlMs and cacheScope are there on a complete result of the six
// cacheable methods (`hints` where the server gave none), `_meta` names the server (`server_info`, JSON text; empty leaves it as it is),
// and `execution` of tools goes, as in each revision without tasks of its own.
// Legacy: resultType, ttlMs, cacheScope and the modern keys of `_meta` go; structuredContent that is no object goes where the revision
// wants an object, and its JSON text becomes a text block where the result has no content; content of types that came later (of
// tools and prompts) becomes text that says what it is; output schemas that are not of an object go from lists of tools.
std::string result_for(const Revision& revision, Method method, std::string_view result, const CacheHints& hints,
                       std::string_view server_info);

// What result_for would add to a result that has none of the members it decides on: `,"key":value` for each, or nothing. It is written
// before the closing brace of a result that is not empty.
std::string result_tail(const Revision& revision, Method method, const CacheHints& hints, std::string_view server_info);

// The same as result_for for an error of a server in `from`, on its way to a caller of `to`.
// A missing resource is kInvalidParams in the modern era and kLegacyResourceNotFound before; kLegacyUrlElicitation does not
// leave the revisions that have it; kHeaderMismatch and kUnsupportedVersion of an upstream are this program's fault: kInternalError.
// The HTTP status is set for `to`.
RpcError error_for(const Revision& to, const Revision& from, Method method, RpcError error);

// DiscoverResult (Discovery): without serverInfo, which result_for writes into `_meta`.
std::string encode_discover_result(const RevisionSet& spoken, const ServerIdentity& server, const CacheHints& hints);

// What a result says it is.
enum class ResultType { complete, input_required, task, unrecognized };
// Absent means complete (an older server).
ResultType result_type(std::string_view result);

// A CallToolResult with `isError` whose one text block is `text`.
std::string tool_error_result(std::string_view text);

}  // namespace protocol
