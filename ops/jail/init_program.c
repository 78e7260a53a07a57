// SPDX-License-Identifier: Apache-2.0
// The bytes of quern-init, as an executable memory file: no path has to be found, and none can be replaced.
#include "jail_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "quern/own.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

__asm__(".pushsection .rodata, \"a\"\n"
        "quern_init_first:\n"
        ".incbin \"" QUERN_INIT_PROGRAM "\"\n"
        "quern_init_end:\n"
        ".popsection\n");
extern const unsigned char quern_init_first[] __attribute__((visibility("hidden")));
extern const unsigned char quern_init_end[] __attribute__((visibility("hidden")));

// Kernels before 6.3 do not know MFD_EXEC, later ones can demand it.
static int create(void) {
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create("quern-init", flags | MFD_EXEC);
    return fd < 0 && errno == EINVAL ? memfd_create("quern-init", flags) : fd;
}

int init_program_open(int *ret, struct err *err) {
    size_t bytes = (size_t)((uintptr_t)quern_init_end - (uintptr_t)quern_init_first);
    auto_fd int fd = create();
    if (fd < 0)
        return err_sys(err, REASON_INFRA, "memfd_create quern-init");
    if (write(fd, quern_init_first, bytes) != (ssize_t)bytes)
        return err_sys(err, REASON_INFRA, "writing quern-init");
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
        return err_sys(err, REASON_INFRA, "sealing quern-init");
    *ret = steal_fd(&fd);
    return 0;
}
