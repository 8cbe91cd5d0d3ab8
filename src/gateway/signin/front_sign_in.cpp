// The part of Front that leads a caller to the sign-in of a server, before a call goes there.
#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/bridge/questions.h"
#include "gateway/front.h"
#include "protocol/client_side.h"
#include "protocol/results.h"
#include "protocol/tasks.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Millis;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

// The name of our question among those of a round, in which it is the only one.
constexpr std::string_view kQuestion = "gatehouse_sign_in";
constexpr std::string_view kAsked = "asked\n";
// How long a person may be away. A modern client says at once that they went, and its call waits for the shorter time.
constexpr Millis kVisitTime{600'000}, kReturnTime{55'000};
constexpr std::chrono::minutes kStateLife{60};

std::string capabilities_of(const sdk::Inbound& in) {
  std::string capabilities = protocol::capabilities_without_tasks(in.client_capabilities);
  // A legacy client without a session has nowhere to be asked.
  if (!in.modern()) capabilities = in.session ? protocol::client_capabilities_for(in.revision(), capabilities) : std::string("{}");
  return capabilities;
}

bool accepted(std::string_view answer) { return base::is_object(answer) && base::find_member(answer, "action") == "\"accept\""; }

std::string question(std::string_view server, std::string_view link) {
  std::string text = "Sign in to the server '";
  text.append(server).append("' in your browser, so that this can be done in your name.");
  std::string out = R"({"mode":"url","message":)";
  out.append(base::quoted(text)).append(",\"url\":").append(base::quoted(link)).append("}");
  return out;
}

// Ends when the caller is signed in; false: not in time.
Task<bool> came_back(std::shared_ptr<ServerSignIn> door, std::string caller, std::stop_token stop, base::Instant until) {
  for (;;) {
    Result<> ready = co_await door->ready(caller, stop).result();
    if (ready) co_return true;
    if (ready.error().code != Code::unauthenticated) co_return std::move(ready).error();
    Result<> waited = co_await door->wait(caller, stop, until).result();
    if (!waited && waited.error().code == Code::cancelled) co_return std::move(waited).error();
    if (!waited) co_return false;
  }
}

}  // namespace

// Asks a legacy client to send its person to the page. False: they did not want to.
Task<bool> Front::ask_to_visit(const sdk::Inbound* in, sdk::Outlet* out, std::string server, std::string params) {
  std::shared_ptr<ServerSignIn> door = gateway_.sign_ins_.find(server);
  const base::Instant until = base::Timers::now() + kVisitTime;
  base::AnyStop gone(out->stop_token(), gateway_.ending_.get_token());
  std::stop_source late;
  auto pass = [&late] { late.request_stop(); };
  base::Deadline deadline(out->loop().timers(), until, pass);
  base::AnyStop any(gone.token(), late.get_token());
  ClientQuestion visit;
  visit.key = kQuestion;
  visit.method = Method::elicitation_create;
  visit.params = std::move(params);
  const std::string id = sdk::random_id();
  std::string asked = legacy_question(in->revision(), visit, id);
  std::string answer = co_await out->request_until(any.token(), Method::elicitation_create, std::move(asked));
  if (!accepted(answer)) co_return false;
  auto who = identify(*in);
  if (!who) co_return std::move(who).error();
  const std::string caller = (*who)->id;
  const bool back = co_await came_back(door, caller, any.token(), until);
  if (back && in->revision().features.elicitation_id) {
    std::string done = "{\"elicitationId\":" + base::quoted(id) + "}";
    (void)out->notify(Method::elicitation_complete, done);
  }
  co_return back;
}

// What ends the call is given; nothing: it goes on.
Task<std::optional<Reply>> Front::sign_in(OpenCall* call, std::string server, const sdk::Inbound* in, sdk::Outlet* out, SignInStage stage,
                                          Asked* asked) {
  std::shared_ptr<ServerSignIn> door = gateway_.sign_ins_.find(server);
  if (!door) co_return std::nullopt;
  const std::string caller = call->record.caller->id;
  const protocol::Params& params = in->rpc.params;
  const auto now = std::chrono::system_clock::now();
  std::string head(kAsked);
  head.append(server).append("\n");
  bool back = false;
  std::string own;  // the state of the call itself
  if (!params.request_state.empty()) {
    own = base::json_string(params.request_state).value_or("");
    auto opened = gateway_.carrier_.open(CarriedKind::sign_in, own, caller, now);
    back = opened && opened->body.starts_with(head);
    if (back) {
      std::string_view answers = base::is_object(params.input_responses) ? params.input_responses : std::string_view("{}");
      if (!accepted(base::find_member(answers, kQuestion)))
        co_return co_await refused(*call, *in, "the user did not sign in to server '" + server + "'");
      own = opened->body.substr(head.size());
      asked->take(*in, true, own);
    }
  }
  if (stage == SignInStage::only_back && !back) co_return std::nullopt;
  base::AnyStop stop(out->stop_token(), gateway_.ending_.get_token());
  Result<> ready = co_await door->ready(caller, stop.token()).result();
  if (!ready && ready.error().code == Code::unauthenticated && back) {
    const bool here = co_await came_back(door, caller, stop.token(), base::Timers::now() + kReturnTime);
    if (here) co_return std::nullopt;
    co_return co_await refused(*call, *in, "the sign-in to server '" + server + "' has not ended; finish it, and call again");
  }
  if (ready) co_return std::nullopt;
  if (ready.error().code != Code::unauthenticated) co_await std::move(ready);
  const std::string why = ready.error().leaving();
  const std::string link = door->by_person() ? gateway_.sign_ins_.link(server, caller) : std::string();
  std::string visit = question(server, link);
  if (link.empty() || !client_can(capabilities_of(*in), Method::elicitation_create, visit)) {
    call->denied = ready.error().message;
    if (in->method() == Method::tools_call) co_return Reply(protocol::tool_error_result(why));
    co_return Error(Code::denied, ready.error().message, why);
  }
  if (in->modern()) {
    std::vector<ClientQuestion> questions(1);
    questions[0].key = kQuestion;
    questions[0].method = Method::elicitation_create;
    questions[0].params = std::move(visit);
    const std::string state = gateway_.carrier_.seal(CarriedKind::sign_in, head + own, caller, now + kStateLife);
    co_return Reply(input_required(questions, state));
  }
  Result<bool> went = co_await ask_to_visit(in, out, server, std::move(visit)).result();
  if (!went && stop.token().stop_requested()) co_await mcp::fail(Code::cancelled, "the call was cancelled while its user signed in");
  if (went && *went) co_return std::nullopt;
  co_return co_await refused(*call, *in, "the user did not sign in to server '" + server + "'");
}

}  // namespace gateway
