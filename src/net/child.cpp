#include "net/child.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <vector>

#include "net/keeper.h"

namespace net {
namespace {

namespace asio = base::asio;
using base::ErrorCode;
using Descriptor = asio::posix::basic_stream_descriptor<base::Executor>;

constexpr std::size_t kReadSize = 16 * 1024;
constexpr Millis kEndReport{250};
constexpr std::size_t kMostListeners = 512;

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

// The sockets that wait at the outlet. All were sent before the child was said to run.
std::vector<Fd> take_listeners(int outlet) {
  std::vector<Fd> out;
  while (out.size() < kMostListeners) {
    char byte = 0;
    iovec vector{&byte, 1};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    const ssize_t got = ::recvmsg(outlet, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int))) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    out.emplace_back(fd);
  }
  return out;
}

Error start_error(const std::string& command, const std::string& directory, const KeeperReport& report) {
  std::string why = std::strerror(report.value);
  if (report.detail == KeeperReport::in_directory) {
    return Error(Code::unavailable, "cannot start '" + command + "': its directory '" + directory + "': " + why);
  }
  if (report.detail == KeeperReport::in_confinement) {
    return Error(Code::denied, "cannot start '" + command + "': this machine refuses a layer of its sandbox: " + report.text.data() + ": " +
                                   why + "; see what 'gatehouse doctor' says, or allow less with sandbox: { allow_degraded: true }");
  }
  bool exec = report.detail == KeeperReport::in_exec;
  if (exec && (report.value == ENOENT || report.value == ENOTDIR))
    return Error(Code::not_found, "cannot start '" + command + "': there is no such program: " + why);
  if (exec && (report.value == EACCES || report.value == ENOEXEC))
    return Error(Code::denied, "cannot start '" + command + "': it is not executable: " + why);
  return Error(Code::unavailable, "cannot start '" + command + "': " + why);
}

}  // namespace

// How much of a stream is read in each second.
class Pace {
 public:
  explicit Pace(std::size_t rate) : rate_(rate) {}
  // Counts what was read. Gives when to read on: now, or the next second's begin.
  Instant read(std::size_t size, Instant now) {
    if (now - began_ >= kSecond) {
      began_ = now;
      read_ = 0;
    }
    read_ += size;
    return read_ < rate_ ? now : began_ + kSecond;
  }

 private:
  static constexpr Millis kSecond{1'000};
  std::size_t rate_;
  std::size_t read_ = 0;
  Instant began_{};
};

// What the operations under way share with the Child; each keeps it, so they may end later than the Child.
class Child::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(Loop& l, ChildCommand c, ChildOptions o)
      : loop(l),
        options(std::move(o)),
        command(c.argv.empty() ? std::string() : c.argv[0]),
        directory(c.directory),
        request(request_bytes(c)),
        input(l.executor()),
        output(l.executor()),
        errors(l.executor()),
        control(l.executor()),
        output_pace_(options.output_rate),
        error_pace_(options.stderr_rate) {}

  Result<> open(Reaper& reaper);
  void close_all();
  void close_input();
  void say(char letter);

  // Output is read when somebody asks for a line.
  void read_output();
  Result<std::optional<std::string>> take_line(std::size_t limit);

  Loop& loop;
  ChildOptions options;
  std::string command, directory, request;
  Descriptor input, output, errors, control;
  Fd outlet;
  base::OneShot<pid_t> started;
  base::Signal output_came;
  // Waits until the child is gone, or until `until`. Several may wait.
  static Task<void> wait_end(std::shared_ptr<Core> core, Instant until);
  pid_t pid = 0;
  std::string status;
  std::deque<std::string> queue;
  std::size_t queued = 0;

 private:
  using Waiters = std::vector<std::weak_ptr<base::OneShot<void>>>;
  void read_report();
  void on_report();
  void write_next();
  void read_errors();
  void keep_errors(std::string_view bytes);

  KeeperReport report_;
  std::string buffer_;       // output that was read and is not taken
  std::size_t scanned_ = 0;  // of it, known to hold no line feed
  bool skipping_ = false;    // the rest of a line that was too long
  bool reading_ = false;
  bool output_over_ = false;
  bool writing_ = false;
  bool close_when_written_ = false;
  Waiters waiters_;
  // Runs `next` at once, or when the pace allows it.
  void read_on(Instant when, Instant now, void (Core::*next)());
  void read_output_now();

  Pace output_pace_, error_pace_;
  Instant output_from_{};  // no output is read before this
  std::vector<char> error_bytes_;
  std::string error_tail_, error_line_;

  friend class Child;
};

