// Requests to a REST API and its answers, as values.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "mcp/result.h"

namespace servers::rest {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using Millis = std::chrono::milliseconds;
using Secret = base::Secret<std::string>;

// May a request be sent again when it failed? By its method: GET, HEAD, OPTIONS, PUT and DELETE may. With an idempotency key, any may.
enum class Again { by_method, safe, never };

struct Request {
  std::string method = "GET";
  std::string url;  // absolute
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, Secret>> secrets;  // header lines with credentials; their values never stand in an error
  std::string body;
  Again again = Again::by_method;
};

struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string origin;  // who answered: https://host:port

  // The first value of this header, whose name is given in lower case.
  std::optional<std::string_view> find(std::string_view name) const;
  // Content-Type without parameters, in lower case.
  std::string type() const;
  bool good() const { return status >= 200 && status < 300; }
};

}  // namespace servers::rest
