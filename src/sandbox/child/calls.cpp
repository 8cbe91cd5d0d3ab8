#include "sandbox/child/calls.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace sandbox::child {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif
constexpr std::uint32_t kX32 = 0x40000000;

// Newer than the headers of Debian 12.
constexpr long kFchmodat2 = 452;

constexpr std::uint32_t kNumber = offsetof(seccomp_data, nr);
constexpr std::uint32_t kArch = offsetof(seccomp_data, arch);
// The low half of an argument, on these machines.
constexpr std::uint32_t argument(unsigned which) { return offsetof(seccomp_data, args) + which * sizeof(std::uint64_t); }

constexpr std::array kRefused = {SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, SYS_kcmp, SYS_pidfd_getfd,
                                 // The tree, and what it is made of.
                                 SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount, SYS_fsopen,
                                 SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_swapon, SYS_swapoff, SYS_quotactl,
                                 SYS_quotactl_fd, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init,
                                 // Other namespaces.
                                 SYS_unshare, SYS_setns, SYS_sethostname, SYS_setdomainname,
                                 // The kernel.
                                 SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_kexec_load, SYS_init_module, SYS_finit_module,
                                 SYS_delete_module, SYS_reboot, SYS_syslog, SYS_acct, SYS_settimeofday, SYS_clock_settime,
                                 SYS_clock_adjtime, SYS_adjtimex, SYS_vhangup, SYS_lookup_dcookie, SYS_nfsservctl,
#if defined(__x86_64__)
                                 SYS_kexec_file_load, SYS_create_module, SYS_query_module, SYS_get_kernel_syms, SYS_uselib, SYS_ustat,
                                 SYS_sysfs, SYS__sysctl, SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
                                 SYS_keyctl, SYS_add_key, SYS_request_key, SYS_move_pages, SYS_migrate_pages, SYS_mbind, SYS_set_mempolicy};
constexpr std::array kMissing = {SYS_clone3, SYS_openat2, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register};

class Filter {
 public:
  void add(std::uint16_t code, std::uint32_t k, std::uint8_t yes = 0, std::uint8_t no = 0) { program_.push_back({code, yes, no, k}); }
  void load(std::uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
  void give(std::uint32_t verdict) { add(BPF_RET | BPF_K, verdict); }
  static std::uint32_t error(int number) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number); }

  // The call, whatever its arguments. The number is loaded before and after.
  void refuse(long call, int number) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    give(error(number));
  }
  // The call, where that argument has one of these bits.
  void refuse_bits(long call, unsigned which, std::uint32_t bits) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
    load(argument(which));
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    give(error(EPERM));
    load(kNumber);
  }
  // The call, where that argument is this.
  void refuse_value(long call, unsigned which, std::uint32_t value) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
    load(argument(which));
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    give(error(EPERM));
    load(kNumber);
  }

  // AF_UNIX passes, the Internet passes where the network is an own one, netlink passes for questions about routes.
  void sockets(long call, Network network) {
    std::vector<std::uint32_t> families{AF_UNIX};
    if (network == Network::own) families.insert(families.end(), {AF_INET, AF_INET6});
    // Behind the families: netlink, its load, its test, the refusal, the number again.
    const std::size_t lines = 1 + families.size() + 5;
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, static_cast<std::uint8_t>(lines));
    load(argument(0));
    std::size_t left = families.size() + 3;  // lines between the next one and the last
    for (std::uint32_t family : families) add(BPF_JMP | BPF_JEQ | BPF_K, family, static_cast<std::uint8_t>(left--), 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 2);
    load(argument(2));
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
    give(error(EPERM));
    load(kNumber);
  }

  const std::vector<sock_filter>& program() const { return program_; }

 private:
  std::vector<sock_filter> program_;
};

}  // namespace

Result<> refuse_calls(Network network) {
  Filter filter;
  filter.load(kArch);
  filter.add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
  filter.give(SECCOMP_RET_KILL_PROCESS);
  filter.load(kNumber);
#if defined(__x86_64__)
  filter.add(BPF_JMP | BPF_JGE | BPF_K, kX32, 0, 1);
  filter.give(Filter::error(ENOSYS));
#endif
  for (long call : kMissing) filter.refuse(call, ENOSYS);
  filter.refuse_bits(SYS_clone, 0,
                     CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP);
  filter.refuse_value(SYS_ioctl, 1, TIOCSTI);
  filter.refuse_value(SYS_ioctl, 1, 0x541C);  // TIOCLINUX: it pastes
  filter.sockets(SYS_socket, network);
  filter.sockets(SYS_socketpair, network);
  constexpr std::uint32_t kSetId = S_ISUID | S_ISGID;
  filter.refuse_bits(SYS_fchmod, 1, kSetId);
  filter.refuse_bits(SYS_fchmodat, 2, kSetId);
  filter.refuse_bits(kFchmodat2, 2, kSetId);
  filter.refuse_bits(SYS_mknodat, 2, kSetId | S_IFCHR);  // S_IFBLK has the bit of S_IFCHR's
  filter.refuse_bits(SYS_openat, 3, kSetId);
#if defined(__x86_64__)
  filter.refuse_bits(SYS_chmod, 1, kSetId);
  filter.refuse_bits(SYS_creat, 1, kSetId);
  filter.refuse_bits(SYS_open, 2, kSetId);
  filter.refuse_bits(SYS_mknod, 1, kSetId | S_IFCHR);
#endif
  for (long call : kRefused) filter.refuse(call, EPERM);
  filter.give(SECCOMP_RET_ALLOW);
  auto program = filter.program();
  const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0) return {};
  return Error(Code::unavailable, std::strerror(errno));
}

}  // namespace sandbox::child