Result<> Child::Core::open(Reaper& reaper) {
  auto pipes = reaper.launch();
  if (!pipes) return std::move(pipes).error();
  ErrorCode error;
  auto take = [&error](Descriptor& descriptor, Fd& fd) {
    if (error) return;
    descriptor.assign(fd.get(), error);
    if (!error) fd.release();
  };
  take(input, pipes->input);
  take(output, pipes->output);
  take(errors, pipes->errors);
  take(control, pipes->control);
  outlet = std::move(pipes->outlet);
  if (error) return Error(Code::unavailable, "cannot start '" + command + "': " + error.message());
  auto self = shared_from_this();
  auto asked = [self](ErrorCode failed, std::size_t) {
    self->request.clear();
    if (failed) self->started.set(Error(Code::unavailable, "cannot start '" + self->command + "': its keeper is gone"));
  };
  asio::async_write(control, asio::buffer(request), asked);
  read_report();
  read_errors();
  return {};
}

void Child::Core::close_all() {
  ErrorCode ignored;
  for (auto* d : {&input, &output, &errors, &control}) d->close(ignored);
}

void Child::Core::close_input() {
  close_when_written_ = true;
  if (writing_) return;
  ErrorCode ignored;
  input.close(ignored);
}

void Child::Core::say(char letter) {
  ErrorCode ignored;
  if (control.is_open()) control.write_some(asio::buffer(&letter, 1), ignored);
}

void Child::Core::read_report() {
  auto came = [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (error) self->report_ = {};
    self->on_report();
  };
  asio::async_read(control, asio::buffer(&report_, sizeof report_), came);
}

void Child::Core::on_report() {
  auto self = shared_from_this();
  switch (report_.kind) {
    case KeeperReport::started:
      pid = report_.value;
      if (options.on_listeners) options.on_listeners(take_listeners(outlet.get()));
      if (options.on_degraded && report_.text[0] != 0) options.on_degraded(report_.text.data());
      outlet.reset();
      read_report();
      return started.set(pid);
    case KeeperReport::not_started: return started.set(start_error(command, directory, report_));
    case KeeperReport::exited: status = "exited with " + std::to_string(report_.value); break;
    case KeeperReport::killed: status = "killed by " + signal_name(report_.value); break;
    default:
      if (status.empty()) status = "lost: its keeper is gone";
      started.set(Error(Code::unavailable, "cannot start '" + command + "': its keeper is gone"));
  }
  ErrorCode ignored;
  input.close(ignored);
  // Each that is woken may go on to do anything.
  for (const auto& waiter : std::exchange(waiters_, {}))
    if (auto live = waiter.lock()) live->set(Result<>());
  output_came.raise();
}

Task<void> Child::Core::wait_end(std::shared_ptr<Core> core, Instant until) {
  if (!core->status.empty()) co_return;
  auto mine = std::make_shared<base::OneShot<void>>();
  base::Deadline deadline;
  if (until != Instant::max()) deadline = base::Deadline(core->loop.timers(), until, [mine] { mine->set(Result<>()); });
  core->waiters_.push_back(mine);
  (void)co_await mine->wait();
}

void Child::Core::write_next() {
  if (queue.empty()) {
    writing_ = false;
    if (close_when_written_) close_input();
    return;
  }
  writing_ = true;
  auto written = [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (error) {
      self->queue.clear();
      self->queued = 0;
      self->writing_ = false;
      ErrorCode ignored;
      self->input.close(ignored);
      return;
    }
    self->queued -= self->queue.front().size();
    self->queue.pop_front();
    self->write_next();
  };
  asio::async_write(input, asio::buffer(queue.front()), written);
}

void Child::Core::read_errors() {
  error_bytes_.resize(4096);
  auto came = [self = shared_from_this()](ErrorCode error, std::size_t size) {
    self->keep_errors({self->error_bytes_.data(), size});
    const Instant now = base::Timers::now();
    if (!error) return self->read_on(self->error_pace_.read(size, now), now, &Core::read_errors);
    if (!self->error_line_.empty() && self->options.on_stderr) self->options.on_stderr(std::exchange(self->error_line_, {}));
  };
  errors.async_read_some(asio::buffer(error_bytes_), came);
}

void Child::Core::keep_errors(std::string_view bytes) {
  error_tail_.append(bytes);
  if (error_tail_.size() > 2 * options.stderr_kept) error_tail_.erase(0, error_tail_.size() - options.stderr_kept);
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    auto part = bytes.substr(0, end);
    std::size_t room = options.max_stderr_line - std::min(options.max_stderr_line, error_line_.size());
    error_line_.append(part.substr(0, room));
    if (end == bytes.npos) return;
    bytes.remove_prefix(end + 1);
    if (error_line_.ends_with('\r')) error_line_.pop_back();
    if (options.on_stderr) options.on_stderr(error_line_);
    error_line_.clear();
  }
}

void Child::Core::read_output() {
  if (reading_ || output_over_) return;
  reading_ = true;
  read_on(output_from_, base::Timers::now(), &Core::read_output_now);
}

void Child::Core::read_on(Instant when, Instant now, void (Core::*next)()) {
  if (when <= now) return (this->*next)();
  loop.timers().add(when, [self = shared_from_this(), next] { ((*self).*next)(); });
}

