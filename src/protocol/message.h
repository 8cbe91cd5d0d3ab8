// JSON-RPC messages: found in the bytes that came, and written round the slices of others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/errors.h"
#include "protocol/methods.h"
#include "protocol/quirks.h"

namespace protocol {

enum class MessageKind { request, notification, response, error };

// One JSON-RPC message. Every string_view is a slice of the text that was parsed, as it came in: the text must outlive it.
struct Message {
  MessageKind kind = MessageKind::notification;
  std::string_view id;  // a JSON string or integer, quotes and all; empty for a notification, and for an error that has none
  std::string method;   // unescaped
  Method known = Method::unknown;
  std::string_view params;  // an object (an array only as elements of legacy JSON-RPC: refused); empty when absent
  std::string_view result;
  int error_code = 0;
  std::string error_message;
  std::string_view error_data;
  QuirkSet quirks;  // null_id, null_member
};

// Checks `text` once, whole, and finds the members of the one message in it. When the string has 64 bytes of spare capacity it is
// checked where it is; else it is copied once.
// Errors: kParseError (broken JSON, not UTF-8, deeper than base::kJsonDepth), kInvalidRequest (not one JSON-RPC 2.0 message: a
// batch, a key twice, an id that is null (but of a notification) or a fraction, both result and error...). RpcError::id is set where an id
// could be read.
RpcResult<Message> parse_message(const std::string& text);
RpcResult<Message> parse_message(std::string&& text) = delete;  // the slices would outlive it
// The same for text that has passed validate_json already, such as an element of a batch.
RpcResult<Message> read_message(std::string_view validated);

// True when the first token of `text` opens an array.
bool is_batch(std::string_view text);
// The elements of a batch, each read on its own. Errors: kParseError, kInvalidRequest (no array, an empty one, or more than
// `most` elements).
RpcResult<std::vector<RpcResult<Message>>> parse_batch(const std::string& text, std::size_t most = 100);
RpcResult<std::vector<RpcResult<Message>>> parse_batch(std::string&& text, std::size_t most = 100) = delete;

// An id as it stands on the wire: the JSON text of a string or an integer.
bool valid_id(std::string_view raw);

// Envelopes. `id`, `params` and `result` are JSON text and are written byte for byte; `params` may be empty.
std::string encode_request(std::string_view id, std::string_view method, std::string_view params);
std::string encode_notification(std::string_view method, std::string_view params);
std::string encode_result(std::string_view id, std::string_view result);
// The same with `tail` before the closing brace of `result`.
std::string encode_result(std::string_view id, std::string_view result, std::string_view tail);
// The id of the error itself is written when `id` is empty; null when both are.
std::string encode_error(std::string_view id, const RpcError& error);
// A batch reply.
std::string encode_batch(const std::vector<std::string>& messages);

// `message` as one line: as it is when it has no line break outside its strings, else minified. For stdio and SSE data.
std::string one_line(std::string message);

}  // namespace protocol
