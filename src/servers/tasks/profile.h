// An API of issues, described: its addresses, what is sent, and where in the answers things stand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/json.h"
#include "mcp/result.h"

namespace servers::tasks {

using mcp::Code;
using mcp::Error;
using mcp::JsonView;
using mcp::Result;

// The values for the `{names}` of a template.
using Values = std::map<std::string, std::string, std::less<>>;

// One request. In `path` and `query` each `{name}` is replaced, encoded; a query parameter, or a member of the body, whose `{name}` has no
// value is left out.
struct Action {
  std::string method = "GET";
  std::string path;
  std::map<std::string, std::string> query;
  std::string body;  // JSON with `{name}` in its texts, or empty
};

// Where things stand in an issue or comment: JSON pointers. Empty: nowhere.
using Fields = std::map<std::string, std::string, std::less<>>;

struct Profile {
  std::string name;
  std::string base_url;
  std::string items;                                   // pointer to the list in the answer of `list`; empty: the answer is the list
  std::string comment_items;                           // the same for `comments`
  std::map<std::string, Action, std::less<>> actions;  // list, get, comments, comment, status, assign
  Fields issue;                                        // id, title, status, assignee, text, updated, url, and more
  Fields comment;                                      // id, author, text, created
  std::vector<std::string> statuses;                   // those that may be set and filtered by; empty: any
  std::vector<std::string> final_statuses;             // an issue with one of these is done
  std::vector<std::string> needs;                      // names of configured values, such as company
  std::string idempotency_header;                      // empty: the API knows none
  std::map<std::string, std::string> headers;
  // Webhooks: the header with the signature (HMAC-SHA-256 of the body, in hex), what stands before it, where the issue's id is.
  std::string signature_header, signature_prefix, hook_id;

  const Action* find(std::string_view action) const;
};

// The profile of this name as JSON text, or nothing: `paperclip`, `github`.
std::optional<std::string_view> find_profile(std::string_view name);
std::vector<std::string_view> profile_names();

// Reads a profile. `over` may replace single members of `base`. Errors: invalid_argument, naming the member.
Result<Profile> read_profile(std::string_view name, JsonView base, JsonView over);

// Path and query of an action, and its body, with the values in place. Errors: invalid_argument (a value that is missing in the path, or
// that would lead elsewhere).
Result<std::string> target_of(const Action& action, const Values& values);
Result<std::string> body_of(const Action& action, const Values& values);

// An issue or comment as an object of `fields`; what is not there is left out.
void write_fields(JsonView value, const Fields& fields, mcp::JsonWriter& out);
// The text or number at a field; empty: none.
std::string field_of(JsonView value, const Fields& fields, std::string_view name);

}  // namespace servers::tasks
