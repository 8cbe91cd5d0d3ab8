// The part of Front that runs code: each call that the code makes takes the five lines under its real name.
#include <fmt/format.h>

#include <map>
#include <random>

#include "base/any_stop.h"
#include "base/digest.h"
#include "base/json.h"
#include "disclosure/declaration.h"
#include "gateway/bridge/questions.h"
#include "gateway/disclosure/code_values.h"
#include "gateway/disclosure/front_meta_call.h"
#include "gateway/front.h"
#include "protocol/results.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sandbox::Answer;
using sandbox::Call;
using sandbox::Outcome;
using sdk::Reply;

namespace {

// In a catalog of more tools, code gets the functions of those servers whose names stand in it.
constexpr std::size_t kManyStubs = 300;
// Rounds of questions that one run may come to.
constexpr std::size_t kMostPauses = 20;
constexpr std::string_view kStateOf = "run_code";

Error gone() {
  return Error(Code::invalid_argument,
               "this requestState is not known here: its run was gone on with, or waited too long, or it was made for another caller or "
               "other code; run the code again without it. Calls that it made before have taken effect");
}

std::uint64_t new_seed() {
  std::random_device chance;
  return (static_cast<std::uint64_t>(chance()) << 32) | chance();
}

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The keys of a call's questions among those of the run.
std::string key_prefix(std::uint32_t seq) { return "c" + std::to_string(seq) + "."; }

// Of the client's answers, those to the questions of one call, under its own keys.
std::string answers_of(std::string_view input_responses, std::uint32_t seq) {
  const std::string prefix = key_prefix(seq);
  std::string out = "{";
  for (base::Members each(base::is_object(input_responses) ? input_responses : "{}"); each.next();) {
    if (!each.key().starts_with(prefix)) continue;
    if (out.size() > 1) out += ',';
    base::append_json_string(out, each.key().substr(prefix.size()));
    out.append(":").append(each.value());
  }
  return out + "}";
}

// The outlet of one inner call: it ends with the call, tells no progress — the client asked for that of the run — and says when a person
// is being asked, so that the run's clocks stand still.
class CodeOutlet final : public sdk::Outlet {
 public:
  CodeOutlet(sdk::Outlet* outer, const Call& call) : outer_(outer), stop_(outer->stop_token(), call.stop), person_(call.person) {}

  Result<> notify(Method method, std::string_view params) override {
    return method == Method::progress ? Result<>() : outer_->notify(method, params);
  }
  Task<std::string> request(Method method, std::string params) override { return request_until(stop_.token(), method, std::move(params)); }
  Task<std::string> request_until(std::stop_token stop, Method method, std::string params) override {
    person_(true);
    Task<std::string> asking = outer_->request_until(std::move(stop), method, std::move(params));
    Result<std::string> answer = co_await std::move(asking).result();
    person_(false);
    co_return std::move(answer);
  }
  std::stop_token stop_token() const override { return stop_.token(); }
  sdk::Loop& loop() override { return outer_->loop(); }

 private:
  sdk::Outlet* outer_;
  base::AnyStop stop_;
  std::function<void(bool)> person_;
};

}  // namespace

// One run, as long as it lasts.
struct Front::CodeRun {
  MetaCall* asked = nullptr;
  std::map<std::string, const ToolBook::Tool*, std::less<>> tools;  // by what the code calls them
  std::map<std::uint32_t, std::string> states;                      // of calls that asked before: the requestState that they gave
  std::string resumed_id;                                           // of a run that goes on
  std::optional<PausedRun> resumed;                                 // ... and what it was, in case that it cannot
};

