// SPDX-License-Identifier: Apache-2.0
#include "sink.h"

#include <string.h>

#include "quern/write.h"

void sink_open(struct sink *sink, int fd, const char *what, uint64_t limit) {
    sink->fd = fd;
    sink->what = what;
    sink->limit = limit;
    sink->total = 0;
    sink->used = 0;
}

static int write_out(const struct sink *sink, const void *bytes, size_t count, struct err *err) {
    if (write_all(sink->fd, bytes, count) < 0)
        return err_sys(err, REASON_INFRA, "writing %s", sink->what);
    return 0;
}

int sink_flush(struct sink *sink, struct err *err) {
    TRY(write_out(sink, sink->buffer, sink->used, err));
    sink->used = 0;
    return 0;
}

int sink_put(struct sink *sink, const void *bytes, size_t count, struct err *err) {
    if (count > sink->limit - sink->total)
        return err_set(err, REASON_LIMIT_OUTPUT, "%s is larger than its limit of %llu bytes", sink->what,
                       (unsigned long long)sink->limit);
    sink->total += count;
    if (count > SINK_BYTES - sink->used)
        TRY(sink_flush(sink, err));
    if (count > SINK_BYTES)
        return write_out(sink, bytes, count, err);
    if (count > 0)
        memcpy(sink->buffer + sink->used, bytes, count);
    sink->used += count;
    return 0;
}
