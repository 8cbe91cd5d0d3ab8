// What a handler asks of its client: mcp::ask() as it arrives at the library.
#pragma once

#include <optional>
#include <string_view>

#include "mcp/json.h"
#include "protocol/errors.h"
#include "sdk/call_state.h"

namespace sdk {

// How often a handler may ask within one call or task.
inline constexpr int kMostRounds = 20;

// In the `_meta` of a question to a legacy client: the key that the handler gave it, so that who stands between can keep it.
inline constexpr std::string_view kQuestionKey = "gatehouse/key";

// Whether a handler ended with mcp::ask(). Its data is {"inputRequests": {key: {"method", "params"}}, "state": text}.
bool is_question(const Error& error);

// The error for a client that did not declare what `requests` need, or nothing.
std::optional<protocol::RpcError> lacking_capability(mcp::JsonView requests, const CallState& call);

}  // namespace sdk
