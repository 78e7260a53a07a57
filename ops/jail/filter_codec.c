// SPDX-License-Identifier: Apache-2.0
// The policy for quern-codec: memory, threads, time and the descriptors that it holds. Written straight as BPF, because
// each request's process makes it anew and libseccomp takes milliseconds.
#include "filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __has_feature // clang
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

static const unsigned allowed[] = {
    // descriptors that it holds
    SYS_read,
    SYS_write,
    SYS_pread64,
    SYS_pwrite64,
    SYS_readv,
    SYS_writev,
    SYS_preadv,
    SYS_pwritev,
    SYS_lseek,
    SYS_fstat,
    SYS_newfstatat,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_fcntl,
    SYS_close,
    SYS_close_range,
    SYS_dup,
    SYS_recvmsg,
    SYS_sendmsg,
    SYS_poll,
    SYS_ppoll,
    // memory
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_membarrier,
    // threads
    SYS_futex,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_exit,
    SYS_exit_group,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_getcpu,
    SYS_gettid,
    SYS_getpid,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_restart_syscall,
    // time, chance, the machine
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_sysinfo,
    SYS_getrusage,
#ifdef __SANITIZE_ADDRESS__
    // AddressSanitizer: thread names, alternate stacks, stack limits, page residency, the symbols of a report
    SYS_prctl,
    SYS_sigaltstack,
    SYS_prlimit64,
    SYS_mincore,
    SYS_readlink,
    SYS_getuid,
    SYS_pipe2,
    SYS_uname,
#endif
};

enum { ALLOWED = sizeof allowed / sizeof *allowed, MAX_LENGTH = 4 * ALLOWED + 32, X32_BIT = 0x40000000 };
enum { THREAD = CLONE_THREAD | CLONE_VM };

static const uint32_t permit = SECCOMP_RET_ALLOW, kill_process = SECCOMP_RET_KILL_PROCESS;
static const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM, absent = SECCOMP_RET_ERRNO | ENOSYS;

static void put(struct filter *filter, struct sock_filter instruction) { filter->code[filter->count++] = instruction; }

static void load(struct filter *filter, size_t offset) {
    put(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void answer(struct filter *filter, uint32_t verdict) {
    put(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

// The instruction that follows runs only if the value at hand compares so.
static void when(struct filter *filter, uint16_t comparison, uint32_t value) {
    put(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | comparison | BPF_K, value, 0, 1));
}

static void unless(struct filter *filter, uint16_t comparison, uint32_t value) {
    put(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | comparison | BPF_K, value, 1, 0));
}

// Other numbers skip the instructions that follow, `skip` of them.
static void when_next(struct filter *filter, unsigned number, uint8_t skip) {
    put(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, skip));
}

// Only the low 32 bits of an argument are looked at: the kernel, too, takes no more of these.
static void put_arguments(struct filter *filter) {
    when_next(filter, SYS_clone, 5); // a thread, never a process
    load(filter, offsetof(struct seccomp_data, args[0]));
    put(filter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, THREAD));
    when(filter, BPF_JEQ, THREAD);
    answer(filter, permit);
    answer(filter, refuse);
    when_next(filter, SYS_tgkill, 4); // abort() signals itself, and nobody may signal another request's process
    load(filter, offsetof(struct seccomp_data, args[0]));
    when(filter, BPF_JEQ, (uint32_t)getpid());
    answer(filter, permit);
    answer(filter, refuse);
}

static int ascending(const void *a, const void *b) {
    unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;
    return (left > right) - (left < right);
}

// A binary search, because the kernel walks the program for every number when it is loaded. A tree of n numbers has
// 4n - 1 instructions; half of them is less than the 255 that a jump can skip.
_Static_assert(2 * ALLOWED < 255, "the jumps of the search are too long");
static void put_search(struct filter *filter, const unsigned *numbers, size_t count) {
    if (count == 1) {
        when(filter, BPF_JEQ, numbers[0]);
        answer(filter, permit);
        answer(filter, refuse);
        return;
    }
    size_t half = count / 2, jump = filter->count;
    put(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, numbers[half], 0, 0));
    put_search(filter, numbers, half);
    filter->code[jump].jt = (uint8_t)(filter->count - jump - 1);
    put_search(filter, numbers + half, count - half);
}

// Of the kernel everybody gets an answer.
static bool in_force(void) { return syscall(SYS_getppid) < 0 && errno == EPERM; }

int filter_codec(struct filter *ret, struct err *err) {
    unsigned sorted[ALLOWED];
    struct filter filter = {.code = calloc(MAX_LENGTH, sizeof *filter.code), .in_force = in_force};
    if (!filter.code)
        return err_sys(err, REASON_INFRA, "the seccomp program");
    load(&filter, offsetof(struct seccomp_data, arch));
    unless(&filter, BPF_JEQ, AUDIT_ARCH_X86_64);
    answer(&filter, kill_process);
    load(&filter, offsetof(struct seccomp_data, nr));
    when(&filter, BPF_JGE, X32_BIT);
    answer(&filter, kill_process);
    when(&filter, BPF_JEQ, SYS_clone3); // hides its flags; glibc goes on to clone when it is absent
    answer(&filter, absent);
    put_arguments(&filter);
    memcpy(sorted, allowed, sizeof sorted);
    qsort(sorted, ALLOWED, sizeof *sorted, ascending);
    put_search(&filter, sorted, ALLOWED);
    *ret = filter;
    return 0;
}
