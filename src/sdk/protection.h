// A server's sign-in: what an HTTP endpoint asks of requests before it reads them, and the metadata that says how to get in.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/http_server.h"
#include "oauth/key_fetcher.h"
#include "oauth/resource_server.h"
#include "protocol/inbound.h"
#include "sdk/admission.h"
#include "sdk/handler.h"

namespace mcp::detail {
struct Registry;
}

namespace sdk {

struct ProtectionParts {
  oauth::ResourceServerOptions server;
  // What a message needs beside what every request does: scopes by the name of the tool.
  std::unordered_map<std::string, std::vector<std::string>> tool_scopes;
  std::string trusted_ca;  // a file of PEM certificates to trust beside the system's when keys are fetched; may be empty
};

// What a server asks for by Server::protect().
ProtectionParts protection_parts(const mcp::detail::Registry& registry);

// Owns: the resource server, the issuers' keys and the client that fetches them.
// Threads: one loop. Lifetime: outlives the exchanges it judges, and its loop's run.
class Protection final : public Admission {
 public:
  Protection(Loop& loop, ProtectionParts parts);

  // Who sends this request. A refusal has been logged, at most ten lines a second. `http` must live until the Task has ended.
  Task<oauth::Verdict> admit(const net::HttpRequest* http) override;

  // Nothing, when `who` has every scope that the message, or any message of the batch, needs; else the refusal that names them all.
  std::optional<oauth::Refusal> allow(const oauth::Principal& who, const protocol::Inbound& message) override;

  // Whether the metadata of RFC 9728 stands at this path: the well-known path itself, and with the path of the resource behind it.
  bool is_metadata(std::string_view path) const override;
  // Answers it. Any page may read it. Errors: as HttpExchange::respond.
  Task<void> serve_metadata(net::HttpExchange& exchange) const override;

 private:
  void log(const oauth::Refusal& refusal, std::string_view peer);

  oauth::KeyFetcher fetcher_;
  oauth::KeyRing keys_;
  oauth::ResourceServer server_;
  std::unordered_map<std::string, std::vector<std::string>> tool_scopes_;
  std::string metadata_path_;
  base::Instant second_{};  // for the log's limit
  int lines_ = 0, dropped_ = 0;
};

}  // namespace sdk
