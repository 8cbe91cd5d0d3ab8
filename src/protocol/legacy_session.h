// The server's end of a legacy handshake and what it settles, without transport.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/errors.h"
#include "protocol/inbound.h"
#include "protocol/params.h"
#include "protocol/versions/versions.h"

namespace protocol {

// How a server presents itself. All JSON text but for `instructions`, which is plain and may be empty.
struct ServerIdentity {
  std::string info;          // Implementation: {"name":...,"version":...}
  std::string capabilities;  // ServerCapabilities of the modern era
  std::string instructions;
};

// One legacy session (HTTP) or process (stdio).
// State: fresh -> initialize -> negotiated -> notifications/initialized -> ready. Peers that never send the notification are served all
// the same; a second `initialize` is refused.
class LegacySession {
 public:
  explicit LegacySession(RevisionSet spoken) : spoken_(std::move(spoken)) {}

  // Answers `initialize`: the revision asked for where it is spoken and legacy, else the newest legacy one. Returns the
  // InitializeResult as JSON text.
  // Errors: kInvalidRequest (initialized before), kInvalidParams (protocolVersion, capabilities or clientInfo absent or of a wrong
  // type), kUnsupportedVersion (no legacy revision is spoken).
  RpcResult<std::string> initialize(const Inbound& in, const ServerIdentity& server);

  // `notifications/initialized` came.
  void initialized() { ready_ = revision_ != nullptr; }

  // `logging/setLevel` came. Error: kInvalidParams.
  RpcCheck set_level(const Params& params);

  // Whether a request may be served now. Error: kInvalidRequest before `initialize`, but for ping.
  RpcCheck admit(Method method) const;

  bool negotiated() const { return revision_ != nullptr; }
  bool ready() const { return ready_; }
  // Only after initialize.
  const Revision& revision() const { return *revision_; }
  // JSON text, as the client sent them.
  const std::string& client_info() const { return client_info_; }
  const std::string& client_capabilities() const { return client_capabilities_; }
  std::optional<LogLevel> log_level() const { return log_level_; }

 private:
  RevisionSet spoken_;
  const Revision* revision_ = nullptr;
  bool ready_ = false;
  std::string client_info_;
  std::string client_capabilities_;
  std::optional<LogLevel> log_level_;
};

// InitializeResult for `revision`: capabilities that it does not know are left out.
std::string encode_initialize_result(const Revision& revision, const ServerIdentity& server);
// ServerCapabilities as a peer of `revision` may see them.
std::string capabilities_for(const Revision& revision, std::string_view capabilities);

}  // namespace protocol
