// The part of ServerCore that asks clients: rounds of the modern era, requests to the client in the legacy one.
#include "mcp/ask.h"

#include <array>

#include "base/json.h"
#include "base/task_group.h"
#include "protocol/splice.h"
#include "sdk/deprecations.h"
#include "sdk/once.h"
#include "sdk/question.h"
#include "sdk/server_core.h"
#include "sdk/session.h"

namespace mcp {

InputRequest elicit(std::string key, std::string_view message, std::string_view schema_json) {
  JsonWriter w;
  w.object().field("mode", "form").field("message", message).key("requestedSchema").raw(schema_json).end();
  return {std::move(key), "elicitation/create", std::move(w).text()};
}
InputRequest sample(std::string key, std::string params_json) { return {std::move(key), "sampling/createMessage", std::move(params_json)}; }
InputRequest list_roots(std::string key) { return {std::move(key), "roots/list", "{}"}; }

Error ask(std::vector<InputRequest> requests, std::string_view state) {
  JsonWriter w;
  w.object().key("inputRequests").object();
  for (const auto& one : requests) w.key(one.key).object().field("method", one.method).key("params").raw(one.params).end();
  w.end().field("state", state).end();
  return Error(Code::conflict, std::string(detail::kInputRequired)).with_data(std::move(w).text());
}

}  // namespace mcp

