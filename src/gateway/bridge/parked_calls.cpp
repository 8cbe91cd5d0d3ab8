#include "gateway/bridge/parked_calls.h"

#include <algorithm>

#include "base/json.h"
#include "protocol/splice.h"
#include "sdk/question.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

// Several questions of one call come as several messages.
constexpr base::Millis kBreath{15};
// A name that a server gives to a question.
constexpr std::size_t kLongestKey = 100;

// The key that the server gave the question, where it did; and takes it out.
std::string take_key(std::string& params) {
  std::string_view meta = base::is_object(params) ? base::find_member(params, "_meta") : std::string_view();
  std::string_view said = base::is_object(meta) ? base::find_member(meta, sdk::kQuestionKey) : std::string_view();
  if (said.empty()) return {};
  auto key = base::json_string(said);
  params = protocol::with_meta(params, {}, {sdk::kQuestionKey});
  return key && key->size() <= kLongestKey ? *std::move(key) : std::string();
}

}  // namespace

LinkRequest OwnedRequest::view() const {
  LinkRequest request;
  request.method = method;
  request.audience = audience;
  request.name = name;
  request.params = params;
  request.client_capabilities = capabilities;
  request.log_level = log_level;
  request.tool = tool;
  request.headers = headers;
  request.deadline = base::Timers::now() + time;
  return request;
}

Result<> ParkedCall::answer(std::string_view input_responses) {
  if (!base::is_object(input_responses)) return {};
  std::vector<std::pair<std::shared_ptr<Open>, std::string>> given;
  for (const auto& [order, open] : open_) {
    std::string_view answer = base::find_member(input_responses, open->question.key);
    if (answer.empty()) continue;
    if (!base::is_object(answer)) return Error(Code::invalid_argument, "inputResponses." + open->question.key + " must be an object");
    given.emplace_back(open, answer);
  }
  std::erase_if(open_, [&](const auto& entry) {
    for (const auto& [open, answer] : given)
      if (open == entry.second) return true;
    return false;
  });
  // Each lets the upstream go on, which may ask or end right away.
  for (auto& [open, answer] : given) open->answer.set(std::move(answer));
  return {};
}

Result<std::shared_ptr<ParkedCall>> ParkedCalls::begin(std::string caller, std::string digest, OwnedRequest request, SendOwned send) {
  if (calls_.size() >= limits_.most) return Error(Code::rate_limited, "too many calls wait for their clients' answers; try again later");
  auto call = std::make_shared<ParkedCall>();
  call->id_ = sdk::random_id();
  call->caller_ = std::move(caller);
  call->digest_ = std::move(digest);
  call->request_ = std::move(request);
  calls_.emplace(call->id_, call);
  work_.spawn(run(call, std::move(send)));
  return call;
}

std::shared_ptr<ParkedCall> ParkedCalls::find(std::string_view id, std::string_view caller, std::string_view digest) const {
  auto found = calls_.find(id);
  if (found == calls_.end() || found->second->caller_ != caller || found->second->digest_ != digest) return nullptr;
  return found->second;
}

Task<void> ParkedCalls::run(std::shared_ptr<ParkedCall> call, SendOwned send) {
  LinkRequest request = call->request_.view();
  request.stop = call->stop_.get_token();
  if (call->request_.notifications)
    request.on_notification = [call](Method method, std::string_view params) {
      if (call->sink_) call->sink_(method, params);
    };
  request.on_question = [call](Method method, std::string params) { return ask(call, method, std::move(params)); };
  Result<Reply> outcome = co_await send(std::move(request)).result();
  call->outcome_.emplace(std::move(outcome));
  for (auto& [order, open] : std::exchange(call->open_, {})) open->answer.set(Error(Code::cancelled, "the call has ended"));
  call->changed_.raise();
}

