// SPDX-License-Identifier: Apache-2.0
#include "filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter_parts.h"
#include "quern/memory.h"
#include "quern/own.h"

enum { X32_BIT = 0x40000000 };

// x32 numbers go on to libseccomp's own check, which kills; others above the ceiling do not exist.
static void write_ceiling(struct sock_filter *code, uint32_t highest) {
    code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    code[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 2, 0);
    code[2] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, highest, 0, 1);
    code[3] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
}

enum { CEILING_LENGTH = 4, MAX_BYTES = BPF_MAXINSNS * sizeof(struct sock_filter) };

int filter_compile(scmp_filter_ctx context, uint32_t highest, struct filter *ret, struct err *err) {
    auto_fd int file = memory_new("quern-filter", 0, err);
    if (file < 0)
        return -1;
    int failed = seccomp_export_bpf(context, file);
    if (failed < 0)
        return err_set(err, REASON_INFRA, "compiling the seccomp program: error %d", -failed);
    auto_free char *body = NULL;
    size_t bytes = 0;
    TRY(memory_read(file, "the seccomp program", MAX_BYTES - CEILING_LENGTH * sizeof *ret->code, &body, &bytes, err));
    size_t body_count = bytes / sizeof *ret->code;
    struct sock_filter *code = calloc(CEILING_LENGTH + body_count, sizeof *code);
    if (!code)
        return err_sys(err, REASON_INFRA, "the seccomp program");
    write_ceiling(code, highest);
    memcpy(code + CEILING_LENGTH, body, body_count * sizeof *code);
    *ret = (struct filter){.code = code, .count = (uint16_t)(CEILING_LENGTH + body_count)};
    return 0;
}

void filter_free(struct filter *filter) {
    free(filter->code);
    *filter = (struct filter){0};
}

// With a filter of NULL the kernel answers EFAULT where it knows the call, EINVAL or ENOSYS where not.
bool filter_possible(void) { return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) < 0 && errno == EFAULT; }

int filter_load(const struct filter *filter, struct err *err) {
    struct sock_fprog program = {.len = filter->count, .filter = filter->code};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
        return err_sys(err, REASON_INFRA, "loading the seccomp program");
    // The kernel only tells that there is one, which a service manager or a container has for all that it starts.
    return filter->in_force() ? 0 : err_set(err, REASON_INFRA, "the seccomp program was loaded, but is not in force");
}
