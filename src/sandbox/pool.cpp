#include "sandbox/pool.h"

#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <set>

#include "base/log.h"
#include "sandbox/process.h"
#include "sandbox/run.h"

namespace sandbox {
namespace {

constexpr std::size_t kMostHeap = 1024ULL * 1024 * 1024;

bool identifier(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; };
  if (name.empty() || !letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

Result<> good(const Script& script) {
  const Limits& limits = script.limits;
  if (script.code.size() > limits.code)
    return Error(Code::invalid_argument,
                 "the code has " + std::to_string(script.code.size()) + " bytes, over the limit of " + std::to_string(limits.code));
  if (limits.heap > kMostHeap) return Error(Code::invalid_argument, "the heap of a run is at most 1 GB");
  if (limits.parallel == 0) return Error(Code::invalid_argument, "a run needs at least one call at once");
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Stub& stub : script.stubs) {
    if (!identifier(stub.server) || !identifier(stub.tool) || stub.server == "tools" || stub.server == "console" ||
        stub.server == "ToolError")
      return Error(Code::invalid_argument, "'" + stub.server + "." + stub.tool + "' cannot be the name of a function");
    if (!seen.emplace(stub.server, stub.tool).second)
      return Error(Code::invalid_argument, "'" + stub.server + "." + stub.tool + "' comes twice");
  }
  return {};
}

}  // namespace

std::string_view kind_name(Fault::Kind kind) {
  switch (kind) {
    case Fault::Kind::syntax: return "syntax";
    case Fault::Kind::runtime: return "runtime";
    case Fault::Kind::tool: return "tool";
    case Fault::Kind::denied: return "denied";
    case Fault::Kind::limit: return "limit";
    case Fault::Kind::diverged: return "diverged";
    case Fault::Kind::stopped: return "stopped";
    case Fault::Kind::engine: return "engine";
  }
  return "engine";
}

class Pool::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(base::Loop& l, PoolOptions o) : loop(l), options(std::move(o)) {}

  Task<Outcome> run(Script script, HostCall host, std::stop_token stop);
  Task<void> place(std::stop_token stop);
  Result<std::shared_ptr<Process>> take(const std::string& owner);
  void give_back(std::shared_ptr<Process> process, const std::string& owner);
  void leave();
  void refill();
  void refill_soon();
  void drop_old();
  void tell(const Process& process);
  Task<void> ready(std::shared_ptr<Process> process, std::stop_token stop);

  base::Loop& loop;
  PoolOptions options;
  std::deque<std::shared_ptr<Process>> fresh;  // served nobody yet
  std::list<std::shared_ptr<Process>> kept;    // each for its owner
  std::list<base::OneShot<void>*> waiting;
  std::map<std::string, std::size_t> owners;  // runs of each, also those that wait
  std::size_t running = 0;
  std::stop_source closing;
  base::Waiters idle;
  base::Deadline sweep;
  bool told = false;
};

// Waits for a place among those that run.
Task<void> Pool::Core::place(std::stop_token stop) {
  if (running < options.running) {
    ++running;
    co_return;
  }
  if (waiting.size() >= options.waiting) co_await mcp::fail(Code::rate_limited, "too much code runs already; try again later");
  base::OneShot<void> turn;
  waiting.push_back(&turn);
  auto self = shared_from_this();
  const base::Instant until = base::Timers::now() + options.patience;
  Task<void> wait = base::wait_for(turn, loop.timers(), std::move(stop), until);
  Result<> came = co_await std::move(wait).result();
  waiting.remove(&turn);
  if (came) co_return;
  if (came.error().code == Code::timeout) co_await mcp::fail(Code::rate_limited, "too much code runs already; try again later");
  co_await std::move(came);
}

void Pool::Core::leave() {
  if (!waiting.empty()) {  // the place goes on to the next
    auto* next = waiting.front();
    waiting.pop_front();
    return next->set(Result<>());
  }
  if (--running == 0) idle.wake({});
}

// Says once which walls hold.
void Pool::Core::tell(const Process& process) {
  if (told || !process.walls()) return;
  told = true;
  for (const std::string& missing : process.walls()->missing) base::log::warn("a wall around run_code does not hold", {{"wall", missing}});
}

Result<std::shared_ptr<Process>> Pool::Core::take(const std::string& owner) {
  drop_old();
  for (auto at = kept.begin(); at != kept.end(); ++at) {
    if ((*at)->owner != owner) continue;
    auto out = std::move(*at);
    kept.erase(at);
    return out;
  }
  while (!fresh.empty()) {
    auto out = std::move(fresh.front());
    fresh.pop_front();
    if (out->gone()) continue;
    refill_soon();
    return out;
  }
  refill_soon();
  return Process::start(loop, options.program);
}

void Pool::Core::give_back(std::shared_ptr<Process> process, const std::string& owner) {
  process->owner = owner;
  process->kept_since = base::Timers::now();
  if (process->gone() || ++process->served >= options.reuse || closing.stop_requested()) return process->kill();
  kept.push_back(std::move(process));
  if (kept.size() > options.running) {
    kept.front()->kill();
    kept.pop_front();
  }
  if (kept.size() > 1) return;
  auto again = [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->drop_old();
  };
  sweep = base::Deadline(loop.timers(), base::Timers::now() + options.reuse_time + base::Timers::kTick, again);
}

void Pool::Core::drop_old() {
  const base::Instant now = base::Timers::now();
  auto old = [&](const std::shared_ptr<Process>& process) {
    if (!process->gone() && now - process->kept_since < options.reuse_time) return false;
    process->kill();
    return true;
  };
  kept.remove_if(old);
  if (kept.empty()) return;
  auto again = [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->drop_old();
  };
  sweep = base::Deadline(loop.timers(), kept.front()->kept_since + options.reuse_time + base::Timers::kTick, again);
}