sandbox::Script Front::code_script(CodeRun* run, std::string code) const {
  const CodeConfig& config = gateway_.config_->code;
  sandbox::Script out;
  out.limits.wall = config.wall;
  out.limits.cpu = config.cpu;
  out.limits.heap = config.heap;
  out.limits.calls = config.calls;
  if (config.allow_degraded) out.walls = sandbox::Script::Walls::any;
  out.owner = run->asked->call->record.caller->id;
  const ToolBook& book = *run->asked->book;
  const bool many = book.tools().size() > kManyStubs;
  for (const ToolBook::Tool& tool : book.tools()) {
    const disclosure::CodeName name = book.code_names().of(tool.view);
    if (many && code.find(name.server) == std::string::npos) continue;
    if (!may_see(*run->asked->call->record.caller, run->asked->who, *tool.entry)) continue;
    run->tools.emplace(name.server + "." + name.tool, &tool);
    out.stubs.push_back({name.server, name.tool});
  }
  out.code = std::move(code);
  return out;
}

// What of a paused run goes on. Errors: invalid_argument.
Result<> Front::resume_code(CodeRun* run, sandbox::Script* script) {
  const sdk::Inbound& in = *run->asked->in;
  const std::string& caller = run->asked->call->record.caller->id;
  const std::string sealed = base::json_string(in.rpc.params.request_state).value_or("");
  auto opened = gateway_.carrier_.open(CarriedKind::call_state, sealed, caller, std::chrono::system_clock::now());
  if (!opened || opened->instance != gateway_.carrier_.instance()) return gone();
  // run_code, the run's id, and the digest of what was called and asked.
  const std::string& body = opened->body;
  const std::size_t one = body.find('\n'), two = one == body.npos ? one : body.find('\n', one + 1);
  if (two == body.npos || std::string_view(body).substr(0, one) != kStateOf) return gone();
  const std::string id = body.substr(one + 1, two - one - 1);
  auto paused = gateway_.code_.paused().take(id, caller, base::sha256_hex(script->code), base::Timers::now());
  if (!paused || paused->digest() != body.substr(two + 1)) return gone();
  script->seed = paused->seed;
  script->now_ms = paused->now_ms;
  script->record = paused->record;
  for (const sandbox::Entry& entry : paused->asked) run->states[entry.seq] = base::find_member(entry.answer.json, "requestState");
  script->asked = paused->asked;
  run->resumed_id = id;
  run->resumed = *std::move(paused);
  return {};
}

// What the code is told of a call before a server hears of it; nothing when it may go.
std::optional<Answer> Front::code_objection(const CodeRun& run, const ToolBook::Tool& tool, const Call& call) {
  if (!gateway_.config_->code.write && !tool.only_reads()) {
    Answer out;
    out.kind = Answer::Kind::denied;
    out.message = call.name + " may change something, and code may only read (`code.write` is off in the gateway's config)";
    return out;
  }
  const auto verdict = disclosure::check_arguments(gateway_.discloser_.schemas(), tool.view.input_schema, call.arguments);
  if (verdict.fits()) return std::nullopt;
  const disclosure::CodeName name = run.asked->book->code_names().of(tool.view);
  return code_failure(kUnfit, "these arguments do not fit " + call.name + ", and nothing was called:\n" + verdict.text() + "\n" +
                                  disclosure::declaration(tool.view, name));
}

// A page of a long answer, for `tools.read`.
Answer Front::read_long_answer(const CodeRun& run, std::string_view arguments) {
  const std::string handle = base::json_string(base::find_member(arguments, "handle")).value_or("");
  auto whole = gateway_.code_.long_answers().find(handle, run.asked->call->record.caller->id, base::Timers::now());
  if (!whole) return code_failure("not_found", "there is no long answer '" + handle.substr(0, 40) + "', or no longer");
  auto number = [&](const char* name, std::size_t otherwise) {
    std::string_view value = base::find_member(arguments, name);
    auto read = value.empty() ? Result<std::int64_t>(static_cast<std::int64_t>(otherwise)) : base::json_integer(value);
    return read && *read >= 0 ? static_cast<std::size_t>(*read) : otherwise;
  };
  const std::size_t from = std::min(number("offset", 0), whole->size());
  const std::size_t limit = std::clamp<std::size_t>(number("limit", kCodeAnswer), 1, whole->size() + 1);
  Answer out;
  out.json = base::quoted(std::string_view(*whole).substr(from, page_end(*whole, from, limit) - from));
  return out;
}

