// SPDX-License-Identifier: Apache-2.0
#include "quern/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/own.h"
#include "quern/write.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

// Kernels before 6.3 do not know MFD_NOEXEC_SEAL, later ones warn when it is missing.
static int create(const char *name) {
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
    return fd < 0 && errno == EINVAL ? memfd_create(name, flags) : fd;
}

int memory_new(const char *name, uint64_t bytes, struct err *err) {
    auto_fd int fd = create(name);
    if (fd < 0)
        return err_sys(err, REASON_INFRA, "memfd_create %s", name);
    if (bytes > INT64_MAX || ftruncate(fd, (off_t)bytes) < 0)
        return err_sys(err, REASON_INFRA, "%s: ftruncate to %llu bytes", name, (unsigned long long)bytes);
    return steal_fd(&fd);
}

int memory_seal(int fd, struct err *err) {
    if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
        return err_sys(err, REASON_INFRA, "sealing a memory file");
    return 0;
}

int memory_reopen(int fd, struct err *err) {
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int reopened = open(path, O_RDONLY | O_CLOEXEC);
    if (reopened < 0)
        return err_sys(err, REASON_INFRA, "reopening a memory file read-only");
    return reopened;
}

int memory_from(const char *name, const void *bytes, size_t count, struct err *err) {
    auto_fd int fd = memory_new(name, 0, err);
    if (fd < 0)
        return -1;
    if (write_all(fd, bytes, count) < 0)
        return err_sys(err, REASON_INFRA, "%s: writing %zu bytes", name, count);
    TRY(memory_seal(fd, err));
    return memory_reopen(fd, err);
}

int memory_check(int fd, uint64_t max_bytes, uint64_t *ret_bytes, struct err *err) {
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0)
        return err_set(err, REASON_BAD_RESULT, "expected a sealed memory file, found another kind of descriptor");
    if ((seals & SEALS) != SEALS)
        return err_set(err, REASON_BAD_RESULT, "expected a sealed memory file, found one with seals %#x",
                       (unsigned)seals);
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY)
        return err_set(err, REASON_BAD_RESULT, "expected a sealed memory file, found one that cannot be read");
    struct stat status;
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "fstat of a memory file");
    if (!S_ISREG(status.st_mode))
        return err_set(err, REASON_BAD_RESULT, "expected a sealed memory file, found mode %o",
                       (unsigned)status.st_mode);
    if ((uint64_t)status.st_size > max_bytes)
        return err_set(err, REASON_LIMIT_OUTPUT, "a result of %lld bytes is larger than its limit of %llu",
                       (long long)status.st_size, (unsigned long long)max_bytes);
    *ret_bytes = (uint64_t)status.st_size;
    return 0;
}

int memory_read(int fd, const char *what, size_t max_bytes, char **ret, size_t *ret_bytes, struct err *err) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "%s: fstat", what);
    if (!S_ISREG(status.st_mode))
        return err_set(err, REASON_BAD_INPUT, "%s: expected a regular file", what);
    if ((uint64_t)status.st_size > max_bytes)
        return err_set(err, REASON_BAD_INPUT, "%s: expected at most %zu bytes, found %lld", what, max_bytes,
                       (long long)status.st_size);
    size_t size = (size_t)status.st_size, used = 0;
    auto_free char *text = malloc(size + 1);
    if (!text)
        return err_set(err, REASON_INFRA, "%s: out of memory for %zu bytes", what, size);
    while (used < size) {
        ssize_t got = pread(fd, text + used, size - used, (off_t)used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(err, REASON_INFRA, "%s: reading", what);
        if (got == 0)
            break;
        used += (size_t)got;
    }
    text[used] = '\0';
    *ret_bytes = used;
    *ret = steal_ptr(&text);
    return 0;
}
