// API keys as texts: how they are made, told from other texts, and turned into what is kept of them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "mcp/result.h"

namespace authz {

// `gth_<id>_<secret><check>`: 12 letters and digits that name the key, 32 that are the secret (190 random bits), and 6 that are a CRC-32 of
// all before them. Scanners find it by `gth_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}`, and a text with a slip is known without a look at the store.
inline constexpr std::string_view kKeyPrefix = "gth_";
inline constexpr std::size_t kKeyIdSize = 12;

// A fresh one. Errors: internal (no random bytes).
mcp::Result<base::Secret<std::string>> make_key_text();
// A fresh one with this id. Errors: as above.
mcp::Result<base::Secret<std::string>> make_key_text(std::string_view id);

// The id of a key, as a slice of `text`. Errors: invalid_argument (it is none: prefix, length, characters or check), holding no part of it.
mcp::Result<std::string_view> parse_key_text(std::string_view text);

// What is kept of a key: HMAC-SHA-256 under the pepper, in hex. Threads: any.
std::string key_digest(const base::Secret<std::string>& pepper, std::string_view text);
// What a command of this machine shows to a gateway whose pepper it can read, in place of a key: good for a minute. It speaks for whoever
// has the gateway's files in their hands.
inline constexpr std::chrono::seconds kOperatorLife{60};
base::Secret<std::string> operator_text(const base::Secret<std::string>& pepper, std::chrono::system_clock::time_point now);
bool is_operator_text(const base::Secret<std::string>& pepper, std::string_view text, std::chrono::system_clock::time_point now);

// Whether both are equal, in a time that does not depend on where they differ.
bool same_digest(std::string_view a, std::string_view b);

}  // namespace authz
