// The part of Front that asks a caller's own person before a call goes on.
#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/bridge/questions.h"
#include "gateway/front.h"
#include "protocol/client_side.h"
#include "protocol/results.h"
#include "protocol/splice.h"
#include "protocol/tasks.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

// The name of our question among those of a round, in which it is the only one.
constexpr std::string_view kQuestion = "gatehouse_consent";
// What stands in a record in place of an approval's id where the caller's own person agreed.
constexpr std::string_view kOwnPerson = "consent";
// How long a legacy client's person may think.
constexpr base::Millis kAnswerTime{600'000};

std::string capabilities_of(const sdk::Inbound& in) {
  std::string capabilities = protocol::capabilities_without_tasks(in.client_capabilities);
  // A legacy client without a session has nowhere to be asked.
  if (!in.modern()) capabilities = in.session ? protocol::client_capabilities_for(in.revision(), capabilities) : std::string("{}");
  return capabilities;
}

bool accepted(std::string_view answer) { return base::is_object(answer) && base::find_member(answer, "action") == "\"accept\""; }

// What a person's answer means that is no consent.
std::string refusal(std::string_view answer) {
  auto action = base::is_object(answer) ? base::json_string(base::find_member(answer, "action")) : Result<std::string>(Error());
  if (action && *action == "decline") return "the user declined it";
  if (action && *action == "cancel") return "the user did not answer the question for consent";
  return "the answer to the question for consent makes no sense";
}

Task<std::string> ask_now(const sdk::Inbound* in, sdk::Outlet* out, std::stop_token stop, std::string params) {
  std::stop_source late;
  auto pass = [&late] { late.request_stop(); };
  base::Deadline deadline(out->loop().timers(), base::Timers::now() + kAnswerTime, pass);
  base::AnyStop any(stop, late.get_token());
  ClientQuestion question;
  question.key = kQuestion;
  question.method = Method::elicitation_create;
  question.params = std::move(params);
  std::string asked = legacy_question(in->revision(), question, {});
  co_return co_await out->request_until(any.token(), Method::elicitation_create, std::move(asked));
}

}  // namespace

// `changed` gets the request as it would be without the consent. What ends the call is given; nothing: it goes on.
Task<std::optional<Reply>> Front::consent(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out, Asked* asked) {
  const protocol::Params& params = in->rpc.params;
  const std::string& caller = call->record.caller->id;
  const auto now = std::chrono::system_clock::now();
  asked->digest = consent_digest(protocol::method_name(in->method()), target->subject.server, target->subject.name, params.arguments);
  std::optional<Consents::Opened> opened;
  if (!params.request_state.empty()) {
    std::string state = base::json_string(params.request_state).value_or("");
    opened = co_await gateway_.consents_.redeem(state, caller, asked->digest, now);
  }
  if (opened) {
    const bool first = opened->stage == Consents::Stage::asked;
    if (first) {
      std::string_view answers = base::is_object(params.input_responses) ? params.input_responses : std::string_view("{}");
      std::string_view answer = base::find_member(answers, kQuestion);
      if (!accepted(answer)) co_return co_await refused(*call, *in, refusal(answer));
    }
    asked->given = true;
    call->record.approval = kOwnPerson;
    asked->take(*in, first, opened->state);
    co_return std::nullopt;
  }
  if (!asked->needed) co_return std::nullopt;
  if (!params.request_state.empty())
    co_await mcp::fail(Code::invalid_argument,
                       "this requestState is not known here, and the call needs a consent; call again without requestState");
  const std::string_view what = word_for(in->method());
  std::string question = consent_question(what, target->subject.server, target->subject.name, params.arguments);
  const std::string capabilities = capabilities_of(*in);
  if (!client_can(capabilities, Method::elicitation_create, question))
    co_return co_await refused(*call, *in,
                               "a rule wants the consent of the user, and this client cannot ask them: it did not declare the capability "
                               "elicitation (form)");
  if (in->modern()) {
    std::vector<ClientQuestion> questions(1);
    questions[0].key = kQuestion;
    questions[0].method = Method::elicitation_create;
    questions[0].params = std::move(question);
    const std::string state = gateway_.consents_.seal(Consents::Stage::asked, caller, asked->digest, {}, now);
    co_return Reply(input_required(questions, state));
  }
  base::AnyStop stop(out->stop_token(), gateway_.ending_.get_token());
  Result<std::string> answer = co_await ask_now(in, out, stop.token(), std::move(question)).result();
  if (!answer && stop.token().stop_requested()) co_await mcp::fail(Code::cancelled, "the call was cancelled while its user was asked");
  if (!answer) {
    const bool late = answer.error().code == Code::cancelled;
    std::string why = "the user did not answer the question for consent in time";
    if (!late) why = "a rule wants the consent of the user, and the client could not ask them: " + answer.error().leaving();
    co_return co_await refused(*call, *in, why);
  }
  if (!accepted(*answer)) co_return co_await refused(*call, *in, refusal(*answer));
  asked->given = true;
  call->record.approval = kOwnPerson;
  co_return std::nullopt;
}

void Front::Asked::take(const sdk::Inbound& in, bool with_answers, const std::string& state) {
  changed.emplace(in);
  protocol::Params& params = changed->rpc.params;
  std::string text(in.rpc.params.raw);
  if (with_answers) {
    text = protocol::without_members(text, {"inputResponses"});
    params.input_responses = {};
  }
  params.request_state = {};
  if (state.empty()) {
    text = protocol::without_members(text, {"requestState"});
  } else {
    own_state = base::quoted(state);
    text = protocol::with_members(text, {{"requestState", own_state}});
    params.request_state = own_state;
  }
  raw = std::move(text);
  params.raw = raw;
}

// A round of the call itself: its state goes inside of the consent, which is not asked for again.
Reply Front::with_consent(const OpenCall& call, const Asked& asked, Reply reply) {
  if (reply.error() || reply.result().find("\"input_required\"") == std::string_view::npos) return reply;
  if (protocol::result_type(reply.result()) != protocol::ResultType::input_required) return reply;
  auto state = base::json_string(base::find_member(reply.result(), "requestState"));
  const std::string sealed = base::quoted(gateway_.consents_.seal(Consents::Stage::given, call.record.caller->id, asked.digest,
                                                                  state ? *state : std::string(), std::chrono::system_clock::now()));
  Reply out(protocol::with_members(reply.result(), {{"requestState", sealed}}));
  out.from = reply.from;
  out.hints = reply.hints;
  return out;
}

}  // namespace gateway
