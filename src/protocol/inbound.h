// The front of a server, without its sockets: what came in becomes one Inbound, whatever its era, or a refusal that is ready to send.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/errors.h"
#include "protocol/message.h"
#include "protocol/methods.h"
#include "protocol/params.h"
#include "protocol/versions/versions.h"

namespace protocol {

// What the transport knows of one HTTP request. Absent headers are nullopt; a header that came twice is joined with ", ".
struct HttpFacts {
  std::string_view method;
  std::optional<std::string_view> protocol_version;  // MCP-Protocol-Version
  std::optional<std::string_view> mcp_method;        // Mcp-Method
  std::optional<std::string_view> mcp_name;          // Mcp-Name
  std::optional<std::string_view> session_id;        // Mcp-Session-Id
  std::optional<std::string_view> accept;
  std::optional<std::string_view> content_type;
};

// An answer that is ready to send. On stdio only `body` counts: one line, or nothing to say when it is empty.
struct Refusal {
  int http_status = 400;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  RpcError error;
  QuirkSet quirks;  // what the peer did that it is refused for, or along with it
};

enum class InboundKind {
  request,       // to be answered
  notification,  // HTTP: 202 and no body
  response,      // a legacy client answers a request of the server: 202 and no body
  batch,         // several of the above, in one revision only
  open_stream,   // legacy GET: the stream for what the server says on its own
  end_session,   // legacy DELETE
};

// One message (or batch, or session operation) of a peer, checked. Its slices point into the body or line that was given.
// What is not decided here: the session (its id is passed on as it came), who is calling, whether the tool exists, Mcp-Param-*
// (check_param_headers, once the tool's schema is known).
struct Inbound {
  InboundKind kind = InboundKind::request;
  Era era = Era::modern;
  // What the message speaks. Legacy HTTP: what the header says, or the revision of those who send none; a session knows better.
  // Legacy stdio: null before the handshake.
  const Revision* revision = nullptr;
  Message message;
  Params params;
  std::vector<RpcResult<Message>> batch;
  std::string name;         // the unescaped params.name, uri or taskId, by facts(message.known).name_source
  std::string client_name;  // clientInfo.name and .version of a modern request, for logs only: a client says what it likes
  std::string client_version;
  std::optional<LogLevel> log_level;
  std::optional<std::string> session_id;
  bool accepts_json = true;
  bool accepts_stream = true;
  bool prefers_stream = false;  // it accepts both, and named the stream first
  QuirkSet quirks;

  bool modern() const { return era == Era::modern; }
};

using Received = std::variant<Inbound, Refusal>;

// What an endpoint speaks and serves.
struct FrontOptions {
  RevisionSet revisions;
  // Requests outside of this set are answered with kMethodNotFound. Notifications are never refused for their method.
  // Method::unknown in it lets methods pass that are not known here.
  MethodSet methods = MethodSet::everything();
  // Whether the deviations of quirks.h are refused.
  Strictness strictness = Strictness::lenient;
};

// The front of a Streamable HTTP endpoint that speaks both eras. Stateless; safe to use from several threads.
class HttpFront {
 public:
  explicit HttpFront(FrontOptions options) : options_(std::move(options)) {}

  // Judges one request by the ladder of the specification: HTTP method, media types, JSON, JSON-RPC, era by the body, envelope,
  // version, mirrored headers, method, capabilities, shape of the params. `body` must outlive what is returned.
  Received receive(const HttpFacts& http, const std::string& body) const;
  Received receive(const HttpFacts& http, std::string&& body) const = delete;

  const FrontOptions& options() const { return options_; }

 private:
  Received receive_post(const HttpFacts& http, const std::string& body) const;
  Received receive_batch(const HttpFacts& http, const std::string& body, Inbound in) const;
  Received receive_modern(const HttpFacts& http, Inbound in) const;
  Received receive_legacy(const HttpFacts& http, Inbound in) const;

  FrontOptions options_;
};

// The front of a stdio server: one line, one message. Knows whether `initialize` has chosen the legacy era for this process.
// Threads: one only.
class StdioFront {
 public:
  explicit StdioFront(FrontOptions options) : options_(std::move(options)) {}

  // Judges one line. A line with a modern `_meta` is modern, also in a process that has been initialized. `line` must
  // outlive what is returned.
  Received receive(const std::string& line);
  Received receive(std::string&& line) = delete;

  // The handshake ended: lines without an envelope speak `revision` from now on.
  void negotiated(const Revision& revision) { legacy_ = &revision; }

 private:
  FrontOptions options_;
  const Revision* legacy_ = nullptr;
};

// A refusal written for `id` (raw; empty gives null).
Refusal refuse(RpcError error, std::string_view id);

// Whether the ClientCapabilities object (JSON text) declares `extension`.
bool declares_extension(std::string_view capabilities, std::string_view extension);
// Whether it declares the capability at `path`, such as elicitation.url. A bare `elicitation:{}` means its form.
bool declares_capability(std::string_view capabilities, std::string_view path);

}  // namespace protocol