void Pool::Core::refill_soon() {
  loop.post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->refill();
  });
}

void Pool::Core::refill() {
  std::erase_if(fresh, [](const auto& process) { return process->gone(); });
  while (fresh.size() < options.ready && !closing.stop_requested()) {
    auto process = Process::start(loop, options.program);
    if (!process) {
      base::log::warn("a worker for run_code cannot be started", {{"error", process.error().message}});
      return;
    }
    fresh.push_back(std::move(*process));
  }
}

// Waits until the process has said which walls hold, or is gone.
Task<void> Pool::Core::ready(std::shared_ptr<Process> process, std::stop_token stop) {
  if (process->walls() || process->gone()) co_return;
  base::OneShot<void> said;
  process->on_event = [&said, raw = process.get()] {
    if (raw->walls() || raw->gone()) said.set(Result<>());
  };
  const base::Instant until = base::Timers::now() + options.start_time;
  Task<void> wait = base::wait_for(said, loop.timers(), std::move(stop), until);
  Result<> came = co_await std::move(wait).result();
  process->on_event = nullptr;
  if (came) co_return;
  if (came.error().code != Code::cancelled) process->kill();
  co_await std::move(came);
}

Task<Outcome> Pool::Core::run(Script script, HostCall host, std::stop_token stop) {
  auto self = shared_from_this();
  co_await good(script);
  if (closing.stop_requested()) co_await mcp::fail(Code::unavailable, "no code is run any more");
  const std::string owner = script.owner;
  // Nobody takes all places.
  if (owners[owner] >= options.of_one_owner)
    co_await mcp::fail(Code::rate_limited,
                       "this caller has " + std::to_string(options.of_one_owner) + " runs of code already; let one end");
  struct Share {
    Core* core;
    const std::string& owner;
    Share(Core* of, const std::string& whose) : core(of), owner(whose) { ++core->owners[owner]; }
    ~Share() {
      if (--core->owners[owner] == 0) core->owners.erase(owner);
    }
  } const share(this, owner);
  co_await place(stop);
  struct Leave {
    Core* core;
    ~Leave() { core->leave(); }
  } const leave{this};
  // A worker that died while it was kept is replaced once; the code has not begun then.
  auto process = take(owner);
  if (!process) co_return std::move(process).error();
  if (script.walls == Script::Walls::needed) {
    Task<void> said = ready(*process, stop);
    Result<> came = co_await std::move(said).result();
    // A run that was stopped ends below, as others do.
    if (!came && came.error().code != Code::cancelled) co_return std::move(came).error();
    const auto& walls = (*process)->walls();
    tell(**process);
    if (walls && !walls->seccomp) {
      std::string missing;
      for (const std::string& one : walls->missing) (missing += missing.empty() ? "" : "; ") += one;
      give_back(*process, owner);
      co_await mcp::fail(Code::denied, "code is not run, as a wall of its sandbox does not hold on this machine: " + missing +
                                           "; see 'gatehouse doctor', or allow it with code: { allow_degraded: true }");
    }
  }
  std::stop_source ended;
  auto end = [&ended] { ended.request_stop(); };
  std::stop_callback by_caller(std::move(stop), end);
  std::stop_callback by_pool(closing.get_token(), end);
  Run one(loop, *process, std::move(script), std::move(host));
  Task<Outcome> drive = one.drive(ended.get_token());
  Result<Outcome> out = co_await std::move(drive).result();
  tell(**process);
  const bool never_ready = !(*process)->walls() && (*process)->gone();
  if (one.clean()) give_back(*process, owner);
  if (never_ready && out && out->fault.kind == Fault::Kind::engine)
    co_return Error(Code::unavailable, "a worker for run_code cannot be started: " + (*process)->end());
  co_return std::move(out);
}

Pool::Pool(base::Loop& loop, PoolOptions options) : core_(std::make_shared<Core>(loop, std::move(options))) {}

Pool::~Pool() {
  core_->closing.request_stop();
  core_->sweep = {};
}

void Pool::warm() { core_->refill(); }

Task<Outcome> Pool::run(Script script, HostCall host, std::stop_token stop) {
  return core_->run(std::move(script), std::move(host), std::move(stop));
}

Task<Layers> Pool::layers() {
  auto core = core_;
  std::shared_ptr<Process> process;
  for (const auto* list : {&core->fresh})
    for (const auto& one : *list)
      if (one->walls()) co_return *one->walls();
  for (const auto& one : core->kept)
    if (one->walls()) co_return *one->walls();
  auto started = Process::start(core->loop, core->options.program);
  if (!started) co_return std::move(started).error();
  process = std::move(*started);
  Task<void> waiting = core->ready(process, core->closing.get_token());
  Result<> came = co_await std::move(waiting).result();
  if (!came) co_return std::move(came).error();
  if (!process->walls()) co_return Error(Code::unavailable, "a worker for run_code cannot be started: " + process->end());
  core->tell(*process);
  Layers out = *process->walls();
  core->fresh.push_back(std::move(process));
  co_return out;
}

Task<void> Pool::stop() {
  auto core = core_;
  core->closing.request_stop();
  while (core->running) {
    const base::Instant until = base::Timers::now() + Millis(60'000);
    Task<void> wait = core->idle.wait(core->loop.timers(), std::stop_token(), until);
    (void)co_await std::move(wait).result();
  }
  for (auto& process : core->fresh) process->kill();
  for (auto& process : core->kept) process->kill();
  core->fresh.clear();
  core->kept.clear();
}

std::size_t Pool::workers() const { return core_->fresh.size() + core_->kept.size() + core_->running; }
std::size_t Pool::runs() const { return core_->running; }

}  // namespace sandbox
