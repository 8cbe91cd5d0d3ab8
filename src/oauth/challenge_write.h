// What a resource server answers to who may not enter: WWW-Authenticate (RFC 6750, 9449, 9728), status and body.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oauth {

// An answer that is ready to send. `why` is for the log and does not leave.
struct Refusal {
  int status = 401;
  std::string error;                                         // the code on the wire: "invalid_token", …; empty when no credential came
  std::string body;                                          // JSON
  std::vector<std::pair<std::string, std::string>> headers;  // WWW-Authenticate for each scheme, DPoP-Nonce, Retry-After
  std::string why;
};

// Appends `name="value"`, with what a quoted string cannot hold escaped, or dropped where it would end the line (RFC 9110 section 5.6.4).
void append_parameter(std::string& out, std::string_view name, std::string_view value);

// Whether `scope` may stand in a scope list: RFC 6749 section 3.3.
bool is_scope(std::string_view scope);

// The words with one space between them.
std::string join_scopes(const std::vector<std::string>& scopes);

}  // namespace oauth
