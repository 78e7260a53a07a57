// SPDX-License-Identifier: Apache-2.0
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "quern/memory.h"
#include "quern/own.h"
#include "quern/write.h"

void spool_init(struct spool *spool) { *spool = (struct spool){.read_end = -1, .write_end = -1, .file = -1}; }

void spool_done(struct spool *spool) {
    own_close(&spool->read_end);
    own_close(&spool->write_end);
    own_close(&spool->file);
}

int spool_open(struct spool *spool, const char *name, uint64_t limit_bytes, struct err *err) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_sys(err, REASON_INFRA, "pipe for %s", name);
    spool->read_end = ends[0];
    spool->write_end = ends[1];
    spool->limit_bytes = limit_bytes;
    spool->file = memory_new(name, 0, err);
    TRY(spool->file);
    if (fcntl(spool->read_end, F_SETFL, O_NONBLOCK) < 0)
        return err_sys(err, REASON_INFRA, "pipe for %s", name);
    return 0;
}

void spool_close_write_end(struct spool *spool) { own_close(&spool->write_end); }

static int keep(const struct spool *spool, const char *bytes, size_t count, struct err *err) {
    if (write_all(spool->file, bytes, count) < 0)
        return err_sys(err, REASON_INFRA, "keeping the script's output");
    return 0;
}

int spool_take(struct spool *spool, char *buffer, size_t room, size_t *ret_count, struct err *err) {
    *ret_count = 0;
    ssize_t got = read(spool->read_end, buffer, room);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 1;
    if (got < 0)
        return err_sys(err, REASON_INFRA, "reading the script's output");
    if (got == 0) {
        own_close(&spool->read_end);
        return 0;
    }
    uint64_t left = spool->bytes < spool->limit_bytes ? spool->limit_bytes - spool->bytes : 0;
    size_t kept = (uint64_t)got < left ? (size_t)got : (size_t)left;
    spool->bytes += (uint64_t)got;
    TRY(keep(spool, buffer, kept, err));
    *ret_count = kept;
    return 1;
}

bool spool_truncated(const struct spool *spool) { return spool->bytes > spool->limit_bytes; }

int spool_finish(struct spool *spool, struct err *err) {
    if (spool_truncated(spool)) {
        char mark[128];
        int length = snprintf(mark, sizeof mark, "\n[quern: cut here: %llu bytes came, the limit is %llu]\n",
                              (unsigned long long)spool->bytes, (unsigned long long)spool->limit_bytes);
        TRY(keep(spool, mark, (size_t)length, err));
    }
    return memory_seal(spool->file, err);
}