// find_tools and describe_tools, as the code's own functions: their text.
Task<Answer> Front::code_lookup(CodeRun* run, Call call) {
  if (call.name == "tools.read") co_return read_long_answer(*run, call.arguments);
  InnerCall inner;
  inner.name = call.name == "tools.find" ? "find_tools" : "describe_tools";
  inner.arguments = call.arguments;
  const InnerRequest request(inner, *run->asked->in);
  MetaCall asked{run->asked->call, &request.inbound(), run->asked->out, run->asked->who, nullptr};
  Result<Reply> reply = Error(Code::internal, "nothing was asked");
  if (call.name == "tools.find")
    reply = co_await find_tools(&asked).result();
  else
    reply = co_await describe_tools(&asked).result();
  co_return code_answer(std::move(reply));
}

Task<Answer> Front::code_call(CodeRun* run, Call call) {
  auto found = run->tools.find(call.name);
  if (found == run->tools.end()) co_return co_await code_lookup(run, std::move(call));
  // What is under that name now: the run may have waited for a person since it began.
  const std::string& name = found->second->entry->public_name;
  std::shared_ptr<const ToolBook> book = run->asked->book;
  if (auto now = catalog(run->asked->who); now && now != book->catalog()) book = gateway_.discloser_.book(now);
  const ToolBook::Tool* tool = book->find(name);
  if (!tool || !may_see(*run->asked->call->record.caller, run->asked->who, *tool->entry))
    co_return code_failure("not_found", "there is no tool " + call.name + " any more");
  if (auto objection = code_objection(*run, *tool, call)) co_return *std::move(objection);
  InnerCall inner;
  inner.name = name;
  inner.arguments = call.arguments;
  inner.origin = authz::Disclosure::code;
  if (auto state = run->states.find(call.seq); state != run->states.end()) {
    inner.input_responses = answers_of(run->asked->in->rpc.params.input_responses, call.seq);
    inner.request_state = state->second;
  }
  bool refused = false;
  inner.refused = &refused;
  CodeOutlet out(run->asked->out, call);
  Task<Reply> calling = call_within(run->asked->call, run->asked->in, &out, std::move(inner));
  Result<Reply> reply = co_await std::move(calling).result();
  Answer answer = code_answer(std::move(reply));
  if (refused && answer.kind == Answer::Kind::tool_error) answer.kind = Answer::Kind::denied;
  co_return answer;
}

// The questions of all calls that ask, as one InputRequiredResult. Errors: upstream_failed.
Result<Reply> Front::code_questions(const CodeRun& run, const sandbox::Script& script, Outcome outcome) {
  std::vector<ClientQuestion> questions;
  for (const sandbox::Entry& entry : outcome.asked) {
    auto some = read_questions(entry.answer.json);
    if (!some) return std::move(some).error().in(entry.name);
    for (ClientQuestion& question : *some) {
      question.key.insert(0, key_prefix(entry.seq));
      questions.push_back(std::move(question));
    }
  }
  if (questions.empty() || questions.size() > kMostQuestions)
    return Error(Code::upstream_failed, outcome.asked.front().name + " wants to ask, and asks nothing or too much");
  const std::string& caller = run.asked->call->record.caller->id;
  PausedRun paused;
  paused.caller = caller;
  paused.code_digest = base::sha256_hex(script.code);
  paused.seed = script.seed;
  paused.now_ms = script.now_ms;
  paused.record = std::move(outcome.record);
  paused.asked = std::move(outcome.asked);
  const std::string digest = paused.digest();
  paused.rounds = run.resumed ? run.resumed->rounds + 1 : 1;
  if (paused.rounds > kMostPauses) return Error(Code::upstream_failed, "this run asked too often");
  const auto id = gateway_.code_.paused().keep(std::move(paused), base::Timers::now());
  if (!id) return Error(Code::too_large, "what was called so far is too large to be kept while somebody is asked; do less in one run");
  const std::string body = std::string(kStateOf) + "\n" + *id + "\n" + digest;
  const auto expires = std::chrono::system_clock::now() + PausedRuns::kLives;
  return Reply(input_required(questions, gateway_.carrier_.seal(CarriedKind::call_state, body, caller, expires)));
}

