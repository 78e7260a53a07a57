// SPDX-License-Identifier: Apache-2.0
// quern-init: pid 1 of a child's pid namespace. It reaps, and nothing else; its death is the death of the namespace.
// Static and without a C library, so that its start costs next to nothing. libquern_jail carries its bytes.
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

// The kernel's own layout of struct sigaction, whose fields are not those of the C library.
struct kernel_action {
    uintptr_t handler;
    unsigned long flags;
    uintptr_t restorer;
    unsigned long mask;
};

static long call(long number, long a, long b, long c, long d) {
    long result;
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return result;
}

static void must(long result) {
    if (result < 0)
        for (;;)
            call(SYS_exit_group, 125, 0, 0, 0);
}

static long address(const void *pointer) { return (long)(uintptr_t)pointer; }

// All that it does from then on. Where neither uids nor Landlock keep a script from the memory of its first process, which has
// none of the script's own barriers, writing there gains nothing.
static const struct sock_filter waiting[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pause, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

// Kernels without filters refuse: the level tells.
static void give_up_calls(void) {
    struct sock_fprog program = {.len = sizeof waiting / sizeof *waiting,
                                 .filter = (struct sock_filter *)(uintptr_t)waiting};
    call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, address(&program), 0);
}

// Zombies that come to us are reaped by the kernel, because SIGCHLD is ignored.
static void reap(void) {
    struct kernel_action ignore = {.handler = 1 /* SIG_IGN */};
    must(call(SYS_rt_sigaction, SIGCHLD, address(&ignore), 0, sizeof ignore.mask));
}

static _Noreturn void wait_for_ever(void) {
    for (;;)
        call(SYS_pause, 0, 0, 0, 0);
}

void _start(void);
void _start(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}, {0}};
    must(call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0));
    must(call(SYS_close_range, 0, ~0u, 0, 0));
    call(SYS_prctl, PR_SET_NAME, address("quern-init"), 0, 0);
    must(call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0));
    must(call(SYS_capset, address(&header), address(none), 0, 0));
    must(call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0));
    reap();
    give_up_calls();
    wait_for_ever();
}
