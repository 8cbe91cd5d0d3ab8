#include "sandbox/worker.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <memory>

#include "sandbox/confine.h"
#include "sandbox/engine.h"
#include "sandbox/engine_trap.h"
#include "sandbox/frames.h"

extern "C" void gatehouse_engine_trap(int code) { ::_exit(sandbox::kTrapped + (code & 0xf)); }

namespace sandbox {
namespace {

// The engine looks at the clock between its own steps, and a long built-in is one step: this much later the process ends.
constexpr std::uint64_t kCpuGraceUs = 60'000;

void out_of_time(int) { ::_exit(kCpuOver); }

void send(FrameKind kind, std::string_view body) {
  const std::string bytes = frame_bytes(kind, body);
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t wrote = ::write(kWorkerSocket, left.data(), left.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) ::_exit(kGoodbye);
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

Frame receive(FrameReader& reader) {
  static char buffer[64 * 1024];
  for (;;) {
    auto frame = reader.next();
    if (!frame) ::_exit(kBadFrame);
    if (*frame) return std::move(**frame);
    const ssize_t got = ::read(kWorkerSocket, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) ::_exit(kGoodbye);
    reader.add({buffer, static_cast<std::size_t>(got)});
  }
}

void set_cpu_alarm(std::uint64_t us) {
  itimerval timer{};
  timer.it_value = {static_cast<time_t>(us / 1'000'000), static_cast<suseconds_t>(us % 1'000'000)};
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

// One script: what the engine says, bounded and sent.
class Run final : public Engine::Host {
 public:
  Run() : engine_(*this) {}

  void go(const Job& job, FrameReader& reader) {
    logs_left_ = job.logs;
    parallel_ = job.parallel;
    set_cpu_alarm(job.cpu_us + kCpuGraceUs);
    engine_.begin(job);
    std::uint64_t taken = 0;
    while (!engine_.done()) {
      begin_calls();
      flush_log();
      if (open_ == 0) {
        engine_.never_ends();
        break;
      }
      send(FrameKind::waiting, FieldWriter().number(taken).take());
      const Frame frame = receive(reader);
      auto answer = read_answer(frame.body);
      if (frame.kind != FrameKind::answer || !answer) ::_exit(kBadFrame);
      ++taken;
      --open_;
      engine_.settle(*answer);
    }
    set_cpu_alarm(0);
    flush_log();
    DoneFrame done = engine_.result();
    done.cpu_us = engine_.cpu_us();
    done.unawaited = waiting_.size();
    send(FrameKind::done, done_body(done));
  }

  void called(std::uint32_t seq, std::uint32_t stub, std::string_view arguments) override {
    waiting_.push_back({seq, stub, std::string(arguments)});
    begin_calls();
  }

  void logged(std::string_view text) override {
    if (cut_) return;
    if (text.size() > logs_left_) {
      cut_ = true;
      log_.append(text.substr(0, logs_left_));
      log_ += "\n[more was logged than is kept]\n";
      return flush_log();
    }
    logs_left_ -= text.size();
    log_ += text;
    if (log_.size() > 4096) flush_log();
  }

 private:
  struct Waiting {
    std::uint32_t seq, stub;
    std::string arguments;
  };

  void begin_calls() {
    while (!waiting_.empty() && open_ < parallel_) {
      const Waiting& next = waiting_.front();
      send(FrameKind::call, call_body({next.seq, next.stub, next.arguments}));
      waiting_.pop_front();
      ++open_;
    }
  }

  void flush_log() {
    if (log_.empty()) return;
    send(FrameKind::log, log_);
    log_.clear();
  }

  Engine engine_;
  std::deque<Waiting> waiting_;
  std::string log_;
  std::uint64_t logs_left_ = 0, parallel_ = 0, open_ = 0;
  bool cut_ = false;
};

}  // namespace

bool is_worker(int argc, char** argv) { return argc == 2 && std::strcmp(argv[1], kWorkerCommand) == 0; }

int run_worker() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "run-code");
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  ::close_range(kWorkerSocket + 1, ~0U, 0);
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGPROF, out_of_time);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  prepare_engines();
  send(FrameKind::ready, layers_body(confine()));

  FrameReader reader(kMaxFrame);
  for (;;) {
    // The next engine is made while nobody waits for it.
    auto run = std::make_unique<Run>();
    Frame frame = receive(reader);
    // Answers of the run before, which ended without them.
    while (frame.kind == FrameKind::answer) frame = receive(reader);
    auto job = read_job(frame.body);
    if (frame.kind != FrameKind::run || !job) ::_exit(kBadFrame);
    run->go(*job, reader);
    run.reset();
  }
}

}  // namespace sandbox
