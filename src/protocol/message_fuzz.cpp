// Any bytes as a message: what is read is written again, and means the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.h"
#include "protocol/definitions.h"
#include "protocol/message.h"
#include "protocol/params.h"
#include "protocol/results.h"
#include "protocol/splice.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}
void check_json(const std::string& text) { check(base::validate_json(std::string_view(text)).ok()); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace protocol;
  std::string text(reinterpret_cast<const char*>(data), size);
  if (is_batch(text)) (void)parse_batch(text);
  auto message = parse_message(text);
  if (!message) {
    check_json(encode_error("", message.error()));
    return 0;
  }
  std::string again;
  switch (message->kind) {
    case MessageKind::request: again = encode_request(message->id, message->method, message->params); break;
    case MessageKind::notification: again = encode_notification(message->method, message->params); break;
    case MessageKind::response: again = encode_result(message->id, message->result); break;
    case MessageKind::error:
      again = encode_error(message->id,
                           {.code = message->error_code, .message = message->error_message, .data = std::string(message->error_data)});
      break;
  }
  again = one_line(std::move(again));
  check(base::single_line(again));
  auto second = parse_message(again);
  check(second.ok() && second->kind == message->kind && second->method == message->method);
  check(second->params == base::minified(message->params) || second->params == message->params);

  if (auto params = read_params(message->params)) {
    std::string edited = with_meta(message->params, {{"progressToken", "1"}}, {"traceparent"});
    check_json(edited);
    check(read_params(edited).ok());
  }
  if (!message->result.empty()) {
    for (const Revision* revision : all_revisions()) {
      for (Method method : {Method::tools_call, Method::tools_list, Method::resources_read})
        check_json(result_for(*revision, method, message->result, {}, "{\"name\":\"s\"}"));
    }
    for (auto kind : {DefinitionKind::tool, DefinitionKind::resource}) {
      auto page = read_definitions(kind, message->result);
      if (page) {
        for (const Definition& d : page->items) check_json(renamed(d, "x", "y"));
      }
    }
  }
  return 0;
}