namespace sdk {

using mcp::Json;
using mcp::JsonView;
using mcp::JsonWriter;

namespace {

constexpr std::chrono::minutes kStateLives{10};
constexpr std::array kKinds = {protocol::Method::elicitation_create, protocol::Method::sampling_create_message,
                               protocol::Method::roots_list};

// What a question needs of its client: the name of the capability, and the ClientCapabilities that have it, as JSON text.
struct Need {
  std::string_view name, capabilities;
};
Need need_of(JsonView question) {
  std::string_view method = question["method"].string_or("");
  if (method == "sampling/createMessage") return {"sampling", R"({"sampling":{}})"};
  if (method == "roots/list") return {"roots", R"({"roots":{}})"};
  if (question["params"]["mode"].string_or("") == "url") return {"elicitation.url", R"({"elicitation":{"url":{}}})"};
  return {"elicitation.form", R"({"elicitation":{}})"};
}

// All answers so far: the later one of two to the same question.
std::string both(JsonView earlier, JsonView later) {
  JsonWriter w;
  w.object();
  earlier.each_member([&](std::string_view key, JsonView value) {
    if (!later[key]) w.key(key).raw(value.text());
  });
  later.each_member([&](std::string_view key, JsonView value) { w.key(key).raw(value.text()); });
  w.end();
  return std::move(w).text();
}

// Sampling and roots are deprecated.
void report_use(const mcp::PeerInfo& client, std::string_view method, JsonView params) {
  using protocol::Deprecated;
  const bool sampling = method == "sampling/createMessage";
  if (!sampling && method != "roots/list") return;
  std::string peer = peer_name(client.name, client.version);
  report_deprecated(peer, sampling ? Deprecated::sampling : Deprecated::roots);
  if (auto context = params["includeContext"].string_or("none"); sampling && context != "none")
    report_deprecated(peer, Deprecated::include_context);
}

// One question to a legacy client.
struct Asked {
  std::string key;
  protocol::Method method = protocol::Method::unknown;
  std::string params;
  Result<std::string> answer = Error(Code::cancelled, "it was not asked");
};

Asked asked_of(std::string_view key, JsonView question) {
  Asked out;
  out.key = key;
  out.method = protocol::find_method(question["method"].string_or(""));
  JsonView params = question["params"];
  out.params = params.text();
  // The legacy era wants a name for a visit to a page.
  if (params["mode"].string_or("") == "url" && !params["elicitationId"])
    out.params = protocol::with_members(out.params, {{"elicitationId", base::quoted(random_id())}});
  const std::string name = base::quoted(key);
  out.params = protocol::with_meta(out.params.empty() ? "{}" : out.params, {{kQuestionKey, name}});
  return out;
}

// Those of one kind one after the other: a person looks at one form at a time. The first that fails ends all.
Task<void> ask_kind(std::vector<Asked>* all, protocol::Method kind, std::shared_ptr<CallState> call, std::stop_source failed) {
  for (Asked& one : *all) {
    if (one.method != kind || failed.stop_requested()) continue;
    if (!call->outlet()) {
      one.answer = Error(Code::cancelled, "the call has ended");
    } else {
      Task<std::string> asking = call->outlet()->request_until(failed.get_token(), one.method, std::move(one.params));
      one.answer = co_await std::move(asking).result();
    }
    if (one.answer || failed.stop_requested()) continue;
    failed.request_stop();
    co_await mcp::fail(one.answer.error());
  }
}

// A person, a model and a list of folders do not wait for each other. Error: that of the first that failed.
Task<void> ask_all(std::vector<Asked>* all, std::shared_ptr<CallState> call) {
  std::stop_source failed;
  std::optional<Error> why;
  base::TaskGroup kinds([&why](const Error& error) {
    if (!why) why = error;
  });
  for (protocol::Method kind : kKinds) kinds.spawn(ask_kind(all, kind, call, failed));
  co_await kinds.join();
  if (why) co_await mcp::fail(*std::move(why));
}

}  // namespace

bool is_question(const Error& error) { return error.code == Code::conflict && error.message == mcp::detail::kInputRequired; }

std::optional<protocol::RpcError> lacking_capability(JsonView requests, const CallState& call) {
  for (std::size_t i = 0; i < requests.size(); ++i) {
    JsonView question = requests.at(i);
    Need need = need_of(question);
    report_use(call.client(), question["method"].string_or(""), question["params"]);
    if (call.client_can(need.name)) continue;
    return protocol::missing_capability("this needs a client with the capability '" + std::string(need.name) + "'", need.capabilities);
  }
  return std::nullopt;
}

// A state is good for the very request that it was made for, of the same caller.
std::string ServerCore::seal_context(const Inbound& in) {
  std::string context(in.principal);
  context.append("\n").append(in.rpc.message.method).append("\n").append(in.rpc.name).append("\n").append(in.rpc.params.arguments);
  return context;
}

Result<> ServerCore::take_answers(const Inbound& in, CallState& call) {
  if (!in.modern()) return {};
  const auto& params = in.rpc.params;
  if (!params.input_responses.empty() && !base::is_object(params.input_responses))
    return Error(Code::invalid_argument, "inputResponses must be an object");
  std::string answers = params.input_responses.empty() ? "{}" : std::string(params.input_responses), state;
  if (!params.request_state.empty()) {
    auto sealed = base::json_string(params.request_state);
    if (!sealed) return Error(Code::invalid_argument, "requestState must be a string");
    auto opened = sealer_.open(*sealed, seal_context(in), std::chrono::system_clock::now());
    if (!opened) return std::move(opened).error();
    auto before = Json::parse(*opened), now = Json::parse(answers);
    if (!before) return std::move(before).error();
    if (!now) return std::move(now).error();
    state = (*before)["state"].string_or("");
    answers = both((*before)["answers"], now->root());
  }
  call.answered(std::move(answers), std::move(state));
  return {};
}

Task<std::optional<Reply>> ServerCore::question(Error error, std::shared_ptr<CallState> call, std::string context, Era era) {
  Json asked = co_await Json::parse(error.data);
  JsonView requests = asked["inputRequests"];
  if (auto lacking = lacking_capability(requests, *call)) co_return std::optional<Reply>(Reply(*std::move(lacking)));
  std::string state(asked["state"].string_or(""));
  if (era == Era::modern) {
    JsonWriter w;
    w.object().field("resultType", "input_required");
    if (requests.size() > 0) w.key("inputRequests").raw(requests.text());
    // A client answers what it was asked last: what it answered before travels with the state.
    const bool answered = call->answers() != "{}";
    if (!state.empty() || answered || requests.size() == 0) {
      JsonWriter kept;
      kept.object().field("state", state);
      if (answered) kept.key("answers").raw(call->answers());
      kept.end();
      w.field("requestState", sealer_.seal(kept.text(), context, std::chrono::system_clock::now() + kStateLives));
    }
    w.end();
    Reply reply(std::move(w).text());
    co_return std::optional<Reply>(std::move(reply));
  }
  std::vector<Asked> all;
  for (std::size_t i = 0; i < requests.size(); ++i) all.push_back(asked_of(requests.key(i), requests.at(i)));
  co_await ask_all(&all, call);
  JsonWriter answers;
  answers.object();
  for (const Asked& one : all) answers.key(one.key).raw(*one.answer);
  answers.end();
  Json before = co_await Json::parse(call->answers()), now = co_await Json::parse(answers.text());
  call->answered(both(before.root(), now.root()), std::move(state));
  co_return std::optional<Reply>();
}

}  // namespace sdk
