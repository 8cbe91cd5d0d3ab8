// What is inside `params`: the few members that the house looks at, and the `_meta` envelope of a modern request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/errors.h"
#include "protocol/quirks.h"

namespace protocol {

// Keys of `_meta` (Base protocol, "_meta").
namespace meta_key {
inline constexpr std::string_view kProtocolVersion = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view kClientCapabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view kClientInfo = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view kServerInfo = "io.modelcontextprotocol/serverInfo";
inline constexpr std::string_view kLogLevel = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view kSubscriptionId = "io.modelcontextprotocol/subscriptionId";
inline constexpr std::string_view kRelatedTask = "io.modelcontextprotocol/related-task";
inline constexpr std::string_view kProgressToken = "progressToken";
inline constexpr std::string_view kTraceparent = "traceparent";
inline constexpr std::string_view kTracestate = "tracestate";
inline constexpr std::string_view kBaggage = "baggage";
}  // namespace meta_key

// Identifiers of extensions in `extensions`.
inline constexpr std::string_view kTasksExtension = "io.modelcontextprotocol/tasks";
inline constexpr std::string_view kSkillsExtension = "io.modelcontextprotocol/skills";

// The `_meta` of a request, notification or result. Slices as they came in; empty where absent.
struct Meta {
  std::string_view raw;               // the whole object
  std::string_view protocol_version;  // these are JSON text of any type: check_envelope judges them
  std::string_view client_info;
  std::string_view client_capabilities;
  std::string_view server_info;
  std::string_view log_level;
  std::string_view progress_token;
  std::string_view subscription_id;
  std::string_view related_task;
  std::string_view traceparent;
  std::string_view tracestate;
  std::string_view baggage;
  QuirkSet quirks;  // null_member, broken_trace

  // The message says itself what it speaks: the mark of the modern era, however malformed the rest may be.
  bool claims_modern() const { return !protocol_version.empty(); }
};

// The members of `params`. Slices as they came in; empty where absent.
struct Params {
  std::string_view raw;
  std::string_view name;  // JSON text; the three below are what the headers Mcp-Name repeats
  std::string_view uri;
  std::string_view task_id;
  std::string_view arguments;
  std::string_view cursor;
  std::string_view input_responses;
  std::string_view request_state;
  std::string_view request_id;      // of notifications/cancelled
  std::string_view progress_token;  // of notifications/progress
  std::string_view level;           // of logging/setLevel and notifications/message
  std::string_view notifications;   // of subscriptions/listen
  std::string_view task;            // of a legacy request that asks for a task
  Meta meta;
  QuirkSet quirks;  // with those of `_meta`
};

// One pass over `params`, one over its `_meta`. `params` must have passed validate_json; empty gives an empty Params.
// Optional members that are null are absent, and trace context that is not of its format too; the quirks say so.
// Errors: kInvalidParams (not an object, a key twice, `_meta` not an object).
RpcResult<Params> read_params(std::string_view params);
RpcResult<Meta> read_meta(std::string_view meta);

// Severity of log messages, in order (Logging, "Log levels").
enum class LogLevel { debug, info, notice, warning, error, critical, alert, emergency };
std::optional<LogLevel> find_log_level(std::string_view name);
std::string_view log_level_name(LogLevel level);

}  // namespace protocol
