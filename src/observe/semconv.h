// The names of OpenTelemetry's semantic conventions that this program writes, and which edition of them: the one place that changes when
// they do.
#pragma once

#include <array>
#include <string_view>

namespace observe::semconv {

// The conventions for MCP and GenAI (semantic-conventions-genai) beside those of this edition.
inline constexpr std::string_view kSchemaUrl = "https://opentelemetry.io/schemas/1.42.0";

// MCP and JSON-RPC.
inline constexpr std::string_view kMethod = "mcp.method.name";
inline constexpr std::string_view kRevision = "mcp.protocol.version";
inline constexpr std::string_view kSession = "mcp.session.id";
inline constexpr std::string_view kResourceUri = "mcp.resource.uri";
inline constexpr std::string_view kRequestId = "jsonrpc.request.id";
inline constexpr std::string_view kStatusCode = "rpc.response.status_code";
inline constexpr std::string_view kErrorType = "error.type";
inline constexpr std::string_view kToolError = "tool_error";

// GenAI.
inline constexpr std::string_view kOperation = "gen_ai.operation.name";
inline constexpr std::string_view kExecuteTool = "execute_tool";
inline constexpr std::string_view kToolName = "gen_ai.tool.name";
inline constexpr std::string_view kPromptName = "gen_ai.prompt.name";
inline constexpr std::string_view kToolArguments = "gen_ai.tool.call.arguments";
inline constexpr std::string_view kToolResult = "gen_ai.tool.call.result";

// Network and people.
inline constexpr std::string_view kTransport = "network.transport";
inline constexpr std::string_view kProtocol = "network.protocol.name";
inline constexpr std::string_view kClientAddress = "client.address";
inline constexpr std::string_view kServerAddress = "server.address";
inline constexpr std::string_view kServerPort = "server.port";
inline constexpr std::string_view kUser = "user.id";
inline constexpr std::string_view kSessionId = "session.id";

// What OpenInference (Phoenix) and Langfuse read.
inline constexpr std::string_view kSpanKind = "openinference.span.kind";
inline constexpr std::string_view kOpenInferenceTool = "tool.name";
inline constexpr std::string_view kInput = "input.value";
inline constexpr std::string_view kInputType = "input.mime_type";
inline constexpr std::string_view kOutput = "output.value";
inline constexpr std::string_view kOutputType = "output.mime_type";
inline constexpr std::string_view kProject = "openinference.project.name";
inline constexpr std::string_view kObservation = "langfuse.observation.type";
inline constexpr std::string_view kLevel = "langfuse.observation.level";
inline constexpr std::string_view kStatusMessage = "langfuse.observation.status_message";

// Of a resource.
inline constexpr std::string_view kServiceName = "service.name";
inline constexpr std::string_view kServiceVersion = "service.version";
inline constexpr std::string_view kServiceInstance = "service.instance.id";

// This program's own, which no convention has.
inline constexpr std::string_view kServer = "gatehouse.server";
inline constexpr std::string_view kCaller = "gatehouse.caller";
inline constexpr std::string_view kClient = "gatehouse.client";
inline constexpr std::string_view kCall = "gatehouse.call";
inline constexpr std::string_view kDecision = "gatehouse.decision";
inline constexpr std::string_view kRule = "gatehouse.rule";
inline constexpr std::string_view kApproval = "gatehouse.approval";
inline constexpr std::string_view kPin = "gatehouse.pin";
inline constexpr std::string_view kCode = "gatehouse.error";
inline constexpr std::string_view kTokensIn = "gatehouse.tokens.arguments";
inline constexpr std::string_view kTokensOut = "gatehouse.tokens.result";

// Upper bounds of the convention's histograms, in seconds.
inline constexpr std::array<double, 14> kBounds{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300};

}  // namespace observe::semconv
