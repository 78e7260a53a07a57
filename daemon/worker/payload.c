// SPDX-License-Identifier: Apache-2.0
#include "payload.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "quern/memory.h"
#include "quern/own.h"

enum { PIECE_BYTES = 1 << 30 };

int payload_check(int file, int work_dir, uint64_t *ret_bytes, struct err *err) {
    struct stat status;
    struct statfs its, ours;
    if (fstat(file, &status) < 0 || fstatfs(file, &its) < 0 || fstatfs(work_dir, &ours) < 0)
        return err_sys(err, REASON_BAD_RESULT, "what the script handed over");
    if (!S_ISREG(status.st_mode) || its.f_type != ours.f_type)
        return err_set(err, REASON_BAD_RESULT,
                       "expected a file of the work directory to be handed over, found another kind of descriptor");
    *ret_bytes = (uint64_t)status.st_size;
    return 0;
}

int payload_copy(int file, uint64_t bytes, int *ret, struct err *err) {
    auto_fd int copy = memory_new("quern-kept", 0, err);
    TRY(copy);
    for (off_t at = 0; (uint64_t)at < bytes;) {
        uint64_t left = bytes - (uint64_t)at;
        ssize_t sent = sendfile(copy, file, &at, left < PIECE_BYTES ? left : PIECE_BYTES);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return err_sys(err, errno == ENOMEM || errno == ENOSPC ? REASON_INFRA : REASON_BAD_RESULT,
                           "copying what the script handed over");
        if (sent == 0)
            break;
    }
    TRY(memory_seal(copy, err));
    *ret = steal_fd(&copy);
    return 0;
}