void Child::Core::read_output_now() {
  std::size_t had = buffer_.size();
  buffer_.resize(had + kReadSize);
  auto came = [self = shared_from_this(), had](ErrorCode error, std::size_t size) {
    self->reading_ = false;
    self->buffer_.resize(had + size);
    self->output_from_ = self->output_pace_.read(size, base::Timers::now());
    if (error) self->output_over_ = true;
    self->output_came.raise();
  };
  output.async_read_some(asio::buffer(buffer_.data() + had, kReadSize), came);
}

// A line, or nothing when more must be read first. Not while reading.
Result<std::optional<std::string>> Child::Core::take_line(std::size_t limit) {
  auto end = buffer_.find('\n', scanned_);
  std::size_t size = end == buffer_.npos ? buffer_.size() : end;
  if (skipping_ || size > limit) {
    bool told = std::exchange(skipping_, end == buffer_.npos);
    buffer_.erase(0, end == buffer_.npos ? buffer_.size() : end + 1);
    scanned_ = 0;
    if (told && skipping_ && output_over_) skipping_ = false;  // its end is the end of the output
    if (told) return skipping_ ? std::optional<std::string>() : take_line(limit);
    return Error(Code::too_large, "a line of '" + command + "' is over " + std::to_string(limit) + " bytes");
  }
  if (end != buffer_.npos) {
    std::string out = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    scanned_ = 0;
    if (out.ends_with('\r')) out.pop_back();
    return std::optional(std::move(out));
  }
  scanned_ = buffer_.size();
  if (!output_over_) return std::optional<std::string>();
  if (!buffer_.empty()) {
    scanned_ = 0;
    return std::optional(std::exchange(buffer_, {}));
  }
  return Error(Code::unavailable, "'" + command + "' " + (status.empty() ? "closed its output" : status));
}

Task<std::unique_ptr<Child>> Child::open_child(Loop& loop, Reaper& reaper, ChildCommand command, ChildOptions options) {
  if (command.argv.empty()) co_return Error(Code::invalid_argument, "no command to start");
  for (const auto* list : {&command.argv, &command.environment})
    for (const auto& text : *list)
      if (text.find('\0') != text.npos) co_return Error(Code::invalid_argument, "a command or its environment holds a zero byte");
  auto core = std::make_shared<Core>(loop, std::move(command), std::move(options));
  // From here on its end, whatever the way, closes the control socket and so kills what was started.
  std::unique_ptr<Child> child(new Child(core));
  co_await core->open(reaper);
  auto late = [core] { core->started.set(Error(Code::unavailable, "cannot start '" + core->command + "': no report in time")); };
  base::Deadline deadline(loop.timers(), base::Timers::now() + core->options.start_time, late);
  co_await co_await core->started.wait();
  co_return std::move(child);
}

Child::~Child() { core_->close_all(); }

pid_t Child::pid() const { return core_->pid; }
bool Child::running() const { return core_->status.empty(); }
const std::string& Child::status() const { return core_->status; }

std::string Child::stderr_tail() const {
  const std::string& tail = core_->error_tail_;
  return tail.size() <= core_->options.stderr_kept ? tail : tail.substr(tail.size() - core_->options.stderr_kept);
}

Task<std::string> Child::read_line(std::size_t limit) {
  auto core = core_;
  for (;;) {
    if (!core->reading_) {
      // How it ended belongs into the message, and is known a moment after its output's end.
      if (core->output_over_ && core->buffer_.empty()) co_await Core::wait_end(core, base::Timers::now() + kEndReport);
      auto line = core->take_line(limit);
      if (!line) co_return std::move(line).error();
      if (*line) co_return *std::move(*line);
      core->read_output();
    }
    co_await core->output_came.wait();
  }
}

Result<> Child::write_line(std::string line) {
  if (line.find('\n') != line.npos) return Error(Code::invalid_argument, "a line with a line break in it");
  if (!core_->input.is_open() || core_->close_when_written_)
    return Error(Code::unavailable, "'" + core_->command + "' " + (running() ? "does not read any more" : status()));
  line.push_back('\n');
  // One line is always taken, however large, when nothing waits.
  if (core_->queued && core_->queued + line.size() > core_->options.max_queue) {
    return Error(Code::rate_limited, "'" + core_->command + "' does not read what was sent to it");
  }
  core_->queued += line.size();
  core_->queue.push_back(std::move(line));
  if (!core_->writing_) core_->write_next();
  return {};
}

Task<std::string> Child::exited() {
  auto core = core_;
  co_await Core::wait_end(core, Instant::max());
  co_return core->status;
}

Task<void> Child::stop(Millis grace) {
  auto core = core_;
  core->close_input();
  co_await Core::wait_end(core, base::Timers::now() + grace);
  if (!core->status.empty()) co_return;
  core->say(kTerminate);
  co_await Core::wait_end(core, base::Timers::now() + grace);
  if (!core->status.empty()) co_return;
  core->say(kKill);
  co_await Core::wait_end(core, Instant::max());
}

}  // namespace net
