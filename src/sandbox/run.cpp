#include "sandbox/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "sandbox/worker.h"

namespace sandbox {
namespace {

constexpr std::array<std::string_view, 3> kOwn{"tools.find", "tools.describe", "tools.read"};
constexpr int kTrapExhausted = 8;  // the kind of trap when the call stack is used up

Answer timed_out(Millis limit) {
  Answer out;
  out.kind = Answer::Kind::failed;
  out.reason = "timeout";
  out.message = fmt::format("no answer within {} s; whether it took effect is not known", limit.count() / 1000);
  return out;
}

}  // namespace

Run::Run(base::Loop& loop, std::shared_ptr<Process> process, Script script, HostCall host)
    : loop_(loop),
      process_(std::move(process)),
      script_(std::move(script)),
      host_(std::move(host)),
      replay_(std::move(script_.record), script_.asked) {}

Run::~Run() { process_->on_event = nullptr; }

Task<Outcome> Run::drive(std::stop_token stop) {
  process_->on_event = [this] { changed_.raise(); };
  set_wall(script_.limits.wall);
  auto on_stop = [this] {
    stopped_ = true;
    changed_.raise();
  };
  std::stop_callback given_up(std::move(stop), on_stop);
  process_->send(FrameKind::run, job_body(script_));
  look();
  while (!over_) {
    co_await changed_.wait();
    look();
  }
  finish();
  co_await calls_.join();
  out_.replayed = replay_.replayed();
  out_.record = std::move(replay_).take();
  std::sort(out_.asked.begin(), out_.asked.end(), [](const Entry& a, const Entry& b) { return a.seq < b.seq; });
  out_.wall = std::chrono::duration_cast<std::chrono::microseconds>(base::Timers::now() - began_);
  co_return std::move(out_);
}

// Whatever has happened since the last look.
void Run::look() {
  if (over_) return;
  if (stopped_) return over(Fault::Kind::stopped, "the run was given up");
  while (!over_) {
    auto frame = process_->take();
    if (!frame) break;
    on_frame(*frame);
  }
  if (over_) return;
  if (asking_ && idle_ && !ended_) freeze();
  if (late_) {
    if (frozen_ || ended_) {
      over_ = true;  // what is still open does not matter any more
      return;
    }
    return over(Fault::Kind::limit,
                fmt::format("the run took its {} s", std::chrono::duration_cast<std::chrono::seconds>(script_.limits.wall).count()),
                "do less in one run");
  }
  if (process_->gone() && !ended_ && !frozen_) return on_gone();
  if ((ended_ || frozen_) && open_.empty()) over_ = true;
}

void Run::on_frame(const Frame& frame) {
  if (ended_ || frozen_) return;
  switch (frame.kind) {
    case FrameKind::call: return on_call(frame.body);
    case FrameKind::waiting: return on_waiting(frame.body);
    case FrameKind::done: return on_done(frame.body);
    case FrameKind::log:
      // The worker cuts them; this is for one that does not.
      if (const std::size_t most = script_.limits.logs + 1024; out_.logs.size() < most)
        out_.logs += std::string_view(frame.body).substr(0, most - out_.logs.size());
      return;
    default: return misbehaved("it sent what only the pool sends");
  }
}

std::string Run::name_of(std::uint32_t stub) const {
  if (stub < script_.stubs.size()) return script_.stubs[stub].server + "." + script_.stubs[stub].tool;
  stub -= static_cast<std::uint32_t>(script_.stubs.size());
  return stub < kOwn.size() ? std::string(kOwn[stub]) : std::string();
}

void Run::on_call(std::string_view body) {
  auto call = read_call(body);
  if (!call) return misbehaved(call.error().message);
  // The engine counts UTF-16 units, of which each is three bytes at most.
  if (call->arguments.size() > 3 * script_.limits.arguments) return misbehaved("arguments that are too large");
  Entry entry;
  entry.seq = call->seq;
  entry.name = name_of(call->stub);
  entry.arguments = call->arguments;
  if (entry.seq != ++issued_ || entry.name.empty()) return misbehaved("a call that cannot be");
  if (issued_ > script_.limits.calls || open_.size() >= script_.limits.parallel) return misbehaved("too many calls");
  if (auto valid = base::validate_json(std::string_view(entry.arguments)); !valid || !base::is_object(entry.arguments))
    return misbehaved("arguments that are no object");
  auto step = replay_.issued(entry.seq, entry.name, entry.arguments);
  if (!step)
    return over(Fault::Kind::diverged, step.error().message,
                "the code must do the same when it is run again: see the calls that were made");
  if (*step == Replay::Step::recorded) return;
  begin(std::move(entry));
}

// The engine has done all it can: it is the record's turn, or that of the calls under way.
void Run::on_waiting(std::string_view body) {
  FieldReader in(body);
  if (in.number() != sent_) return;  // it has not seen all answers yet
  idle_ = true;
  replay_on();
  if (!idle_ || over_) return;
  if (auto good = replay_.waiting(); !good)
    over(Fault::Kind::diverged, good.error().message, "the code must do the same when it is run again: see the calls that were made");
}

// One recorded answer after the other, as the engine asks for them; then what came meanwhile.
void Run::replay_on() {
  if (const Entry* next = replay_.next()) return send(*next);
  if (!replay_.caught_up()) return;
  for (Entry& entry : std::exchange(held_, {})) give(std::move(entry));
}

void Run::begin(Entry entry) {
  const std::uint32_t seq = entry.seq;
  Call call;
  call.seq = seq;
  call.name = entry.name;
  call.arguments = entry.arguments;
  call.deadline = base::Timers::now() + script_.limits.per_call;
  call.person = [this, seq](bool asked) { person(seq, asked); };
  Open& open = open_[seq];
  open.entry = std::move(entry);
  call.stop = open.stop.get_token();
  set_clock(seq);
  calls_.spawn(carry_out(std::move(call)));
}

void Run::set_clock(std::uint32_t seq) {
  auto late = [this, seq] {
    auto found = open_.find(seq);
    if (found == open_.end()) return;
    std::stop_source stop = found->second.stop;
    out_.unfinished.push_back(found->second.entry);
    finished(seq, timed_out(script_.limits.per_call));
    changed_.raise();
    // Last: the call may end with this at once, and the run with it.
    stop.request_stop();
  };
  open_[seq].deadline = base::Deadline(loop_.timers(), base::Timers::now() + script_.limits.per_call, late);
}

void Run::set_wall(Millis left) {
  auto late = [this] {
    late_ = true;
    changed_.raise();
  };
  wall_until_ = base::Timers::now() + left;
  wall_ = base::Deadline(loop_.timers(), wall_until_, late);
}

void Run::person(std::uint32_t seq, bool asked) {
  auto found = open_.find(seq);
  if (found == open_.end() || over_ || found->second.person == asked) return;
  found->second.person = asked;
  if (asked) {
    found->second.deadline = {};
    if (persons_++ > 0) return;
    wall_left_ = std::chrono::duration_cast<Millis>(wall_until_ - base::Timers::now());
    wall_ = {};
    return;
  }
  set_clock(seq);
  if (--persons_ == 0) set_wall(wall_left_);
}

Task<void> Run::carry_out(Call call) {
  const std::uint32_t seq = call.seq;
  Task<Answer> work = host_(std::move(call));
  Result<Answer> answer = co_await std::move(work).result();
  if (!answer) {
    Answer failed;
    failed.kind = Answer::Kind::failed;
    failed.reason = mcp::code_name(answer.error().code);
    failed.message = answer.error().leaving();
    answer = std::move(failed);
  }
  finished(seq, *std::move(answer));
  changed_.raise();
}

// A call has ended, in whatever way. Not all that comes here is still wanted.
void Run::finished(std::uint32_t seq, Answer answer) {
  auto found = open_.find(seq);
  if (found == open_.end() || over_) return;
  if (found->second.person) person(seq, false);
  Entry entry = std::move(found->second.entry);
  open_.erase(found);
  entry.answer = std::move(answer);
  if (entry.answer.kind == Answer::Kind::pause) {
    asking_ = true;
    return out_.asked.push_back(std::move(entry));
  }
  if (!entry.answer.json.empty() && (entry.answer.json.size() > script_.limits.answer || !base::validate_json(entry.answer.json))) {
    const bool large = entry.answer.json.size() > script_.limits.answer;
    entry.answer = Answer();
    entry.answer.kind = Answer::Kind::failed;
    entry.answer.reason = large ? "too_large" : "upstream_failed";
    entry.answer.message =
        large ? fmt::format("the answer is over {} bytes; it took effect", script_.limits.answer) : "the answer is no JSON; it took effect";
  }
  if (!replay_.caught_up() && !frozen_ && !ended_) return held_.push_back(std::move(entry));
  give(std::move(entry));
}

void Run::send(const Entry& entry) {
  ++sent_;
  idle_ = false;
  process_->send(FrameKind::answer, answer_body(entry.seq, entry.answer));
}

// Once a call asks, the code goes no further: what it would do next is done when it is run again.
void Run::give(Entry entry) {
  if (!asking_ && !ended_) send(entry);
  replay_.completed(std::move(entry));
}

// All that the code issued beside the call that asks has begun, and may end; the engine is not needed any more.
void Run::freeze() {
  if (std::exchange(frozen_, true)) return;
  out_.kind = Outcome::Kind::paused;
  process_->kill();
  for (Entry& entry : std::exchange(held_, {})) give(std::move(entry));
}

void Run::on_done(std::string_view body) {
  auto done = read_done(body);
  if (!done) return misbehaved(done.error().message);
  if (done->value.size() > 3 * script_.limits.result) return misbehaved("a result that is too large");
  if (done->form == DoneFrame::Form::value && !base::validate_json(done->value)) return misbehaved("a result that is no JSON");
  if (!replay_.caught_up())
    return over(Fault::Kind::diverged, replay_.waiting().error().message, "the code must do the same when it is run again");
  out_.cpu = std::chrono::microseconds(std::min<std::uint64_t>(done->cpu_us, 3'600'000'000));
  out_.unawaited = done->unawaited;
  out_.rejections = done->rejections;
  ended_ = true;
  if (done->form == DoneFrame::Form::fault) {
    out_.kind = Outcome::Kind::fault;
    out_.fault = std::move(done->fault);
    // After its limits an engine may be in any state.
    clean_ = out_.fault.kind != Fault::Kind::limit && out_.fault.kind != Fault::Kind::engine;
  } else {
    out_.kind = Outcome::Kind::value;
    out_.value = std::move(done->value);
    clean_ = true;
  }
}

void Run::on_gone() {
  const int code = process_->exit_code();
  if (code == kCpuOver)
    return over(Fault::Kind::limit, fmt::format("the code used its {} ms of processor time", script_.limits.cpu.count()),
                "do less work, or in several runs");
  if (code == kTrapped + kTrapExhausted)
    return over(Fault::Kind::limit, "the code's calls are nested too deeply", "use a loop instead of recursion");
  over(Fault::Kind::engine, "the process that ran the code ended: " + process_->end(),
       "nothing of the code goes on; run it again, or run less of it");
}

void Run::over(Fault::Kind kind, std::string message, std::string hint) {
  if (over_) return;
  over_ = true;
  out_.kind = Outcome::Kind::fault;
  out_.fault = Fault();
  out_.fault.kind = kind;
  out_.fault.message = std::move(message);
  out_.fault.hint = std::move(hint);
}

// Nothing is waited for any more but that the calls under way let go.
void Run::finish() {
  process_->on_event = nullptr;
  if (!clean_) process_->kill();
  for (Entry& entry : std::exchange(held_, {})) replay_.completed(std::move(entry));
  auto open = std::exchange(open_, {});
  for (auto& [seq, one] : open) {
    out_.unfinished.push_back(one.entry);
    if (!frozen_) continue;
    // It may have taken effect: when the run goes on, it must not be made again.
    one.entry.answer = timed_out(script_.limits.wall);
    replay_.completed(std::move(one.entry));
  }
  for (auto& [seq, one] : open) one.stop.request_stop();
}

}  // namespace sandbox
