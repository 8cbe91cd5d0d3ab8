#include "sandbox/child/box.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grp.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "sandbox/child/calls.h"
#include "sandbox/child/cgroup.h"
#include "sandbox/child/landlock.h"
#include "sandbox/child/tree.h"
#include "sandbox/sanitized.h"

namespace sandbox::child {
namespace {

constexpr int kSpaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
constexpr int kNotRun = 127;

bool put(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int why = errno;
  ::close(fd);
  errno = why;
  return whole;
}

// What runs in the new process. Whatever fails ends it.
class Inside {
 public:
  enum class Spaces { own, shared };
  Inside(const Start& start, const Plan& plan, Pieces& pieces, Spaces spaces)
      : start_(start), plan_(plan), pieces_(pieces), spaces_(spaces) {}

  [[noreturn]] void run(int go) {
    if (go >= 0) {
      char byte = 0;
      if (::read(go, &byte, 1) != 1) ::_exit(kNotRun);
    }
    become_somebody();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_DUMPABLE, 0);
    ::setsid();
    if (spaces_ == Spaces::own) {
      open_network();
      ::sethostname("box", 3);
      if (auto taken = pieces_.take(plan_); !taken) fail("tree: " + taken.error().message);
      std::string no_proc;
      if (auto made = pieces_.make_root(plan_, no_proc); !made) fail("tree: " + made.error().message);
      if (!no_proc.empty()) missing("proc", no_proc);
    }
    drop_privileges();
    if (spaces_ == Spaces::shared) become_program();
    const pid_t program = ::fork();
    if (program < 0) fail("cannot fork");
    if (program == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      become_program();
    }
    watch(program);
  }

 private:
  [[noreturn]] void fail(const std::string& what) {
    const int why = errno;
    start_.tell(why ? why : EINVAL, what);
    ::_exit(kNotRun);
  }

  void missing(const std::string& layer, const std::string& why) {
    if (plan_.degraded == Plan::Degraded::refused) fail(layer + ": " + why);
    start_.tell(0, layer + ": " + why);
  }

  void become_somebody() {
    const bool root = plan_.outer_id != 0;
    const std::uint32_t id = spaces_ == Spaces::own ? kInnerId : plan_.outer_id;
    if (root && ::setgroups(0, nullptr) != 0) fail("cannot leave the groups of root");
    if (!root && spaces_ == Spaces::shared) return;
    if (::setresgid(id, id, id) != 0 || ::setresuid(id, id, id) != 0) fail("cannot become an unprivileged user");
  }

  // The loopback of the box, and what is listened to there by the other side of the outlet.
  void open_network() {
    const int control = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (control < 0 || ::ioctl(control, SIOCSIFFLAGS, &request) != 0) fail("network: cannot bring up the loopback");
    ::close(control);
    std::vector<int> sockets;
    for (const Listener& one : plan_.listeners) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(one.port);
      ::inet_pton(AF_INET, one.address.c_str(), &address.sin_addr);
      const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 64) != 0)
        fail("network: " + one.address + ":" + std::to_string(one.port));
      sockets.push_back(listener);
    }
    for (int listener : sockets) {
      send_out(listener);
      ::close(listener);
    }
    ::shutdown(start_.outlet, SHUT_RDWR);
  }

  void send_out(int listener) {
    char byte = 0;
    iovec vector{&byte, 1};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof listener)] = {};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof listener);
    std::memcpy(CMSG_DATA(header), &listener, sizeof listener);
    if (::sendmsg(start_.outlet, &message, MSG_NOSIGNAL) < 0) fail("network: cannot hand out a listener");
  }

  void drop_privileges() {
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
      ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct nothing[2] = {};
    if (::syscall(SYS_capset, &header, nothing) != 0) fail("capabilities");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
  }

  void set_ceilings() {
    const Ceilings& c = plan_.ceilings;
    struct One {
      __rlimit_resource what;
      rlim_t most;
      const char* name;
    };
    for (const One& one :
         {One{RLIMIT_CORE, 0, "core"}, One{RLIMIT_NOFILE, c.descriptors, "descriptors"}, One{RLIMIT_FSIZE, c.file, "file size"},
          One{RLIMIT_DATA, c.memory, "memory"}, One{RLIMIT_NPROC, c.processes, "processes"},
          One{RLIMIT_MEMLOCK, 64ULL << 20, "locked memory"}, One{RLIMIT_MSGQUEUE, 0, "message queues"}}) {
      if (kSanitized && one.what == RLIMIT_DATA) continue;
      rlimit now{};
      ::getrlimit(one.what, &now);
      const rlim_t most = now.rlim_max == RLIM_INFINITY ? one.most : std::min<rlim_t>(one.most, now.rlim_max);
      const rlimit limit{most, most};
      if (::setrlimit(one.what, &limit) != 0) missing(std::string("limits: ") + one.name, std::strerror(errno));
    }
  }

  void stay_on_ground() {
    Ground ground;
    if (spaces_ == Spaces::own) {
      ground.read = {"/"};
      for (const Scratch& one : plan_.scratch) ground.write.push_back(one.path);
      ground.devices = {"/dev", "/proc"};
    }
    for (const Mount& mount : plan_.mounts) {
      const std::string& path = spaces_ == Spaces::own ? mount.to : mount.from;
      if (mount.access == Mount::Access::write) ground.write.push_back(path);
      if (spaces_ == Spaces::own) continue;
      if (mount.access == Mount::Access::read) ground.read.push_back(path);
      if (mount.access == Mount::Access::device) ground.devices.push_back(path);
    }
    auto kept = keep_to(ground, spaces_ == Spaces::own ? Tcp::open : Tcp::closed);
    if (!kept) missing("landlock", kept.error().message);
  }

  [[noreturn]] void become_program() {
    if (spaces_ == Spaces::own) ::setsid();
    // These stand above 2, so none is overwritten while it is needed.
    const int streams[3] = {start_.input, start_.output, start_.errors};
    for (int i = 0; i < 3; ++i) ::dup2(streams[i], i);
    ::fcntl(start_.failure, F_SETFD, FD_CLOEXEC);
    if (start_.failure > 3) ::close_range(3, static_cast<unsigned>(start_.failure) - 1, 0);
    ::close_range(static_cast<unsigned>(start_.failure) + 1, ~0U, 0);
    for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (!start_.directory.empty() && ::chdir(start_.directory.c_str()) != 0 && spaces_ == Spaces::own) fail("folder " + start_.directory);
    set_ceilings();
    std::vector<char*> argv, environment;
    for (const auto& a : start_.argv) argv.push_back(const_cast<char*>(a.c_str()));
    for (const auto& e : start_.environment) environment.push_back(const_cast<char*>(e.c_str()));
    argv.push_back(nullptr);
    environment.push_back(nullptr);
    environ = environment.data();
    stay_on_ground();
    if (auto refused = refuse_calls(spaces_ == Spaces::own ? Network::own : Network::shared); !refused)
      missing("seccomp", refused.error().message);
    errno = ENOENT;
    if (argv[0]) ::execvp(argv[0], argv.data());
    start_.tell(errno, "");
    ::_exit(kNotRun);
  }

  // The first process of the box: it collects what is left behind, and ends with the program.
  [[noreturn]] void watch(pid_t program) {
    ::close_range(0, ~0U, 0);
    ::prctl(PR_SET_NAME, "box");
    for (;;) {
      int status = 0;
      const pid_t gone = ::waitpid(-1, &status, 0);
      if (gone < 0 && errno == EINTR) continue;
      if (gone < 0) ::_exit(kNotRun);
      if (gone == program) ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
  }

  const Start& start_;
  const Plan& plan_;
  Pieces& pieces_;
  Spaces spaces_;
};

