// Questions as values: a form for the user, a page to visit, words of the client's model, the client's folders.
//   mcp::Result<std::string> remove(Which in, mcp::Call call) {
//     auto sure = mcp::ask_form<Sure>(call, "sure", "Delete 3 notes?");
//     if (!sure) return sure.error();  // the question, or that the user said no
// In a handler that is a Task: `Sure sure = co_await mcp::ask_form<Sure>(call, "sure", "Delete 3 notes?");`
// Where there is no answer yet, the error is the question itself: give it back, and the handler is run again, from its start, once the
// client has answered (see ask.h). Answers stay until the call ends, so that a handler may ask one thing after the other.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/ask.h"
#include "mcp/call.h"
#include "mcp/detail/codec.h"
#include "mcp/result.h"
#include "mcp/schema.h"

namespace mcp {

// A folder that the user opened to the server.
struct Folder {
  std::string uri;  // file://…
  std::string name;
};

namespace detail {

// The content of an answer that was accepted, or nothing when there is no answer yet. Errors: denied (the user said no).
Result<std::optional<Json>> accepted(const Call& call, std::string_view key);

}  // namespace detail

// The form `T` (see arg.h: a flat struct of texts, numbers, bools, Choices, and lists of Choices), as the user filled it in.
// `key` names the question among those of one handler. Errors: denied (the user said no), invalid_argument (what came back does not fit).
// Never ask for a password or a key in a form: it would pass through the client and its model. That is what ask_visit() is for.
template <class T>
Result<T> ask_form(const Call& call, std::string key, std::string_view message) {
  Result<std::optional<Json>> answer = detail::accepted(call, key);
  if (!answer) return std::move(answer).error();
  if (!*answer) return ask({elicit(std::move(key), message, form_schema<T>())}, call.state());
  return from_json<T>((**answer).root(), "answer");
}

// Sends the user to a page, such as a sign-in. Good once they agreed to go; whether they did there what they should, the server knows.
// Errors: denied.
Result<> ask_visit(const Call& call, std::string key, std::string_view message, std::string_view url);

// What the client's model says to `prompt`, in at most `max_tokens`. Errors: upstream_failed (it answered without text).
// Deprecated by the protocol, and gone some day: ask it only where the client can (Call::client_can).
Result<std::string> ask_model(const Call& call, std::string key, std::string_view prompt, int max_tokens = 1000);

// The folders that the user opened to this server. Deprecated by the protocol as ask_model().
Result<std::vector<Folder>> ask_folders(const Call& call, std::string key);

}  // namespace mcp
