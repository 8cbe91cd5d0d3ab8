#include "sdk/open_calls.h"

#include <algorithm>

#include "base/json.h"
#include "protocol/message.h"
#include "protocol/params.h"

namespace sdk {

using protocol::Method;

namespace {

// So many questions move the deadline of one call. A server that asks on and on does not keep its call for ever.
constexpr int kMostQuestions = 100;

bool is_question(Method method) {
  return method == Method::elicitation_create || method == Method::sampling_create_message || method == Method::roots_list;
}

// JSON text of the id, or empty.
std::string_view related_task(std::string_view params) {
  std::string_view text = base::is_object(params) ? base::find_member(params, "_meta") : std::string_view();
  if (base::is_object(text)) text = base::find_member(text, protocol::meta_key::kRelatedTask);
  return base::is_object(text) ? base::find_member(text, "taskId") : std::string_view();
}

}  // namespace

OpenCall::OpenCall(OpenCalls& calls, Method method, const OnRequest& on_request, std::string_view params)
    : calls_(calls),
      after_(calls.first_),
      interactive_(on_request || protocol::facts(method).may_ask_input),
      number_(++calls.last_number_) {
  if (on_request) on_request_ = std::make_shared<const OnRequest>(on_request);
  if (method == Method::tasks_result) task_ = base::find_member(params, "taskId");
  if (after_) after_->before_ = this;
  calls_.first_ = this;
}

OpenCall::~OpenCall() {
  (before_ ? before_->after_ : calls_.first_) = after_;
  if (after_) after_->before_ = before_;
}

Askable OpenCalls::only(std::string_view params) const {
  const std::string_view task = related_task(params);
  const OpenCall* call = nullptr;
  const OpenCall* waits = nullptr;
  std::size_t calls = 0, waiting = 0;
  for (const OpenCall* one = first_; one; one = one->after_) {
    if (!one->interactive_) continue;
    if (!task.empty() && one->task_ == task) return one->askable();
    ++(one->task_.empty() ? calls : waiting);
    (one->task_.empty() ? call : waits) = one;
  }
  if (calls == 1) return call->askable();
  return calls == 0 && waiting == 1 ? waits->askable() : Askable{nullptr, false};
}

void OpenCalls::begin_thinking(const Askable& askable, Millis answer_time) {
  const Instant now = base::Timers::now();
  for (OpenCall* one = first_; one; one = one->after_) {
    const bool meant = askable.number == 0 || askable.number == one->number_;
    if (!meant || !one->move || one->questions_ >= kMostQuestions) continue;
    ++one->questions_;
    if (one->open_++ == 0) one->left_ = one->due - now;
    one->move(std::max(one->due, now + answer_time));
  }
}

void OpenCalls::end_thinking(const Askable& askable) {
  for (OpenCall* one = first_; one; one = one->after_) {
    const bool meant = askable.number == 0 || askable.number == one->number_;
    if (!meant || one->open_ == 0) continue;
    --one->open_;
    if (one->open_ == 0 && one->move) one->move(base::Timers::now() + one->left_);
  }
}

Task<Reply> OpenCalls::answer(const ConnectionOptions* options, Askable askable, Method method, std::string params) {
  const bool thinks = will_think(*options, askable, method);
  if (thinks) begin_thinking(askable, options->answer_time);
  Reply reply = co_await answer_server(options, askable, method, std::move(params));
  if (thinks) end_thinking(askable);
  co_return std::move(reply);
}

Task<Waited> wait_for_answer(base::OneShot<Reply>* answer, OpenCall* call, base::Timers* timers, std::stop_token stop, Instant deadline) {
  Waited out{Reply(), {}};
  auto give_up = [&](Code code, std::string_view why) {
    if (answer->ready()) return;
    out.gave_up = why;
    answer->set(Error(code, std::string(why)));
  };
  auto on_stop = [&] { give_up(Code::cancelled, "the call was cancelled"); };
  auto on_deadline = [&] { give_up(Code::timeout, "the server did not answer in time"); };
  std::stop_callback on_request(std::move(stop), on_stop);
  base::Deadline late;
  if (deadline != Instant::max()) {
    late = base::Deadline(*timers, deadline, on_deadline);
    call->due = deadline;
    call->move = [&](Instant to) {
      call->due = to;
      late = base::Deadline(*timers, to, on_deadline);
    };
  }
  out.reply = co_await answer->wait();
  call->move = nullptr;
  co_return std::move(out);
}

bool will_think(const ConnectionOptions& options, const Askable& askable, Method method) {
  return is_question(method) && (askable.call || (options.on_request && options.answers.has(method)));
}

Task<Reply> answer_server(const ConnectionOptions* options, Askable askable, Method method, std::string params) {
  if (method == Method::ping) co_return Reply(std::string("{}"));
  const bool question = is_question(method);
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
