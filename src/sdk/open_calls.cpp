#include "sdk/open_calls.h"

#include "protocol/message.h"

namespace sdk {

using protocol::Method;

OpenCall::OpenCall(OpenCalls& calls, Method method, const OnRequest& on_request)
    : calls_(calls), after_(calls.first_), interactive_(on_request || protocol::facts(method).may_ask_input) {
  if (on_request) on_request_ = std::make_shared<const OnRequest>(on_request);
  if (after_) after_->before_ = this;
  calls_.first_ = this;
}

OpenCall::~OpenCall() {
  (before_ ? before_->after_ : calls_.first_) = after_;
  if (after_) after_->before_ = before_;
}

Askable OpenCalls::only() const {
  const OpenCall* found = nullptr;
  for (const OpenCall* one = first_; one; one = one->after_) {
    if (!one->interactive_) continue;
    if (found) return {nullptr, false};
    found = one;
  }
  return found ? found->askable() : Askable{nullptr, false};
}

void OpenCalls::extend(Instant later) {
  for (OpenCall* one = first_; one; one = one->after_)
    if (one->extend) one->extend(later);
}

Task<Reply> answer_server(const ConnectionOptions* options, Askable askable, Method method, std::string params) {
  if (method == Method::ping) co_return Reply(std::string("{}"));
  const bool question = method == Method::elicitation_create || method == Method::sampling_create_message || method == Method::roots_list;
  Result<std::string> result = std::string();
  if (askable.call && question) {
    result = co_await (*askable.call)(method, std::move(params)).result();
  } else if (options->on_request && options->answers.has(method)) {
    result = co_await options->on_request(method, std::move(params)).result();
  } else if (question && !askable.known) {
    co_return Reply(protocol::invalid_params(std::string(protocol::method_name(method)) +
                                             " belongs to no call: ask while one tools/call, prompts/get or resources/read is answered, on "
                                             "its own event stream where there is one"));
  } else {
    co_return Reply(protocol::method_not_found(protocol::method_name(method)));
  }
  if (!result) co_return Reply(protocol::to_rpc(result.error()));
  co_return Reply(*std::move(result));
}

std::string encode_for_server(std::string_view id, Reply& reply) {
  return reply.error() ? protocol::encode_error(id, *reply.error()) : protocol::encode_result(id, reply.result());
}

}  // namespace sdk