Task<std::string> ParkedCalls::ask(std::shared_ptr<ParkedCall> call, Method method, std::string params) {
  if (params.empty()) params = "{}";
  if (call->outcome_ || call->stop_.stop_requested()) co_return Error(Code::cancelled, "the call has ended");
  if (!client_can(call->request_.capabilities, method, params))
    co_return Error(Code::invalid_argument, "the client cannot be asked this; it lacks " + needed_capability(method, params));
  if (call->open_.size() >= kMostQuestions) co_return Error(Code::rate_limited, "too many questions are open");
  auto open = std::make_shared<ParkedCall::Open>();
  const std::size_t number = ++call->asked_;
  open->question.key = take_key(params);
  auto taken = [&](const auto& other) { return other.second->question.key == open->question.key; };
  if (open->question.key.empty()) open->question.key = "q" + std::to_string(number);
  while (std::ranges::any_of(call->open_, taken)) open->question.key += '_';
  open->question.method = method;
  open->question.params = std::move(params);
  call->open_.emplace(number, open);
  call->changed_.raise();
  Result<std::string> answer = co_await open->answer.wait();
  co_return answer;
}

void ParkedCalls::forget(ParkedCall& call) {
  call.expiry_ = base::Deadline();
  calls_.erase(call.id_);
}

void ParkedCalls::cancel(ParkedCall& call) {
  call.stop_.request_stop();
  for (auto& [order, open] : std::exchange(call.open_, {})) open->answer.set(Error(Code::cancelled, "the call was cancelled"));
}

// Nobody came back: the questions are closed like a form that nobody filled in, and the call is given up.
void ParkedCalls::expire(std::string id) {
  auto found = calls_.find(id);
  if (found == calls_.end()) return;
  auto call = found->second;
  close(*call);
}

void ParkedCalls::close(ParkedCall& call) {
  forget(call);
  for (auto& [order, open] : std::exchange(call.open_, {})) {
    std::string closed = cancelled_answer(open->question.method);
    if (closed.empty())
      open->answer.set(Error(Code::timeout, "the client did not answer in time"));
    else
      open->answer.set(std::move(closed));
  }
  call.stop_.request_stop();
}

bool ParkedCalls::make_room(std::string_view server, const Audience* audience) {
  std::shared_ptr<ParkedCall> oldest;
  for (const auto& [id, call] : calls_) {
    if (call->waited_for_ || call->open_.empty() || call->request_.server != server) continue;
    if (audience && call->request_.audience != *audience) continue;
    if (!oldest || call->left_ < oldest->left_) oldest = call;
  }
  if (!oldest) return false;
  gave_way_.put(oldest->id_, true);
  close(*oldest);
  return true;
}

Task<ParkedCalls::Leg> ParkedCalls::leg(std::shared_ptr<ParkedCall> call, std::function<void(Method, std::string_view)> sink,
                                        std::stop_token stop) {
  if (call->waited_for_) co_await mcp::fail(Code::conflict, "another request waits for this call");
  struct Waiting {
    ParkedCall& call;
    Waiting(ParkedCall& c, std::function<void(Method, std::string_view)> hear) : call(c) {
      call.waited_for_ = true;
      call.expiry_ = base::Deadline();
      call.sink_ = std::move(hear);
    }
    ~Waiting() {
      call.waited_for_ = false;
      call.sink_ = nullptr;
    }
  };
  Leg out;
  {
    Waiting waiting(*call, std::move(sink));
    auto give_up = [call] { cancel(*call); };
    std::stop_callback on_stop(std::move(stop), give_up);
    while (!call->outcome_ && (call->open_.empty() || call->stop_.stop_requested())) co_await call->changed_.wait();
    // What is asked in the same breath is told in the same breath.
    if (!call->outcome_) co_await loop_.timers().sleep(kBreath, call->stop_.get_token());
    while (!call->outcome_ && call->stop_.stop_requested()) co_await call->changed_.wait();
  }
  if (call->outcome_) {
    forget(*call);
    out.reply = co_await std::move(*call->outcome_);
    co_return std::move(out);
  }
  for (const auto& [order, open] : call->open_) out.questions.push_back(open->question);
  call->left_ = base::Timers::now();
  call->expiry_ = base::Deadline(loop_.timers(), base::Timers::now() + limits_.life, [this, id = call->id_] { expire(id); });
  co_return std::move(out);
}

Task<void> ParkedCalls::stop() {
  auto calls = calls_;
  for (auto& [id, call] : calls) cancel(*call);
  co_await work_.join();
  calls_.clear();
}

}  // namespace gateway
