#include "protocol/message.h"

#include <climits>

#include "base/json.h"

namespace protocol {
namespace {

RpcError bad(const char* why, std::string_view id) {
  RpcError error = invalid_request(std::string("Invalid request: ") + why);
  error.id = id;
  return error;
}

// The error member: code and message have to be there, data may be.
const char* read_error(std::string_view object, Message& out) {
  base::Members members(object);
  bool code = false;
  bool message = false;
  while (members.next()) {
    if (members.key() == "code") {
      auto number = base::json_integer(members.value());
      code = number.ok() && *number >= INT_MIN && *number <= INT_MAX;
      if (code) out.error_code = static_cast<int>(*number);
    } else if (members.key() == "message") {
      auto text = base::json_string(members.value());
      message = text.ok();
      if (message) out.error_message = std::move(*text);
    } else if (members.key() == "data") {
      out.error_data = members.value();
    }
  }
  if (members.error()) return members.error();
  if (!code) return "error.code is not an integer";
  return message ? nullptr : "error.message is not a string";
}

// The members of the one object; a bit for each that was there.
struct Found {
  bool version = false, id = false, method = false, params = false, result = false, error = false;
  std::string_view raw_id, raw_version, raw_method, raw_error;
};

const char* find(base::Members& members, Found& found, Message& out) {
  while (members.next()) {
    std::string_view key = members.key();
    std::string_view value = members.value();
    if (key == "jsonrpc") {
      found.version = true;
      found.raw_version = value;
    } else if (key == "id") {
      found.id = true;
      found.raw_id = value;
    } else if (key == "method") {
      found.method = true;
      found.raw_method = value;
    } else if (key == "params") {
      found.params = true;
      out.params = value;
    } else if (key == "result") {
      found.result = true;
      out.result = value;
    } else if (key == "error") {
      found.error = true;
      found.raw_error = value;
    }
  }
  return members.error();
}

bool is_null(std::string_view value) { return value == "null"; }

// What makes of the members one of the four kinds (JSON-RPC 2.0, 4 and 5; Base protocol, "Messages").
const char* shape(Found& found, Message& out) {
  if (!found.version) return "jsonrpc is absent";
  if (found.raw_version != "\"2.0\"") {
    auto version = base::json_string(found.raw_version);
    if (!version.ok() || *version != "2.0") return "jsonrpc is not \"2.0\"";
  }
  if (found.method) {
    if (found.result || found.error) return "a message has both a method and a result or error";
    auto method = base::json_string(found.raw_method);
    if (!method.ok()) return "method is not a string";
    out.method = std::move(*method);
    out.known = find_method(out.method);
    if (found.params && is_null(out.params)) {
      out.params = {};
      out.quirks.add(Quirk::null_member);
    } else if (found.params && !base::is_object(out.params)) {
      return "params is not an object";
    }
    if (found.id && is_null(found.raw_id) && out.method.starts_with("notifications/")) {
      found.id = false;
      out.quirks.add(Quirk::null_id);
    }
    if (!found.id) {
      out.kind = MessageKind::notification;
      return nullptr;
    }
    out.kind = MessageKind::request;
    return valid_id(found.raw_id) ? nullptr : "id is neither a string nor an integer";
  }
  if (found.result == found.error) return found.result ? "a message has both a result and an error" : "method is absent";
  if (found.result) {
    out.kind = MessageKind::response;
    if (!base::is_object(out.result)) return "result is not an object";
    return found.id && valid_id(found.raw_id) ? nullptr : "id is neither a string nor an integer";
  }
  out.kind = MessageKind::error;
  if (!base::is_object(found.raw_error)) return "error is not an object";
  if (const char* why = read_error(found.raw_error, out)) return why;
  // An error may answer what could not be read: it has no id then, or null.
  return !found.id || is_null(found.raw_id) || valid_id(found.raw_id) ? nullptr : "id is neither a string nor an integer";
}

}  // namespace

bool valid_id(std::string_view raw) {
  if (raw.size() >= 2 && raw.front() == '"') return true;
  std::size_t i = !raw.empty() && raw.front() == '-' ? 1 : 0;
  if (i >= raw.size()) return false;
  for (; i < raw.size(); ++i) {
    if (raw[i] < '0' || raw[i] > '9') return false;
  }
  return true;
}

RpcResult<Message> read_message(std::string_view validated) {
  Message out;
  Found found;
  base::Members members(validated);
  const char* why = find(members, found, out);
  if (!why) why = shape(found, out);
  std::string_view id = found.id && valid_id(found.raw_id) ? found.raw_id : std::string_view();
  // The id of a broken answer is one of our own: an error with it would be taken for the answer to a request of the other side.
  if (why) return bad(why, found.result || found.error ? std::string_view() : id);
  out.id = id;
  return out;
}

RpcResult<Message> parse_message(const std::string& text) {
  if (auto checked = base::validate_json(text); !checked) return parse_error("Parse error: " + checked.error().message);
  return read_message(text);
}

bool is_batch(std::string_view text) {
  std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '[';
}

RpcResult<std::vector<RpcResult<Message>>> parse_batch(const std::string& text, std::size_t most) {
  if (auto checked = base::validate_json(text); !checked) return parse_error("Parse error: " + checked.error().message);
  std::vector<RpcResult<Message>> out;
  base::Elements elements(text);
  while (elements.next()) {
    if (out.size() == most) return invalid_request("Invalid request: the batch has too many elements");
    out.push_back(read_message(elements.value()));
  }
  if (elements.error()) return invalid_request("Invalid request: not a batch");
  if (out.empty()) return invalid_request("Invalid request: the batch is empty");
  return out;
}

namespace {

std::string envelope(std::size_t size) {
  std::string out;
  out.reserve(size + 96);
  out += "{\"jsonrpc\":\"2.0\"";
  return out;
}

void append_call(std::string& out, std::string_view method, std::string_view params) {
  out += ",\"method\":";
  base::append_json_string(out, method);
  if (!params.empty()) {
    out += ",\"params\":";
    out += params;
  }
  out += '}';
}

}  // namespace

std::string encode_request(std::string_view id, std::string_view method, std::string_view params) {
  std::string out = envelope(id.size() + method.size() + params.size());
  out += ",\"id\":";
  out += id;
  append_call(out, method, params);
  return out;
}

std::string encode_notification(std::string_view method, std::string_view params) {
  std::string out = envelope(method.size() + params.size());
  append_call(out, method, params);
  return out;
}

std::string encode_result(std::string_view id, std::string_view result) {
  std::string out = envelope(id.size() + result.size());
  out += ",\"id\":";
  out += id;
  out += ",\"result\":";
  out += result;
  return out += '}';
}

std::string encode_result(std::string_view id, std::string_view result, std::string_view tail) {
  if (tail.empty()) return encode_result(id, result);
  std::string out = envelope(id.size() + result.size() + tail.size());
  out += ",\"id\":";
  out += id;
  out += ",\"result\":";
  out += result.substr(0, result.size() - 1);
  out += tail;
  return out += "}}";
}

std::string encode_error(std::string_view id, const RpcError& error) {
  std::string out = envelope(id.size() + error.message.size() + error.data.size());
  out += ",\"id\":";
  out += !id.empty() ? id : !error.id.empty() ? std::string_view(error.id) : std::string_view("null");
  out += ",\"error\":";
  out += error_object(error);
  return out += '}';
}

std::string encode_batch(const std::vector<std::string>& messages) {
  std::string out = "[";
  for (const std::string& message : messages) {
    if (out.size() > 1) out += ',';
    out += message;
  }
  return out += ']';
}

std::string one_line(std::string message) { return base::single_line(message) ? std::move(message) : base::minified(message); }

}  // namespace protocol
