// The part of Front that hands a call to its upstream, and carries it between the eras.
#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/bridge/questions.h"
#include "gateway/bridge/rounds.h"
#include "gateway/front_passage.h"
#include "gateway/tracing.h"
#include "gateway/upstream/sessioned_link.h"
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

// Visits to pages that one call may need, one after the other.
constexpr int kMostVisits = 5;
// How long a state of a modern upstream is taken back; how long it is good is the upstream's to say.
constexpr std::chrono::hours kStateLives{24};
// What a legacy client hears that set no level.
constexpr std::string_view kLegacyLevel = "info";

Error gone() {
  return Error(Code::invalid_argument,
               "this requestState is not known here: its call has ended or waited too long, or it was made for another caller or other "
               "arguments; call again without it");
}

Error gave_way(std::string_view server) {
  const std::string why = "server '" + std::string(server) +
                          "': this call waited for its answer for so long that its session was given to another one; call again without "
                          "requestState";
  return Error(Code::invalid_argument, why, why);
}

// With the upstream's own name of the prompt, or the own URI of the resource or template.
std::string completion_params(std::string_view params, const Entry& entry) {
  std::string_view ref = base::find_member(params, "ref");
  const bool prompt = entry.definition->kind == DefinitionKind::prompt;
  auto said = base::json_string(base::find_member(ref, prompt ? "name" : "uri")).value_or("");
  if (said == entry.real() || (!prompt && said != entry.public_name)) return std::string(params);
  std::string real = base::quoted(entry.real());
  std::string changed = protocol::with_members(ref, {{prompt ? "name" : "uri", real}});
  return protocol::with_members(params, {{"ref", changed}});
}

// Where a legacy upstream asks a legacy client, as long as the call runs.
struct Desk {
  sdk::Outlet* out;
  const protocol::Revision* revision;
  std::string capabilities;
  std::stop_source stop;
};

// Notes in a record which revision its upstream spoke.
struct Answerer {
  base::CallRecord* record;
  const Upstream* upstream;
  ~Answerer() {
    if (const Hello* hello = upstream->hello()) record->server_revision = hello->revision->name;
  }
};

// Closes the desk: what is still asked is given up, inside of the destructor.
struct DeskKeeper {
  std::shared_ptr<Desk> desk;
  ~DeskKeeper() {
    desk->stop.request_stop();
    desk->out = nullptr;
  }
};

Task<std::string> ask_at(std::shared_ptr<Desk> desk, Method method, std::string params) {
  if (!desk->out) co_return Error(Code::cancelled, "the call has ended");
  ClientQuestion question;
  question.method = method;
  question.params = protocol::with_meta(params.empty() ? "{}" : params, {}, {"progressToken"});
  if (!client_can(desk->capabilities, method, question.params))
    co_return Error(Code::invalid_argument, "the client cannot be asked this; it lacks " + needed_capability(method, question.params));
  std::string asked = legacy_question(*desk->revision, question, sdk::random_id());
  co_return co_await desk->out->request_until(desk->stop.get_token(), method, std::move(asked));
}

}  // namespace

// The only place from which a call goes to an upstream.
Task<Reply> Front::dispatch(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out) {
  // A call ends with its client, with its deadline, or with the gateway.
  base::AnyStop stop(out->stop_token(), gateway_.ending_.get_token());
  Passage passage{call, target, in, out, {}, {}, in->rpc.params.raw, {}, {}, stop.token()};
  // Whether an upstream may make a task of this is for the bridge of tasks to say.
  if (!in->rpc.params.task.empty()) passage.set_params(protocol::without_members(passage.params, {"task"}));
  if (in->method() == Method::resources_read && !target->uri.empty()) {
    const std::string uri = base::quoted(target->uri);
    passage.set_params(protocol::with_members(passage.params, {{"uri", uri}}));
  }
  if (in->method() == Method::completion_complete) passage.set_params(completion_params(passage.params, *target->entry));
  if (std::string traced = traced_params(passage.params, call->record.trace); !traced.empty()) passage.set_params(std::move(traced));
  passage.capabilities = protocol::capabilities_without_tasks(in->client_capabilities);
  // A legacy client without a session has nowhere to be asked.
  if (!in->modern())
    passage.capabilities = in->session ? protocol::client_capabilities_for(in->revision(), passage.capabilities) : std::string("{}");
  passage.audience.caller = call->record.caller->id;
  passage.audience.capabilities = carried_capabilities(passage.capabilities);
  if (in->log_level) passage.log_level = protocol::log_level_name(*in->log_level);

  // Said when the call ends, whichever way: the upstream may have been started by this call.
  const Answerer answerer{&call->record, target->upstream.get()};
  auto clock = call->upstream_clock();
  if (target->upstream->config().state == ServerConfig::State::session) {
    std::optional<Reply> ended = co_await stateful(&passage);
    if (ended) co_return *std::move(ended);
  }
  if (in->modern()) co_return co_await for_modern(&passage);
  co_return co_await for_legacy(&passage);
}