// Says who the processes of the box are outside of it.
bool map_ids(pid_t pid, std::uint32_t outer_id) {
  const std::string process = "/proc/" + std::to_string(pid);
  const bool root = outer_id != 0;
  if (!root && !put(process + "/setgroups", "deny")) return false;
  auto line = [](std::uint32_t outer) { return std::to_string(kInnerId) + " " + std::to_string(outer) + " 1\n"; };
  return put(process + "/uid_map", line(root ? outer_id : ::geteuid())) && put(process + "/gid_map", line(root ? outer_id : ::getegid()));
}

pid_t give_up(pid_t pid, int error) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  errno = error;
  return -1;
}

}  // namespace

pid_t start(const Start& what, std::string& why) {
  auto plan = read_plan(what.plan);
  if (!plan) {
    why = plan.error().message;
    errno = EINVAL;
    return -1;
  }
  if (::geteuid() == 0 && plan->outer_id == 0) {
    why = "root has to name a user for the box";
    errno = EINVAL;
    return -1;
  }
  Pieces pieces;
  if (plan->outer_id != 0) pieces.take_mapped(*plan);
  int go[2];
  if (::pipe2(go, O_CLOEXEC) != 0) return -1;
  auto pid = static_cast<pid_t>(::syscall(SYS_clone, kSpaces | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (pid == 0) {
    ::close(go[1]);
    Inside(what, *plan, pieces, Inside::Spaces::own).run(go[0]);
  }
  ::close(go[0]);
  const int refused = errno;
  if (pid > 0) {
    if (!map_ids(pid, plan->outer_id)) {
      why = "namespaces: cannot map users";
      const int error = errno;
      ::close(go[1]);
      return give_up(pid, error);
    }
    if (!plan->cgroup.empty()) {
      auto group = enter_group(plan->cgroup, pid, plan->ceilings);
      if (!group) what.tell(0, "cgroup: " + group.error().message);
    }
    (void)!::write(go[1], "g", 1);
    ::close(go[1]);
    return pid;
  }
  ::close(go[1]);
  if (plan->degraded == Plan::Degraded::refused) {
    why = "namespaces";
    errno = refused;
    return -1;
  }
  what.tell(0, std::string("namespaces: ") + std::strerror(refused) + "; no network, no home of its own");
  pid = ::fork();
  if (pid == 0) Inside(what, *plan, pieces, Inside::Spaces::shared).run(-1);
  return pid;
}

void ended(std::string_view plan, pid_t box) {
  auto read = read_plan(plan);
  if (read && !read->cgroup.empty()) end_group(group_of(read->cgroup, box));
}

}  // namespace sandbox::child
