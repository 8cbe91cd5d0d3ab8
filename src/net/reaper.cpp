#include "net/reaper.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "net/keeper.h"

namespace net {
namespace {

mcp::Error system_error(const char* what) { return mcp::Error(mcp::Code::unavailable, std::string(what) + ": " + std::strerror(errno)); }

// Ours and theirs; theirs is never 0, 1 or 2.
mcp::Result<std::pair<Fd, Fd>> stream_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return system_error("cannot make a socket pair");
  std::pair<Fd, Fd> out{Fd(ends[0]), Fd(ends[1])};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return out;
}

enum class Way { to_child, from_child };
mcp::Result<std::pair<Fd, Fd>> pipe_pair(Way way) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe");
  if (way == Way::to_child) std::swap(ends[0], ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return std::pair<Fd, Fd>{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

mcp::Result<Reaper> Reaper::start(Confiner confiner) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return system_error("cannot start the launcher");
  Fd ours(ends[0]), theirs(ends[1]);
  pid_t launcher = ::fork();
  if (launcher < 0) return system_error("cannot start the launcher");
  if (launcher == 0) {
    // In the launcher 0, 1 and 2 will be /dev/null, so its socket has to stand above them.
    int requests = ::fcntl(theirs.get(), F_DUPFD_CLOEXEC, 3);
    ours.reset();
    run_launcher(requests, confiner);
  }
  return Reaper(std::move(ours), launcher);
}

Reaper::~Reaper() {
  if (launcher_ <= 0) return;
  socket_.reset();
  while (::waitpid(launcher_, nullptr, 0) < 0 && errno == EINTR) {}
}

mcp::Result<ChildPipes> Reaper::launch() {
  auto input = pipe_pair(Way::to_child);
  if (!input) return std::move(input).error();
  auto output = pipe_pair(Way::from_child);
  if (!output) return std::move(output).error();
  auto errors = pipe_pair(Way::from_child);
  if (!errors) return std::move(errors).error();
  auto control = stream_pair();
  if (!control) return std::move(control).error();

  auto outlet = stream_pair();
  if (!outlet) return std::move(outlet).error();

  int fds[kKeeperFds] = {input->second.get(), output->second.get(), errors->second.get(), control->second.get(), outlet->second.get()};
  char byte = 0;
  iovec vector{&byte, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof fds)] = {};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fds);
  std::memcpy(CMSG_DATA(header), fds, sizeof fds);
  ssize_t sent = 0;
  // The launcher takes these at once, whatever its keepers do; a full socket does not last.
  while ((sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {}
  if (sent < 0) return system_error("the launcher of child processes is gone");
  return ChildPipes{std::move(input->first), std::move(output->first), std::move(errors->first), std::move(control->first),
                    std::move(outlet->first)};
}

}  // namespace net
