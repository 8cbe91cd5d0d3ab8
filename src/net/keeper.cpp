#include "net/keeper.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

// The launcher and the keepers are single threads of their own, forked before anything else ran; they may use what they like,
// and wait as they like. Nothing of this runs in the gateway's process.
namespace net {
namespace {

constexpr std::uint32_t kMaxRequest = 16 * 1024 * 1024;
// Something that cannot be killed (another user's, by sudo) is left alone after so many rounds of 10 ms.
constexpr int kKillRounds = 500;

void read_all(int fd, void* to, std::size_t size) {
  auto* at = static_cast<char*>(to);
  while (size) {
    ssize_t got = ::read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) ::_exit(0);  // the other side has gone before it asked for anything
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

void report(int control, KeeperReport what) { (void)!::send(control, &what, sizeof what, MSG_NOSIGNAL); }

struct Request {
  std::vector<std::string> argv, environment;
  std::string directory, confinement;
};

Request read_request(int control) {
  std::uint32_t size = 0;
  read_all(control, &size, sizeof size);
  if (size > kMaxRequest) ::_exit(0);
  std::string bytes(size, '\0');
  read_all(control, bytes.data(), size);
  Request out;
  std::size_t at = 0;
  auto number = [&] {
    std::uint32_t n = 0;
    if (at + sizeof n > bytes.size()) ::_exit(0);
    std::memcpy(&n, bytes.data() + at, sizeof n);
    at += sizeof n;
    return n;
  };
  auto text = [&] {
    std::uint32_t n = number();
    if (n > bytes.size() - at) ::_exit(0);
    std::string s = bytes.substr(at, n);
    at += n;
    return s;
  };
  for (auto n = number(); n; --n) out.argv.push_back(text());
  for (auto n = number(); n; --n) out.environment.push_back(text());
  out.directory = text();
  out.confinement = text();
  return out;
}

// The processes whose parent is `pid`, as far as they stand still.
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> out;
  std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  DIR* dir = ::opendir(tasks.c_str());
  if (!dir) return out;
  while (const dirent* entry = ::readdir(dir)) {
    if (entry->d_name[0] == '.') continue;
    int fd = ::open((tasks + "/" + entry->d_name + "/children").c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
    ::close(fd);
    for (char* at = text.data(); *at;) {
      char* end = at;
      long child = std::strtol(at, &end, 10);
      if (end == at) break;
      if (child > 0) out.push_back(static_cast<pid_t>(child));
      at = end;
    }
  }
  ::closedir(dir);
  return out;
}

void signal_tree(int signal) {
  std::vector<pid_t> all = children_of(::getpid());
  for (std::size_t i = 0; i < all.size() && all.size() < 100'000; ++i) {
    auto more = children_of(all[i]);
    all.insert(all.end(), more.begin(), more.end());
  }
  for (pid_t pid : all) ::kill(pid, signal);
}

// Collects what has ended; notes the end of `main`. False when no child is left at all: orphans are given to this process, so no
// child means no descendant.
bool collect(pid_t main, int& status, bool& main_ended) {
  for (;;) {
    int one = 0;
    pid_t ended = ::waitpid(-1, &one, WNOHANG);
    if (ended == 0) return true;
    if (ended < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    if (ended == main) {
      status = one;
      main_ended = true;
    }
  }
}

void kill_tree(pid_t main, int& status, bool& main_ended) {
  for (int round = 0; round < kKillRounds; ++round) {
    signal_tree(SIGKILL);
    if (!collect(main, status, main_ended)) return;
    timespec pause{0, 10'000'000};
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    (void)::sigtimedwait(&child, nullptr, &pause);
  }
}

// What a child that does not run yet says of its start.
struct StartNote {
  std::int32_t error = 0;  // 0: no failure
  std::int32_t step = 0;
  std::array<char, 240> text{};
};

void write_note(int failure, std::int32_t error, std::int32_t step, std::string_view text = {}) {
  StartNote note{error, step, {}};
  text.copy(note.text.data(), note.text.size() - 1);
  (void)!::write(failure, &note, sizeof note);
}

// What came until the child ran or gave up: a failure, or the layers that it does without.
KeeperReport read_notes(int failure) {
  KeeperReport out{KeeperReport::started, 0, 0, {}};
  std::string missing;
  for (StartNote note;;) {
    const ssize_t got = ::read(failure, &note, sizeof note);
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof note) break;
    note.text.back() = 0;
    const std::string text = note.text.data();
    if (note.error == 0) {
      missing += (missing.empty() ? "" : "; ") + text;
      continue;
    }
    out = {KeeperReport::not_started, note.error, note.step, {}};
    text.copy(out.text.data(), out.text.size() - 1);
    return out;
  }
  missing.copy(out.text.data(), out.text.size() - 1);
  return out;
}

[[noreturn]] void become(const Request& request, const int (&pipes)[3], int failure) {
  auto fail = [failure](std::int32_t step) {
    write_note(failure, errno, step);
    ::_exit(127);
  };
  ::setsid();
  // Should even the keeper be killed, its child goes too.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The pipes stand above 2, see launch(), so none of these overwrites one that is still needed.
  for (int i = 0; i < 3; ++i) ::dup2(pipes[i], i);
  ::fcntl(failure, F_SETFD, FD_CLOEXEC);
  if (failure > 3) ::close_range(3, static_cast<unsigned>(failure) - 1, 0);
  ::close_range(static_cast<unsigned>(failure) + 1, ~0U, 0);
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (!request.directory.empty() && ::chdir(request.directory.c_str()) != 0) fail(KeeperReport::in_directory);
  std::vector<char*> argv, environment;
  for (const auto& a : request.argv) argv.push_back(const_cast<char*>(a.c_str()));
  for (const auto& e : request.environment) environment.push_back(const_cast<char*>(e.c_str()));
  argv.push_back(nullptr);
  environment.push_back(nullptr);
  // execvp looks in the PATH of this process, which therefore becomes the child's first.
  environ = environment.data();
  if (argv[0])
    ::execvp(argv[0], argv.data());
  else
    errno = ENOENT;
  fail(KeeperReport::in_exec);
  ::_exit(127);
}

pid_t start_child(const Request& request, const Confiner& confiner, const int (&pipes)[3], int outlet, int failure) {
  if (request.confinement.empty()) {
    const pid_t pid = ::fork();
    if (pid == 0) become(request, pipes, failure);
    if (pid < 0) write_note(failure, errno, KeeperReport::in_fork);
    return pid;
  }
  // The program is all that a note about exec has no words for.
  auto tell = [failure](int error, std::string_view what) {
    write_note(failure, error, what.empty() ? KeeperReport::in_exec : KeeperReport::in_confinement, what);
  };
  std::string why = "this program cannot confine";
  errno = ENOSYS;
  const ConfinedStart start{
      request.confinement, request.argv, request.environment, request.directory, pipes[0], pipes[1], pipes[2], outlet, failure, tell};
  const pid_t pid = confiner.start ? confiner.start(start, why) : -1;
  if (pid < 0) write_note(failure, errno ? errno : EINVAL, KeeperReport::in_confinement, why);
  return pid;
}

[[noreturn]] void run_keeper(const int (&pipes)[3], int control, int outlet, int launcher_alive, const Confiner& confiner) {
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, "keeper");
  std::signal(SIGCHLD, SIG_DFL);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  Request request = read_request(control);

  int failure[2];
  if (::pipe2(failure, O_CLOEXEC) != 0) {
    report(control, {KeeperReport::not_started, errno, KeeperReport::in_fork, {}});
    ::_exit(0);
  }
  pid_t main = start_child(request, confiner, pipes, outlet, failure[1]);
  for (int fd : pipes) ::close(fd);
  ::close(outlet);
  ::close(failure[1]);
  KeeperReport began = read_notes(failure[0]);
  ::close(failure[0]);
  if (began.kind == KeeperReport::not_started) {
    int ignored = 0;
    if (main > 0) ::waitpid(main, &ignored, 0);
    if (main > 0 && !request.confinement.empty()) confiner.ended(request.confinement, main);
    report(control, began);
    ::_exit(0);
  }
  began.value = main;
  report(control, began);

  int signals = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  int status = 0;
  bool main_ended = false;
  pollfd watched[3] = {{control, POLLIN, 0}, {signals, POLLIN, 0}, {launcher_alive, POLLIN, 0}};
  while (!main_ended) {
    if (::poll(watched, 3, -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (watched[2].revents) break;
    if (watched[1].revents) {
      signalfd_siginfo ignored[4];
      while (::read(signals, ignored, sizeof ignored) > 0) {}
      collect(main, status, main_ended);
    }
    if (watched[0].revents) {
      char letter = 0;
      ssize_t n = ::read(control, &letter, 1);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0 || letter == kKill) break;
      if (letter == kTerminate) signal_tree(SIGTERM);
    }
  }
  // Whatever the reason: nothing that this child started outlives it.
  kill_tree(main, status, main_ended);
  const bool confined = !request.confinement.empty();
  if (confined) confiner.ended(request.confinement, main);
  if (WIFSIGNALED(status))
    report(control, {KeeperReport::killed, WTERMSIG(status), 0, {}});
  else if (confined && WEXITSTATUS(status) > 128 && ::sigabbrev_np(WEXITSTATUS(status) - 128))
    report(control, {KeeperReport::killed, WEXITSTATUS(status) - 128, 0, {}});
  else
    report(control, {KeeperReport::exited, WEXITSTATUS(status), 0, {}});
  ::_exit(0);
}

}  // namespace

std::string request_bytes(const ChildCommand& command) {
  std::string body;
  auto number = [&body](std::size_t n) {
    auto small = static_cast<std::uint32_t>(n);
    body.append(reinterpret_cast<const char*>(&small), sizeof small);
  };
  auto text = [&](const std::string& s) {
    number(s.size());
    body += s;
  };
  number(command.argv.size());
  for (const auto& s : command.argv) text(s);
  number(command.environment.size());
  for (const auto& s : command.environment) text(s);
  text(command.directory);
  text(command.confinement);
  std::string out;
  auto size = static_cast<std::uint32_t>(body.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  return out + body;
}

void run_launcher(int requests, const Confiner& confiner) {
  // Its own session: what is typed at the gateway's terminal does not concern it.
  ::setsid();
  ::prctl(PR_SET_NAME, "launcher");
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2}) std::signal(signal, SIG_IGN);
  // Keepers that end are collected by the kernel.
  std::signal(SIGCHLD, SIG_IGN);
  // Nothing of the gateway's stays open here: a reader of its output must see the end when the gateway ends.
  int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  if (null > 2) ::close(null);
  if (requests > 3) ::close_range(3, static_cast<unsigned>(requests) - 1, 0);
  ::close_range(static_cast<unsigned>(requests) + 1, ~0U, 0);
  int alive[2];
  if (::pipe2(alive, O_CLOEXEC) != 0) ::_exit(1);

  for (;;) {
    char byte = 0;
    iovec vector{&byte, 1};
    alignas(cmsghdr) char space[CMSG_SPACE(kKeeperFds * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    ssize_t got = ::recvmsg(requests, &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) ::_exit(0);
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(kKeeperFds * sizeof(int))) continue;
    int fds[kKeeperFds];
    std::memcpy(fds, CMSG_DATA(header), sizeof fds);
    pid_t keeper = ::fork();
    if (keeper == 0) {
      ::close(alive[1]);
      ::close(requests);
      run_keeper({fds[0], fds[1], fds[2]}, fds[3], fds[4], alive[0], confiner);
    }
    if (keeper < 0) report(fds[3], {KeeperReport::not_started, errno, KeeperReport::in_fork, {}});
    for (int fd : fds) ::close(fd);
  }
}

}  // namespace net