// What the model gets: all of it, or its beginning with how to read on.
Reply Front::code_reply(const CodeRun& run, const Outcome& outcome) {
  std::string text = code_text(outcome);
  if (text.size() > kCodeAnswer) {
    const std::size_t whole = text.size(), end = page_end(text, 0, kCodeAnswer);
    std::string handle = KeptResults::new_handle();
    std::string page = text.substr(0, end);
    page += fmt::format("\n\n[{} of {} bytes; read on in run_code: return await tools.read(\"{}\", {{ offset: {} }})]", end, whole, handle,
                        end);
    gateway_.code_.long_answers().keep(std::move(handle), run.asked->call->record.caller->id, std::move(text), base::Timers::now());
    text = std::move(page);
  }
  if (outcome.kind == Outcome::Kind::value) return Reply(text_result(text));
  return Reply(protocol::tool_error_result(text));
}

Task<Reply> Front::run_code(MetaCall* asked) {
  auto code = base::json_string(
      base::find_member(base::is_object(asked->in->rpc.params.arguments) ? asked->in->rpc.params.arguments : "{}", "code"));
  if (!code)
    co_return Reply(protocol::tool_error_result("`code` must be a string: JavaScript, for instance the body of an async function"));
  auto whole = co_await settled(asked->who, asked->out->stop_token());
  asked->book = gateway_.discloser_.book(whole);
  CodeRun run;
  run.asked = asked;
  sandbox::Script script = code_script(&run, *std::move(code));
  script.seed = new_seed();
  script.now_ms = wall_ms();
  if (!asked->in->rpc.params.request_state.empty()) co_await resume_code(&run, &script);
  sandbox::HostCall host = [this, &run](Call call) { return code_call(&run, std::move(call)); };
  base::AnyStop stop(asked->out->stop_token(), gateway_.ending_.get_token());
  Task<Outcome> running = gateway_.code_.pool().run(script, host, stop.token());
  Result<Outcome> outcome = co_await std::move(running).result();
  if (!outcome) {
    const Code why = outcome.error().code;
    if (run.resumed && (why == Code::rate_limited || why == Code::unavailable))
      gateway_.code_.paused().put_back(run.resumed_id, *std::move(run.resumed), base::Timers::now());
    // What is wrong with the code is for the model to mend.
    if (outcome.error().code == Code::invalid_argument) co_return Reply(protocol::tool_error_result(outcome.error().message));
    co_return std::move(outcome).error();
  }
  if (outcome->kind == Outcome::Kind::paused) {
    Result<Reply> questions = code_questions(run, script, *outcome);
    if (questions) co_return std::move(questions);
    // The calls that were made have taken effect: the model hears of them.
    outcome->kind = Outcome::Kind::fault;
    outcome->fault = sandbox::Fault();
    outcome->fault.kind = sandbox::Fault::Kind::limit;
    outcome->fault.message = questions.error().message;
  }
  co_return code_reply(run, *outcome);
}

void Gateway::warm_code() {
  bool shown = config_->disclosure == Disclosure::code;
  for (const auto& [name, profile] : config_->profiles) shown = shown || profile->disclosure == Disclosure::code;
  if (shown) code_.pool().warm();
}

}  // namespace gateway
