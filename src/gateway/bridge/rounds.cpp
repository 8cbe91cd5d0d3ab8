#include "gateway/bridge/rounds.h"

#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/bridge/questions.h"
#include "protocol/results.h"
#include "protocol/splice.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

// Before a round in which nothing was asked: the upstream only wants to be called again.
constexpr base::Millis kEmptyRound{250};

// What a round gathered: answers as members of inputResponses, or the reply with which the call ends.
struct Gathered {
  std::string responses;
  std::vector<std::string> visits;  // names of pages that the client agreed to visit
  std::optional<Reply> end;
};

Task<std::string> ask(const ClientQuestion* question, std::string visit, const RoundsFor* call, sdk::Outlet* out) {
  std::stop_source late;
  auto pass = [&late] { late.request_stop(); };
  base::Deadline deadline(out->loop().timers(), base::Timers::now() + call->answer_time, pass);
  base::AnyStop stop(call->stop, late.get_token());
  std::string params = legacy_question(*call->client, *question, visit);
  Result<std::string> answer = co_await out->request_until(stop.token(), question->method, std::move(params)).result();
  if (!answer && late.stop_requested()) co_return Error(Code::timeout, "the client did not answer what it was asked in time");
  co_return answer;
}

Task<Gathered> gather(const std::vector<ClientQuestion>* questions, const RoundsFor* call, sdk::Outlet* out) {
  Gathered got;
  for (const ClientQuestion& question : *questions) {
    if (!client_can(call->capabilities, question.method, question.params))
      co_await mcp::fail(Code::upstream_failed,
                         "it asks " + std::string(protocol::method_name(question.method)) + ", which the client did not say it can answer");
    std::string visit = sdk::random_id();
    Result<std::string> answer = co_await ask(&question, visit, call, out).result();
    if (!answer && (call->stop.stop_requested() || answer.error().code == Code::timeout)) co_await mcp::fail(std::move(answer).error());
    if (!answer) {
      std::string refused = cancelled_answer(question.method);
      if (refused.empty() && call->method == Method::tools_call) {
        got.end = Reply(protocol::tool_error_result("the client refused " + std::string(protocol::method_name(question.method)) + ": " +
                                                    answer.error().leaving()));
        co_return std::move(got);
      }
      if (refused.empty()) co_await mcp::fail(std::move(answer).error());
      answer = std::move(refused);
    }
    if (!base::is_object(*answer)) co_await mcp::fail(Code::invalid_argument, "the client's answer is no object");
    if (base::find_member(question.params, "mode") == "\"url\"" && base::find_member(*answer, "action") == "\"accept\"")
      got.visits.push_back(visit);
    got.responses.append(got.responses.empty() ? "" : ",").append(base::quoted(question.key)).append(":").append(*answer);
  }
  co_return std::move(got);
}

}  // namespace

Task<Reply> answer_rounds(Reply first, const RoundsFor* call, const SendRound* send, sdk::Outlet* out) {
  Reply reply = std::move(first);
  std::vector<std::string> visits;
  for (int round = 0; !reply.error() && protocol::result_type(reply.result()) == protocol::ResultType::input_required; ++round) {
    if (round == kMostRounds)
      co_await mcp::fail(Code::upstream_failed, "it wanted input " + std::to_string(kMostRounds) + " times and still has no result");
    std::vector<ClientQuestion> questions = co_await read_questions(reply.result());
    std::string state(base::find_member(reply.result(), "requestState"));
    if (!state.empty() && !base::is_string(state)) co_await mcp::fail(Code::upstream_failed, "its requestState is no string");
    if (questions.empty() && state.empty()) co_await mcp::fail(Code::upstream_failed, "it wants input and does not say which");
    if (questions.empty()) {
      co_await out->loop().timers().sleep(kEmptyRound, call->stop);
      if (call->stop.stop_requested()) co_await mcp::fail(Code::cancelled, "the call was cancelled");
    }
    Gathered got = co_await gather(&questions, call, out);
    if (got.end) co_return *std::move(got.end);
    visits.insert(visits.end(), got.visits.begin(), got.visits.end());
    // The answers to the last questions, and the state exactly as it came (MRTR).
    std::string next(call->params.empty() ? std::string_view("{}") : call->params);
    if (!questions.empty()) {
      std::string responses = "{" + got.responses + "}";
      next = protocol::with_members(next, {{"inputResponses", responses}});
    }
    if (!state.empty()) next = protocol::with_members(next, {{"requestState", state}});
    reply = co_await (*send)(std::move(next));
  }
  if (!reply.error() && call->client->features.elicitation_id)
    for (const std::string& visit : visits)
      (void)out->notify(Method::elicitation_complete, "{\"elicitationId\":" + base::quoted(visit) + "}");
  co_return std::move(reply);
}

}  // namespace gateway
