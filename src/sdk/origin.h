// Who may reach an HTTP endpoint from a browser: checks of Host and Origin against DNS rebinding and foreign pages, and CORS.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"

namespace sdk {

// Allowed names. Loopback hosts and origins are always allowed where `loopback` is.
struct OriginRules {
  std::vector<std::string> hosts;    // "example.com", with or without a port; "*" allows any
  std::vector<std::string> origins;  // "https://example.com"; "*" allows any
  enum class Loopback { allowed, refused } loopback = Loopback::allowed;
};

enum class OriginVerdict { fine, bad_host, bad_origin };

// Judges one request. A request without Origin comes from no browser page and is judged by its Host alone.
OriginVerdict judge_origin(const net::HttpRequest& request, const OriginRules& rules);

// True for localhost, 127.0.0.0/8 and ::1, with or without brackets and port.
bool is_loopback_authority(std::string_view authority);

}  // namespace sdk
