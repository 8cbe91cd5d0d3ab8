// Headers of a client that go to an upstream with its requests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net {
struct HttpRequest;
}

namespace gateway {

// Why a client's header `name` may not be passed on, in words that continue "…, as "; empty when it may. Names are compared without case.
// A client's credentials for the gateway are not the upstream's (Security Best Practices, "Token Passthrough").
std::string_view why_not_forwarded(std::string_view name);

// Those headers of `http` that are named in `names`, in the order of `names`; of one that came several times, each. What
// why_not_forwarded() refuses, and values with control characters, are left out. Null `http` (a client on stdio) has none.
std::vector<std::pair<std::string, std::string>> forwarded_headers(std::span<const std::string> names, const net::HttpRequest* http);

}  // namespace gateway
