// The part of ClientCore that answers what servers ask: rounds of the modern era, requests of the legacy one.
#include <algorithm>

#include "base/any_stop.h"
#include "base/json.h"
#include "protocol/splice.h"
#include "sdk/client_core.h"
#include "sdk/client_forms.h"
#include "sdk/deprecations.h"
#include "sdk/once.h"

namespace sdk {

namespace {

constexpr std::size_t kMostQuestions = 100;  // in one round
// Between rounds in which the server asked nothing, and only wants to be asked again.
constexpr Millis kEmptyRound{250};
constexpr Millis kEmptyRoundMost{5'000};
// After a visit, before a legacy call is sent again.
constexpr Millis kVisitPause{1'000};

Error no_sense(Method method, std::string_view why) {
  return Error(Code::upstream_failed,
               "the answer to " + std::string(protocol::method_name(method)) + " makes no sense: " + std::string(why));
}

// The params of the next round: those of the first, the answers to the last questions, and the state exactly as it came (MRTR).
std::string next_params(const std::string& params, std::string_view answers, std::string_view state) {
  if (state.empty()) return protocol::with_members(params, {{"inputResponses", answers}});
  if (answers.empty()) return protocol::with_members(params, {{"requestState", state}});
  return protocol::with_members(params, {{"inputResponses", answers}, {"requestState", state}});
}

}  // namespace

// One question. Error not_found: nobody here answers such.
Task<std::string> ClientCore::answer(Method method, std::string params) {
  if (params.empty()) params = "{}";
  Json json = co_await Json::parse(params);
  JsonView view = json.root();
  switch (method) {
    case Method::elicitation_create:
      if (asks_for_visit(view)) co_return co_await answer_visit(view);
      co_return co_await answer_form(view);
    case Method::sampling_create_message: {
      if (!options_.on_sample) break;
      report_deprecated(peer_name(server_.name, server_.version), protocol::Deprecated::sampling);
      if (view["includeContext"].string_or("none") != "none")
        report_deprecated(peer_name(server_.name, server_.version), protocol::Deprecated::include_context);
      if (view["tools"] || view["toolChoice"]) co_return Error(Code::invalid_argument, "this client did not say that its model uses tools");
      mcp::SampleRequest request = co_await read_sample_request(view);
      request.server = server_;
      mcp::Sample sample = co_await options_.on_sample(std::move(request));
      co_return write_sample(sample);
    }
    case Method::roots_list: {
      if (!options_.on_roots) break;
      report_deprecated(peer_name(server_.name, server_.version), protocol::Deprecated::roots);
      std::vector<mcp::Root> roots = co_await options_.on_roots();
      co_return write_roots(roots);
    }
    default: break;
  }
  co_return Error(Code::invalid_argument, "this client did not say that it answers " + std::string(protocol::method_name(method)));
}

Task<std::string> ClientCore::answer_form(JsonView params) {
  if (!options_.on_elicit) co_return Error(Code::invalid_argument, "this client did not say that it fills in forms");
  mcp::Form form = co_await read_form(params);
  form.server = server_;
  mcp::Form copy = form;
  Result<mcp::ElicitAnswer> answer = co_await options_.on_elicit(std::move(copy)).result();
  Result<std::string> written = answer ? write_form_answer(form, *answer) : Result<std::string>(answer.error());
  if (written) co_return written;
  notice("a form was cancelled: " + written.error().message);
  co_return write_visit_answer(mcp::ElicitAnswer::cancel());
}

Task<std::string> ClientCore::answer_visit(JsonView params) {
  if (!options_.on_visit) co_return Error(Code::invalid_argument, "this client did not say that it visits pages");
  mcp::Visit visit = co_await read_visit(params);
  visit.server = server_;
  Result<mcp::ElicitAnswer> answer = co_await options_.on_visit(std::move(visit)).result();
  if (answer) co_return write_visit_answer(*answer);
  notice("a visit was cancelled: " + answer.error().message);
  co_return write_visit_answer(mcp::ElicitAnswer::cancel());
}

// All questions of a round, one after the other: a person has one pair of eyes. Gives the answers by key, as JSON text.
Task<std::string> ClientCore::answer_all(std::string requests, std::stop_token stop) {
  mcp::JsonWriter answers;
  answers.object();
  base::Members members(requests);
  std::size_t count = 0;
  while (members.next()) {
    if (++count > kMostQuestions) co_return Error(Code::upstream_failed, "the server asks too much at once");
    std::string key(members.key());
    std::string_view one = members.value();
    auto name = base::is_object(one) ? base::json_string(base::find_member(one, "method")) : Result<std::string>(std::string());
    Method method = name ? protocol::find_method(*name) : Method::unknown;
    const bool question = method == Method::elicitation_create || method == Method::sampling_create_message || method == Method::roots_list;
    if (!question)
      co_return Error(Code::upstream_failed, "the server asks for '" + (name ? name->substr(0, 60) : "") + "', which nobody knows");
    std::string params(base::find_member(one, "params"));
    std::string answered = co_await answer(method, std::move(params));
    if (stop.stop_requested()) co_return Error(Code::cancelled, "the call was cancelled");
    answers.key(key).raw(answered);
  }
  if (members.error()) co_return Error(Code::upstream_failed, std::string("the server's questions are malformed: ") + members.error());
  answers.end();
  co_return std::move(answers).text();
}

// The legacy way to send somebody to a page first: an error that names the pages. Returns when they were agreed to.
Task<void> ClientCore::visit_first(std::string data, std::stop_token stop) {
  Json json = co_await Json::parse(data);
  JsonView pages = json["elicitations"];
  if (pages.size() == 0 || pages.size() > kMostQuestions) co_await mcp::fail(Code::upstream_failed, "the server wants a visit to nowhere");
  for (std::size_t i = 0; i < pages.size(); ++i) {
    std::string text = co_await answer_visit(pages.at(i));
    if (text.find("\"accept\"") == std::string::npos) co_await mcp::fail(Code::denied, "the visit that the server wants was not agreed to");
  }
  co_await loop_.timers().sleep(kVisitPause, stop);
}

Task<std::string> ClientCore::rounds(Ask ask, std::optional<std::string> begun) {
  const std::string params = ask.params;
  Millis pause = kEmptyRound;
  for (int round = 0; round <= options_.most_rounds; ++round) {
    std::string result;
    if (begun) {
      result = *std::exchange(begun, std::nullopt);
    } else {
      Ask one = ask;
      Reply reply = co_await send(std::move(one));
      if (auto* error = reply.error()) {
        const bool visit = error->code == protocol::kLegacyUrlElicitation && !connection_->modern() && options_.on_visit;
        if (!visit) co_return protocol::from_rpc(*error);
        co_await visit_first(error->data, ask.options.stop);
        continue;
      }
      result = reply.result();
    }
    if (!connection_->modern()) co_return result;
    switch (protocol::result_type(result)) {
      case protocol::ResultType::complete: co_return result;
      case protocol::ResultType::task:
        if (ask.method == Method::tools_call && options_.tasks) co_return result;
        co_return no_sense(ask.method, "it is a task, which was not offered");
      case protocol::ResultType::unrecognized: co_return no_sense(ask.method, "its resultType is unknown");
      case protocol::ResultType::input_required: break;
    }
    if (!protocol::facts(ask.method).may_ask_input) co_return no_sense(ask.method, "it wants input");
    std::string requests(base::find_member(result, "inputRequests"));
    std::string state(base::find_member(result, "requestState"));
    if (requests.empty() && state.empty()) co_return no_sense(ask.method, "it wants input, and does not say which");
    if (!requests.empty() && !base::is_object(requests)) co_return no_sense(ask.method, "inputRequests is no object");
    if (!state.empty() && !base::is_string(state)) co_return no_sense(ask.method, "requestState is no string");
    std::string answers;
    if (!requests.empty()) {
      answers = co_await answer_all(std::move(requests), ask.options.stop);
    } else {
      co_await loop_.timers().sleep(pause, ask.options.stop);
      pause = std::min(pause * 2, kEmptyRoundMost);
    }
    if (ask.options.stop.stop_requested()) co_return Error(Code::cancelled, "the call was cancelled");
    ask.params = next_params(params, answers, state);
  }
  co_return Error(Code::upstream_failed, "the server asked " + std::to_string(options_.most_rounds) + " times and did not come to an end");
}

}  // namespace sdk
