// SPDX-License-Identifier: Apache-2.0
#include "ops/python/frames_stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum reason stage_lack(int sys) {
    return sys == ENOSPC || sys == EFBIG || sys == EDQUOT ? REASON_LIMIT_DISK : REASON_LIMIT_MEMORY;
}

struct stage *stage_new(int fd) {
    struct stage *stage = malloc(sizeof *stage);
    if (!stage)
        return NULL;
    stage->fd = fd;
    stage->at = 0;
    stage->used = 0;
    stage->large = NULL;
    return stage;
}

void stage_free(struct stage *stage) {
    if (stage)
        free(stage->large);
    free(stage);
}

void stage_seek(struct stage *stage, uint64_t at) { stage->at = at; }

int stage_write(struct stage *stage, const void *from, uint64_t bytes, struct err *err) {
    const char *left = from;
    while (bytes > 0) {
        ssize_t written = pwrite(stage->fd, left, bytes, (off_t)stage->at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return err_sys(err, stage_lack(errno), "writing %llu bytes of a result", (unsigned long long)bytes);
        left += written;
        bytes -= (uint64_t)written;
        stage->at += (uint64_t)written;
    }
    return 0;
}

int stage_flush(struct stage *stage, struct err *err) {
    size_t used = stage->used;
    stage->used = 0;
    return stage_write(stage, stage->bytes, used, err);
}

int stage_put(struct stage *stage, const void *from, uint64_t bytes, struct err *err) {
    if (bytes > STAGE_BYTES - stage->used)
        TRY(stage_flush(stage, err));
    if (bytes > STAGE_BYTES)
        return stage_write(stage, from, bytes, err);
    memcpy(stage->bytes + stage->used, from, bytes);
    stage->used += bytes;
    return 0;
}

char *stage_room(struct stage *stage, uint64_t bytes, struct err *err) {
    if (bytes > STAGE_BYTES - stage->used && stage_flush(stage, err) < 0)
        return NULL;
    if (bytes <= STAGE_BYTES)
        return stage->bytes + stage->used;
    free(stage->large);
    stage->large = malloc(bytes);
    if (!stage->large)
        err_set(err, REASON_LIMIT_MEMORY, "out of memory for a text of %llu bytes", (unsigned long long)bytes);
    return stage->large;
}

int stage_took(struct stage *stage, char *room, uint64_t bytes, struct err *err) {
    if (room == stage->large)
        return stage_write(stage, room, bytes, err);
    stage->used += bytes;
    return 0;
}

const char *stage_gather(struct stage *stage, const char *from, ptrdiff_t stride, size_t count, size_t width) {
    for (size_t i = 0; i < count; i++)
        memcpy(stage->bytes + i * width, from + (ptrdiff_t)i * stride, width);
    return stage->bytes;
}
