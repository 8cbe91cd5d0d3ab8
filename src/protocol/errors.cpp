#include "protocol/errors.h"

#include <array>

#include "base/json.h"

namespace protocol {
namespace {

using mcp::Code;

constexpr auto kInResult = ToolFailure::in_result;
constexpr auto kAsError = ToolFailure::as_error;

// The table. Codes that the specification does not define are positive, outside of the range that JSON-RPC and MCP keep for
// themselves (Base protocol, "Error Codes"), and read like the HTTP status that means the same. A tool's model is told what it can act on:
// wrong arguments, what was not found, limits, failures of the other side; who may not call at all gets an error.
constexpr std::array kCodes = {
    CodeFacts{Code::invalid_argument, kInvalidParams, 400, kInResult, Retry::never, "info"},
    CodeFacts{Code::unauthenticated, 401, 401, kAsError, Retry::never, "warning"},
    CodeFacts{Code::denied, 403, 403, kInResult, Retry::never, "warning"},
    CodeFacts{Code::not_found, kInvalidParams, 404, kInResult, Retry::never, "info"},
    CodeFacts{Code::conflict, 409, 409, kInResult, Retry::never, "info"},
    CodeFacts{Code::too_large, 413, 413, kInResult, Retry::never, "info"},
    CodeFacts{Code::rate_limited, 429, 429, kInResult, Retry::later, "info"},
    CodeFacts{Code::cancelled, 499, 499, kAsError, Retry::never, "debug"},
    CodeFacts{Code::timeout, 504, 504, kInResult, Retry::later, "warning"},
    CodeFacts{Code::unavailable, 503, 503, kInResult, Retry::later, "warning"},
    CodeFacts{Code::upstream_failed, 502, 502, kInResult, Retry::never, "warning"},
    CodeFacts{Code::internal, kInternalError, 500, kAsError, Retry::never, "error"},
};
static_assert([] {
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    if (static_cast<std::size_t>(kCodes[i].code) != i) return false;
  }
  return kCodes.size() == static_cast<std::size_t>(Code::internal) + 1;
}());

}  // namespace

const CodeFacts& facts(mcp::Code code) { return kCodes[static_cast<std::size_t>(code)]; }

RpcError to_rpc(const mcp::Error& error) {
  return {.code = facts(error.code).rpc, .http_status = 200, .message = error.leaving(), .data = error.data, .id = {}};
}

RpcError to_refusal(const mcp::Error& error) {
  RpcError rpc = to_rpc(error);
  rpc.http_status = facts(error.code).http;
  return rpc;
}

mcp::Error from_rpc(const RpcError& error) {
  auto code = [&] {
    switch (error.code) {
      case kInvalidParams: return Code::invalid_argument;
      case kMethodNotFound:
      case kLegacyResourceNotFound: return Code::not_found;
      default: break;
    }
    for (const CodeFacts& f : kCodes) {
      if (f.rpc == error.code && f.rpc > 0) return f.code;
    }
    return Code::upstream_failed;
  }();
  mcp::Error out(code, error.message);
  out.data = error.data;
  return out;
}

int http_status(int rpc_code, Era era) {
  if (rpc_code == kParseError || rpc_code == kInvalidRequest) return 400;
  if (era == Era::legacy) return 200;
  switch (rpc_code) {
    case kMethodNotFound: return 404;
    case kHeaderMismatch:
    case kMissingCapability:
    case kUnsupportedVersion: return 400;
    default: return 200;
  }
}

std::string error_object(const RpcError& error) {
  std::string out;
  out.reserve(error.message.size() + error.data.size() + 48);
  out += "{\"code\":";
  out += std::to_string(error.code);
  out += ",\"message\":";
  base::append_json_string(out, error.message);
  if (!error.data.empty()) {
    out += ",\"data\":";
    out += error.data;
  }
  return out += '}';
}

RpcError parse_error(std::string message) { return {kParseError, 400, std::move(message), {}, {}}; }
RpcError invalid_request(std::string message) { return {kInvalidRequest, 400, std::move(message), {}, {}}; }
RpcError invalid_params(std::string message) { return {kInvalidParams, 200, std::move(message), {}, {}}; }

RpcError method_not_found(std::string_view method) { return {kMethodNotFound, 404, "Method not found: " + std::string(method), {}, {}}; }

RpcError invalid_envelope(std::string_view key, std::string_view problem) {
  std::string data = "{\"envelope\":{\"key\":";
  base::append_json_string(data, key);
  data += ",\"problem\":";
  base::append_json_string(data, problem);
  data += "}}";
  return {kInvalidParams, 400, "Invalid request envelope: " + std::string(key) + ": " + std::string(problem), std::move(data), {}};
}

RpcError header_mismatch(std::string_view header, std::string_view problem) {
  std::string data = "{\"header\":";
  base::append_json_string(data, header);
  data += '}';
  return {kHeaderMismatch, 400, "Header mismatch: " + std::string(header) + " " + std::string(problem), std::move(data), {}};
}

RpcError missing_capability(std::string message, std::string_view required) {
  return {kMissingCapability, 400, std::move(message), "{\"requiredCapabilities\":" + std::string(required) + "}", {}};
}

RpcError unsupported_version(std::string_view requested, std::string_view supported) {
  std::string data = "{\"supported\":" + std::string(supported) + ",\"requested\":";
  base::append_json_string(data, requested);
  data += '}';
  return {kUnsupportedVersion, 400, "Unsupported protocol version: " + std::string(requested), std::move(data), {}};
}

RpcError resource_not_found(std::string_view uri) {
  std::string data = "{\"uri\":";
  base::append_json_string(data, uri);
  data += '}';
  return {kInvalidParams, 200, "Resource not found: " + std::string(uri), std::move(data), {}};
}

}  // namespace protocol