// Finds out which era the upstream is of.
Task<void> Front::look_at_upstream(Passage* passage) {
  Upstream* upstream = passage->target->upstream.get();
  if (!upstream->hello()) co_await upstream->open(passage->stop, base::Timers::now() + upstream->config().connect_timeout);
  if (const Hello* hello = upstream->hello()) {
    passage->upstream_modern = hello->revision->era == protocol::Era::modern;
    passage->upstream_logs = !base::find_member(hello->capabilities, "logging").empty();
  }
}

TaskCall Front::tasked(const Passage& passage) const {
  return {passage.target->upstream, *passage.target->entry, *passage.in,
          scope_.empty() ? TaskCall::Route::aggregate : TaskCall::Route::own};
}

Task<Reply> Front::send(const Passage& passage, LinkRequest request) const {
  return gateway_.tasks_.call(tasked(passage), std::move(request));
}

Task<Reply> Front::for_modern(Passage* passage) {
  const protocol::Params& params = passage->in->rpc.params;
  const bool retry = !params.request_state.empty() || !params.input_responses.empty();
  if (retry || can_be_asked(passage->audience)) {
    co_await look_at_upstream(passage);
    if (!passage->upstream_modern) co_return co_await parked(passage);
    if (!params.request_state.empty()) {
      std::string own = co_await unwrapped(*passage);
      passage->set_params(std::move(own));
    }
  }
  Reply reply = co_await send(*passage, passage->request());
  if (reply.error()) co_return co_await visits(*passage, std::move(reply));
  co_return wrapped(*passage, std::move(reply));
}

// A call of a modern client to a legacy upstream: its first leg, or the next one of a call that waits.
Task<Reply> Front::parked(Passage* passage) {
  const protocol::Params& params = passage->in->rpc.params;
  if (!params.request_state.empty() || !params.input_responses.empty())
    passage->set_params(protocol::without_members(passage->params, {"inputResponses", "requestState"}));
  if (!params.request_state.empty()) {
    std::string state = base::json_string(params.request_state).value_or("");
    auto opened = gateway_.carrier_.open(CarriedKind::call_state, state, passage->caller(), std::chrono::system_clock::now());
    if (!opened || opened->instance != gateway_.carrier_.instance()) co_await mcp::fail(gone());
    // The digest, the visits made, and the id of the call that waits, if one does.
    const std::string& body = opened->body;
    const std::size_t one = body.find('\n'), two = body.find('\n', one + 1);
    const std::string digest = passage->digest(), id = body.substr(two + 1);
    if (body.substr(0, one) != digest) co_await mcp::fail(gone());
    if (!id.empty()) {
      auto waiting = gateway_.parked_.find(id, passage->caller(), digest);
      if (!waiting && gateway_.parked_.gave_way(id)) co_await mcp::fail(gave_way(passage->target->subject.server));
      if (!waiting) co_await mcp::fail(gone());
      if (waiting->waited_for()) co_await mcp::fail(Code::conflict, "another request waits for this call");
      co_await waiting->answer(params.input_responses);
      co_return co_await leg(passage, std::move(waiting));
    }
    passage->visits = std::stoi(body.substr(one + 1, two - one - 1));
    for (base::Members all(base::is_object(params.input_responses) ? params.input_responses : "{}"); all.next();) {
      std::string_view action = base::is_object(all.value()) ? base::find_member(all.value(), "action") : std::string_view();
      if (action == "\"accept\"") continue;
      if (passage->in->method() == Method::tools_call) co_return Reply(protocol::tool_error_result("the user did not visit the page"));
      co_await mcp::fail(Code::denied, "the user did not visit the page");
    }
  }
  if (!can_be_asked(passage->audience)) {
    Reply reply = co_await send(*passage, passage->request());
    co_return co_await visits(*passage, std::move(reply));
  }
  LinkRequest like = passage->request();
  OwnedRequest request;
  request.method = like.method;
  request.server = passage->target->subject.server;
  request.audience = like.audience;
  request.name = like.name;
  request.params = passage->params;
  request.capabilities = passage->capabilities;
  request.log_level = like.log_level;
  request.keeps = passage->target->catalog;
  request.tool = like.tool;
  request.headers = like.headers;
  request.time = passage->target->upstream->config().deadline;
  request.notifications = passage->wants_notifications();
  SendOwned sending = [tasks = &gateway_.tasks_, of = tasked(*passage)](LinkRequest what) { return tasks->call(of, std::move(what)); };
  std::shared_ptr<ParkedCall> begun =
      co_await gateway_.parked_.begin(passage->caller(), passage->digest(), std::move(request), std::move(sending));
  co_return co_await leg(passage, std::move(begun));
}

Task<Reply> Front::leg(Passage* passage, std::shared_ptr<ParkedCall> parked) {
  std::function<void(Method, std::string_view)> sink;
  if (passage->wants_notifications())
    sink = [to = passage->out, of = passage->in](Method method, std::string_view params) { relay_notice(to, of, method, params); };
  ParkedCalls::Leg ended = co_await gateway_.parked_.leg(parked, std::move(sink), passage->stop);
  if (ended.reply) co_return co_await visits(*passage, *std::move(ended.reply));
  std::string body = passage->digest() + "\n0\n" + parked->id();
  auto expires = std::chrono::system_clock::now() + gateway_.parked_.life() + std::chrono::minutes(1);
  co_return Reply(input_required(ended.questions, gateway_.carrier_.seal(CarriedKind::call_state, body, passage->caller(), expires)));
}

