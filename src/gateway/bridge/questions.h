// What servers ask clients, between the eras: a request of the legacy one, a value of `inputRequests` in the modern one.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/result.h"
#include "protocol/errors.h"
#include "protocol/methods.h"
#include "protocol/versions/revision.h"

namespace gateway {

// One question of an upstream.
struct ClientQuestion {
  std::string key;  // among those of one round
  protocol::Method method = protocol::Method::unknown;
  std::string params = "{}";
};

// An upstream that asks for more than this in one breath makes no sense.
inline constexpr std::size_t kMostQuestions = 100;

// Whether the method is elicitation/create, sampling/createMessage or roots/list.
bool is_client_question(protocol::Method method);

// Whether a client with these ClientCapabilities can be asked this.
bool client_can(std::string_view capabilities, protocol::Method method, std::string_view params);
// What such a client lacks, as ClientCapabilities.
std::string needed_capability(protocol::Method method, std::string_view params);

// The questions of an InputRequiredResult, in their order. Errors: upstream_failed (not such a result).
mcp::Result<std::vector<ClientQuestion>> read_questions(std::string_view result);

// An InputRequiredResult. `params` are those of legacy requests: what the modern era has not, goes. `state` is plain.
std::string input_required(const std::vector<ClientQuestion>& questions, std::string_view state);

// The params of the request that asks a legacy client of `revision`. `id` names a visit to a page that has no name yet, where the
// revision wants one.
std::string legacy_question(const protocol::Revision& revision, const ClientQuestion& question, std::string_view id);

// What an upstream is told in place of an answer that never came, as a result; empty where only an error can say it.
std::string cancelled_answer(protocol::Method method);

// The visits that a legacy upstream wants before it serves a request (error -32042), as questions.
// Errors: upstream_failed (its data make no sense).
mcp::Result<std::vector<ClientQuestion>> read_visits(const protocol::RpcError& error);

}  // namespace gateway
