// What a box costs a start: until the program runs, in a box and without one; and a line to and fro.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "sandbox/child/box.h"
#include "sandbox/child/exposure.h"

namespace {

using namespace sandbox::child;

enum class Walls { none, all };

struct Running {
  pid_t pid = -1;
  int input = -1, output = -1;
};

const std::string& plan() {
  static const std::string bytes = [] {
    Exposure exposure("/root", "/usr/bin:/bin");
    exposure.add_runtime();
    Plan out = exposure.take();
    if (::geteuid() == 0) out.outer_id = 0x7000'0002;
    return plan_bytes(out);
  }();
  return bytes;
}

// Starts `cat`, and gives it back once it runs.
Running start_cat(Walls walls) {
  static const std::vector<std::string> argv{"/bin/cat"}, environment{"PATH=/usr/bin:/bin"};
  static const std::string directory = "/";
  int input[2], output[2], failure[2], outlet[2];
  if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0 || ::pipe2(failure, O_CLOEXEC) != 0 ||
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, outlet) != 0)
    throw std::runtime_error("no pipes");
  Running out;
  if (walls == Walls::all) {
    std::string why;
    auto tell = [&failure](int, std::string_view what) { (void)!::write(failure[1], what.data(), what.size()); };
    out.pid = start({plan(), argv, environment, directory, input[0], output[1], output[1], outlet[0], failure[1], tell}, why);
  } else {
    out.pid = ::fork();
    if (out.pid == 0) {
      ::dup2(input[0], 0);
      ::dup2(output[1], 1);
      ::execl("/bin/cat", "cat", nullptr);
      ::_exit(1);
    }
  }
  for (int fd : {input[0], output[1], failure[1], outlet[0], outlet[1]}) ::close(fd);
  char word[200];
  const bool refused = ::read(failure[0], word, sizeof word) > 0;
  ::close(failure[0]);
  if (out.pid < 0 || refused) throw std::runtime_error("no box on this machine");
  out.input = input[1];
  out.output = output[0];
  return out;
}

void end(const Running& running) {
  ::close(running.input);
  ::close(running.output);
  ::waitpid(running.pid, nullptr, 0);
}

void start_of(benchmark::State& state, Walls walls) {
  for (auto _ : state) {
    const Running running = start_cat(walls);
    state.PauseTiming();
    end(running);
    state.ResumeTiming();
  }
}

void line_of(benchmark::State& state, Walls walls) {
  const Running running = start_cat(walls);
  const std::string line(200, 'x');
  char back[256];
  for (auto _ : state) {
    if (::write(running.input, line.data(), line.size()) < 0 || ::read(running.output, back, sizeof back) < 0) break;
  }
  end(running);
}

BENCHMARK_CAPTURE(start_of, plain, Walls::none)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(start_of, box, Walls::all)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(line_of, plain, Walls::none)->UseRealTime()->Unit(benchmark::kNanosecond);
BENCHMARK_CAPTURE(line_of, box, Walls::all)->UseRealTime()->Unit(benchmark::kNanosecond);

}  // namespace
