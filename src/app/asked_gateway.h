// The gateway that a command asks: one that runs, or one made for the question.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mcp/result.h"

namespace net {
class Reaper;
}

namespace app {

struct AppConfig;

// Owns: the gateway made for the question, where there is one; destroying this ends it and its children.
class AskedGateway {
 public:
  // `url`, where given, is asked as it is. Else the gateway that runs on the config's store, and else one in this process, by the config
  // alone. Findings of the config are shown.
  // Errors: invalid_argument (the url, or no usable config: what is wrong has been said), and those of opening and starting a gateway.
  static mcp::Result<AskedGateway> find(const std::string& config, const std::string& url, net::Reaper& reaper);

  // One in this process, by a config that was made for the question. Errors: those of opening and starting a gateway.
  static mcp::Result<AskedGateway> open(AppConfig config, net::Reaper& reaper);

  AskedGateway(AskedGateway&&) noexcept;
  AskedGateway& operator=(AskedGateway&&) noexcept;
  ~AskedGateway();

  // What it wants to be shown, where its callers bring keys: the key in GATEHOUSE_KEY, or that this command can read the gateway's files.
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  // Its MCP endpoint.
  const std::string& url() const { return url_; }
  // A page of it: readyz.
  std::string page_url(std::string_view path) const;

 private:
  class Local;
  explicit AskedGateway(std::string url);

  std::string url_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::unique_ptr<Local> local_;
};

// `text` as it may be written to a terminal: control characters but line breaks and tabs are shown, not sent. On a pipe, as it is.
std::string harmless(std::string_view text);
// The same, wherever it is written.
std::string without_controls(std::string_view text);

}  // namespace app
