// Makes a box's two seccomp filters as BPF. Usage: generate ARCH allow|deny < allowed-syscalls.txt > ARCH-allow.bpf
//
// There are two because libseccomp cannot say "unless the low 32 bits are this" in a filter that refuses by default; the
// kernel runs both, and the stricter answer holds. `allow` refuses what is not listed; `deny` refuses what the list is
// too coarse for.
#include <errno.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <unistd.h>

// The kernel reads these arguments as 32 bits, so whatever is in the upper half must not matter (attack 25; CVE-2019-10063).
#define LOW 0xffffffffUL
#define NAMESPACES                                                                                                     \
  (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
// Numbers from here on, the same on every architecture, came after the list. X32_BIT marks x86-64's 32-bit calls.
#define FIRST_UNKNOWN 453
#define X32_BIT 0x40000000

static void check(int result, const char *what) {
  if (result == 0) return;
  fprintf(stderr, "generate: %s: %s\n", what, strerror(-result));
  exit(1);
}

static void allow_listed(scmp_filter_ctx filter) {
  char line[256];
  int count = 0;
  while (fgets(line, sizeof line, stdin)) {
    char name[256];
    if (line[0] == '#' || sscanf(line, "%255s", name) != 1) continue;
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) {
      fprintf(stderr, "generate: no system call is named %s\n", name);
      exit(1);
    }
    // A negative number is a call that some architecture lacks; libseccomp leaves it out there.
    check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0), name);
    count++;
  }
  if (count < 200) {
    fprintf(stderr, "generate: standard input must be allowed-syscalls.txt\n");
    exit(1);
  }
}

static void allow_conditionally(scmp_filter_ctx filter) {
  const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
  for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
    // Not AF_VSOCK, which reaches the hypervisor from any network namespace, nor AF_ALG, AF_PACKET and the rest.
    struct scmp_arg_cmp family = SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, families[i]);
    check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, family), "socket");
    check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, family), "socketpair");
  }
  const unsigned long personas[] = {PER_LINUX, PER_LINUX32, UNAME26, PER_LINUX32 | UNAME26, LOW};
  for (size_t i = 0; i < sizeof personas / sizeof *personas; i++)
    check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(personality), 1,
                           SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, personas[i])), "personality");
  check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, NAMESPACES, 0)), "clone");
  check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(unshare), 1,
                         SCMP_A0(SCMP_CMP_MASKED_EQ, NAMESPACES | CLONE_NEWTIME, 0)), "unshare");
}

static void refuse_as_unknown(scmp_filter_ctx filter) {
  // clone3 takes its flags by pointer, where a filter cannot look; glibc falls back to clone.
  check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
  // A program that gets ENOSYS falls back to what it used before. libseccomp takes no number that it has no name for, so
  // these four instructions stand in front of what it makes; its jumps are relative.
  const struct sock_filter unknown[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_UNKNOWN, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  };
  if (fwrite(unknown, sizeof unknown, 1, stdout) != 1 || fflush(stdout) != 0) exit(1);
}

static void deny_terminal_input(scmp_filter_ctx filter) {
  check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, TIOCSTI)), "TIOCSTI");
  check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, TIOCLINUX)), "TIOCLINUX");
}

int main(int argc, char **argv) {
  const int allow = argc == 3 && strcmp(argv[2], "allow") == 0;
  if (!allow && !(argc == 3 && strcmp(argv[2], "deny") == 0)) {
    fprintf(stderr, "usage: generate x86_64|aarch64 allow|deny\n");
    return 2;
  }
  scmp_filter_ctx filter = seccomp_init(allow ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW);
  const uint32_t arch = seccomp_arch_resolve_name(argv[1]);
  if (!filter || arch == 0) return 2;
  if (arch != seccomp_arch_native()) {
    check(seccomp_arch_remove(filter, SCMP_ARCH_NATIVE), "arch");
    check(seccomp_arch_add(filter, arch), "arch");
  }
  check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "foreign architectures");
  check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "binary tree");
  if (allow) {
    allow_listed(filter);
    allow_conditionally(filter);
    refuse_as_unknown(filter);
  } else {
    deny_terminal_input(filter);
  }
  check(seccomp_export_bpf(filter, STDOUT_FILENO), "export");
  seccomp_release(filter);
  return 0;
}
