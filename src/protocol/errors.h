// Errors on the wire: the one table from mcp::Code to what a peer sees, and errors that carry an exact JSON-RPC code.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "mcp/result.h"
#include "protocol/versions/revision.h"

namespace protocol {

// JSON-RPC codes with a meaning in the specification. Others are forwarded, and never made here.
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingCapability = -32021;
inline constexpr int kUnsupportedVersion = -32022;
inline constexpr int kLegacyResourceNotFound = -32002;  // legacy only; modern says kInvalidParams
inline constexpr int kLegacyUrlElicitation = -32042;    // one legacy revision only; never leaves towards a modern peer

// May the same request work when it is sent again?
enum class Retry { never, later };
// Where the error of a tool call goes: into a result that the model reads (`isError`), or into a JSON-RPC error.
enum class ToolFailure { in_result, as_error };

// One row of the table.
struct CodeFacts {
  mcp::Code code;
  int rpc;   // JSON-RPC code
  int http;  // HTTP status when the request is refused before it is a call
  ToolFailure tool_failure;
  Retry retry;
  std::string_view log_level;  // as spdlog spells it
};

// The row of `code`. Closed: each mcp::Code has one.
const CodeFacts& facts(mcp::Code code);

// An error with its exact place on the wire.
// `data` is JSON text or empty. `id` is the raw id of the message it answers, or empty when that could not be read.
struct RpcError {
  int code = kInternalError;
  int http_status = 200;
  std::string message;
  std::string data;
  std::string id;
};

// A T or an RpcError; as mcp::Result, where the exact JSON-RPC code and HTTP status matter.
template <class T>
class [[nodiscard]] RpcResult {
 public:
  RpcResult(T value) : state_(std::in_place_index<0>, std::move(value)) {}         // NOLINT(google-explicit-constructor)
  RpcResult(RpcError error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  RpcError& error() { return *std::get_if<1>(&state_); }
  const RpcError& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, RpcError> state_;
};

// Nothing to return but that it went well.
struct Fine {};
using RpcCheck = RpcResult<Fine>;

// What a peer sees of `error`: the code of the table, Error::leaving() and Error::data. The status is 200: the error of a call that
// was accepted travels in band.
RpcError to_rpc(const mcp::Error& error);
// The same for a request that is refused before it is a call: the table's HTTP status.
RpcError to_refusal(const mcp::Error& error);
// What an error of the other side means here. `message` is kept for the log and as the public message; `data` is kept.
mcp::Error from_rpc(const RpcError& error);

// The HTTP status of an answer with this JSON-RPC code when nothing of the body has been sent yet (HTTP, "Status codes"): modern
// fixes it for the codes of the ladder; legacy answers a request that was understood with 200.
int http_status(int rpc_code, Era era);

// `{"code":...,"message":...,"data":...}`
std::string error_object(const RpcError& error);

// Makers for the errors of the specification, each with its status.
RpcError parse_error(std::string message);
RpcError invalid_request(std::string message);
RpcError method_not_found(std::string_view method);
RpcError invalid_params(std::string message);                               // in band: 200
RpcError invalid_envelope(std::string_view key, std::string_view problem);  // `_meta` of a modern request: 400
RpcError header_mismatch(std::string_view header, std::string_view problem);
// `required` is a ClientCapabilities object as JSON text.
RpcError missing_capability(std::string message, std::string_view required);
// `supported` is a JSON array of revision names.
RpcError unsupported_version(std::string_view requested, std::string_view supported);
RpcError resource_not_found(std::string_view uri);

}  // namespace protocol
