#include "sandbox/confine.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "sandbox/frames.h"
#include "sandbox/sanitized.h"

namespace sandbox {
namespace {

std::string why() { return std::strerror(errno); }

// The heap is bounded by the engine itself; this is the wall behind it. The most that a config may ask for, and the program's own.
constexpr rlim_t kMemory = 1280ULL * 1024 * 1024;

bool set_limits(std::string& problem) {
  struct One {
    int what;
    rlim_t most;
    const char* name;
  };
  for (const One& one : {One{RLIMIT_CORE, 0, "core"}, One{RLIMIT_NOFILE, 0, "nofile"}, One{RLIMIT_FSIZE, 0, "fsize"},
                         One{RLIMIT_MEMLOCK, 0, "memlock"}, One{RLIMIT_MSGQUEUE, 0, "msgqueue"}, One{RLIMIT_DATA, kMemory, "data"}}) {
    if (kSanitized && one.what == RLIMIT_DATA) continue;
    const rlimit limit{one.most, one.most};
    if (::setrlimit(static_cast<__rlimit_resource>(one.what), &limit) != 0) {
      problem = std::string(one.name) + ": " + why();
      return false;
    }
  }
  return true;
}

// Landlock's newer parts, which the headers of Debian 12 do not know.
struct Ruleset {
  std::uint64_t files, ports, scopes;
};

bool landlock(std::string& problem) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) {
    problem = "this kernel has none, or it is off";
    return false;
  }
  std::uint64_t files = (1ULL << 13) - 1;  // all of version 1
  if (version >= 2) files |= 1ULL << 13;   // linking between folders
  if (version >= 3) files |= 1ULL << 14;   // truncating
  if (version >= 5) files |= 1ULL << 15;   // ioctl on devices
  const Ruleset rules{files, version >= 4 ? 3ULL : 0, version >= 6 ? 3ULL : 0};
  const std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const auto handle = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size, 0));
  const bool held = handle >= 0 && ::syscall(SYS_landlock_restrict_self, handle, 0) == 0;
  if (!held) problem = why();
  if (handle >= 0) ::close(handle);
  return held;
}

bool namespaces(std::string& problem) {
  constexpr int kOthers = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWPID;
  if (::unshare(CLONE_NEWUSER | kOthers) == 0) return true;
  problem = why();
  return false;
}

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

// What the engine, the allocator and the frames need. Memory may not become code.
bool seccomp(std::string& problem) {
  constexpr std::array kPlain = {SYS_read,          SYS_write,     SYS_munmap,     SYS_mremap,         SYS_madvise,        SYS_brk,
                                 SYS_futex,         SYS_exit,      SYS_exit_group, SYS_rt_sigreturn,   SYS_rt_sigprocmask, SYS_sigaltstack,
                                 SYS_clock_gettime, SYS_getrandom, SYS_setitimer,  SYS_restart_syscall};
  constexpr std::array kGuarded = {SYS_mmap, SYS_mprotect};
  constexpr std::uint32_t kNumber = offsetof(seccomp_data, nr);
  constexpr std::uint32_t kArch = offsetof(seccomp_data, arch);
  constexpr std::uint32_t kThird = offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t);  // the low half, on these machines
  std::vector<sock_filter> program;
  auto add = [&program](std::uint16_t code, std::uint32_t k, std::uint8_t yes = 0, std::uint8_t no = 0) {
    program.push_back({code, yes, no, k});
  };
  add(BPF_LD | BPF_W | BPF_ABS, kArch);
  add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
  add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  add(BPF_LD | BPF_W | BPF_ABS, kNumber);
  for (long call : kPlain) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  for (long call : kGuarded) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
    add(BPF_LD | BPF_W | BPF_ABS, kThird);
    add(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0) return true;
  problem = why();
  return false;
}

}  // namespace

Layers confine() {
  Layers out;
  std::string problem;
  auto note = [&out, &problem](bool held, const char* name) {
    if (!held) out.missing.push_back(std::string(name) + ": " + problem);
    return held;
  };
  ::prctl(PR_SET_DUMPABLE, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  out.namespaces = note(namespaces(problem), "namespaces");
  out.landlock = note(landlock(problem), "landlock");
  out.limits = note(set_limits(problem), "limits");
  if (kSanitized) {
    problem = "off in a build with a sanitizer";
    note(false, "seccomp");
  } else {
    out.seccomp = note(seccomp(problem), "seccomp");
  }
  return out;
}

std::string layers_body(const Layers& layers) {
  FieldWriter out;
  out.number(layers.limits).number(layers.seccomp).number(layers.landlock).number(layers.namespaces).number(layers.missing.size());
  for (const auto& text : layers.missing) out.text(text);
  return out.take();
}

Result<Layers> read_layers(std::string_view body) {
  FieldReader in(body);
  Layers out;
  out.limits = in.number() != 0;
  out.seccomp = in.number() != 0;
  out.landlock = in.number() != 0;
  out.namespaces = in.number() != 0;
  for (auto left = in.number(); left && in.ok() && out.missing.size() < 16; --left) out.missing.emplace_back(in.text().substr(0, 200));
  if (!in.ended()) return Error(Code::invalid_argument, "a frame of the sandbox is broken: the walls");
  return out;
}

}  // namespace sandbox
