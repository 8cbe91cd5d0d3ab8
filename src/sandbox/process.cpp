#include "sandbox/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/write.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "sandbox/confine.h"
#include "sandbox/worker.h"

namespace sandbox {
namespace {

namespace asio = boost::asio;
using base::ErrorCode;

constexpr std::size_t kReadSize = 64 * 1024;

Error cannot_start(int error) { return Error(Code::unavailable, std::string("cannot start a process for code: ") + std::strerror(error)); }

// Nothing of this process's environment is the worker's business, but where its libraries are.
std::vector<std::string> environment() {
  std::vector<std::string> out;
  if (const char* libraries = std::getenv("LD_LIBRARY_PATH")) out.push_back(std::string("LD_LIBRARY_PATH=") + libraries);
  return out;
}

}  // namespace

Result<std::shared_ptr<Process>> Process::start(base::Loop& loop, const std::string& program) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return cannot_start(errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], kWorkerSocket);
  std::string name = "gatehouse", command = kWorkerCommand;
  char* const argv[] = {name.data(), command.data(), nullptr};
  auto variables = environment();
  std::vector<char*> envp;
  for (auto& one : variables) envp.push_back(one.data());
  envp.push_back(nullptr);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, envp.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed) {
    ::close(ends[0]);
    return cannot_start(failed);
  }
  std::shared_ptr<Process> out(new Process(loop, pid));
  ErrorCode error;
  out->socket_.assign(asio::local::stream_protocol(), ends[0], error);
  if (error) {
    ::close(ends[0]);
    return Error(Code::unavailable, "cannot start a process for code: " + error.message());
  }
  out->read();
  return out;
}

Process::~Process() {
  kill();
  reap();
}

void Process::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

// Its socket closes after its memory is gone, so this hardly waits.
void Process::reap() {
  if (pid_ <= 0) return;
  int status = 0;
  pid_t got = 0;
  while ((got = ::waitpid(pid_, &status, 0)) < 0 && errno == EINTR) {}
  pid_ = 0;
  if (!end_.empty()) return;
  if (got < 0) {
    end_ = "lost";
  } else if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    end_ = std::string("killed by ") + (name ? std::string("SIG") + name : std::to_string(WTERMSIG(status)));
  } else {
    exit_code_ = WEXITSTATUS(status);
    end_ = "exited with " + std::to_string(exit_code_);
  }
}

void Process::ended(std::string why) {
  if (gone_) return;
  gone_ = true;
  end_ = std::move(why);
  kill();
  reap();
  ErrorCode ignored;
  socket_.close(ignored);
  queue_.clear();
}

std::optional<Frame> Process::take() {
  if (frames_.empty()) return std::nullopt;
  std::optional<Frame> out(std::move(frames_.front()));
  frames_.pop_front();
  if (frames_.empty() && !gone_) read();
  return out;
}

void Process::read() {
  if (reading_) return;
  reading_ = true;
  buffer_.resize(kReadSize);
  auto done = [self = shared_from_this()](ErrorCode error, std::size_t size) {
    self->reading_ = false;
    if (error)
      self->ended({});
    else
      self->came({self->buffer_.data(), size});
    if (self->frames_.empty() && !self->gone_) self->read();
    const auto tell = self->on_event;
    if (tell) tell();
  };
  socket_.async_read_some(asio::buffer(buffer_), done);
}

void Process::came(std::string_view bytes) {
  reader_.add(bytes);
  for (;;) {
    auto frame = reader_.next();
    if (!frame) return ended(std::move(frame.error().message));
    if (!*frame) return;
    if ((*frame)->kind != FrameKind::ready) {
      frames_.push_back(std::move(**frame));
      continue;
    }
    auto walls = read_layers((*frame)->body);
    if (!walls || walls_) return ended("a frame of the sandbox is broken: ready");
    walls_ = std::move(*walls);
  }
}

void Process::send(FrameKind kind, std::string_view body) {
  if (gone_) return;
  queue_.push_back(frame_bytes(kind, body));
  if (queue_.size() == 1) write();
}

void Process::write() {
  auto done = [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (self->queue_.empty()) return;
    self->queue_.pop_front();
    if (error) self->queue_.clear();
    if (!self->queue_.empty()) self->write();
  };
  asio::async_write(socket_, asio::buffer(queue_.front()), done);
}

}  // namespace sandbox