// A legacy upstream that wants pages visited first (error -32042) wants input, in the words of the modern era; the call is then
// made again. Everything else passes.
Result<Reply> Front::visits(const Passage& passage, Reply reply) const {
  const protocol::RpcError* error = reply.error();
  const bool wants = error && error->code == protocol::kLegacyUrlElicitation && reply.from && reply.from->era == protocol::Era::legacy;
  if (!wants) return reply;
  if (!protocol::facts(passage.in->method()).may_ask_input) return reply;
  auto pages = read_visits(*error);
  if (!pages) return std::move(pages).error();
  if (!client_can(passage.capabilities, Method::elicitation_create, pages->front().params))
    return Reply(protocol::missing_capability("this needs a client that can be sent to a page", R"({"elicitation":{"url":{}}})"));
  if (passage.visits >= kMostVisits)
    return Error(Code::upstream_failed, "it wanted pages visited " + std::to_string(kMostVisits) + " times and still has no result");
  std::string body = passage.digest() + "\n" + std::to_string(passage.visits + 1) + "\n";
  auto expires = std::chrono::system_clock::now() + gateway_.parked_.life();
  return Reply(input_required(*pages, gateway_.carrier_.seal(CarriedKind::call_state, body, passage.caller(), expires)));
}

// A modern upstream's state, as our clients carry it: nobody else can use it, and not for anything else.
Reply Front::wrapped(const Passage& passage, Reply reply) const {
  if (reply.result().find("\"input_required\"") == std::string_view::npos) return reply;
  if (protocol::result_type(reply.result()) != protocol::ResultType::input_required) return reply;
  std::string_view state = base::find_member(reply.result(), "requestState");
  if (!base::is_string(state)) return reply;
  std::string body = passage.digest() + "\n" + std::string(state);
  auto expires = std::chrono::system_clock::now() + kStateLives;
  std::string sealed = base::quoted(gateway_.carrier_.seal(CarriedKind::upstream_state, body, passage.caller(), expires));
  Reply out(protocol::with_members(reply.result(), {{"requestState", sealed}}));
  out.from = reply.from;
  out.hints = reply.hints;
  return out;
}

// The params with the upstream's own state, byte for byte.
Result<std::string> Front::unwrapped(const Passage& passage) const {
  auto sealed = base::json_string(passage.in->rpc.params.request_state);
  if (!sealed) return Error(Code::invalid_argument, "requestState must be a string");
  auto opened = gateway_.carrier_.open(CarriedKind::upstream_state, *sealed, passage.caller(), std::chrono::system_clock::now());
  if (!opened) return gone();
  const std::size_t end = opened->body.find('\n');
  if (opened->body.substr(0, end) != passage.digest()) return gone();
  std::string state = opened->body.substr(end + 1);
  return protocol::with_members(passage.params, {{"requestState", state}});
}

// A legacy client is asked while its call runs.
Task<Reply> Front::for_legacy(Passage* passage) {
  co_await look_at_upstream(passage);
  if (!passage->upstream_modern) {
    LinkRequest request = passage->request();
    auto desk = std::make_shared<Desk>();
    desk->out = passage->out;
    desk->revision = passage->in->rpc.revision;
    desk->capabilities = passage->capabilities;
    DeskKeeper keeper{desk};
    if (can_be_asked(passage->audience))
      request.on_question = [desk](Method method, std::string params) { return ask_at(desk, method, std::move(params)); };
    Result<Reply> reply = co_await send(*passage, std::move(request)).result();
    co_return std::move(reply);
  }
  if (passage->log_level.empty() && passage->upstream_logs) passage->log_level = kLegacyLevel;
  Reply reply = co_await send(*passage, passage->request());
  if (protocol::RpcError* error = reply.error()) {
    // It says what the client cannot do, which a legacy client's model has to learn in another way.
    if (error->code == protocol::kMissingCapability && passage->in->method() == Method::tools_call)
      co_return Reply(protocol::tool_error_result(error->message));
    co_return std::move(reply);
  }
  if (reply.result().find("\"input_required\"") == std::string_view::npos) co_return std::move(reply);
  RoundsFor rounds;
  rounds.method = passage->in->method();
  rounds.client = passage->in->rpc.revision;
  rounds.capabilities = passage->capabilities;
  rounds.params = passage->params;
  rounds.stop = passage->stop;
  SendRound sending = [this, passage](std::string params) {
    auto again = [](const Front* self, Passage* of, std::string with) -> Task<Reply> {
      LinkRequest request = of->request();
      request.params = with;
      Result<Reply> answer = co_await self->send(*of, std::move(request)).result();
      co_return std::move(answer);
    };
    return again(this, passage, std::move(params));
  };
  co_return co_await answer_rounds(std::move(reply), &rounds, &sending, passage->out);
}

}  // namespace gateway
