// SPDX-License-Identifier: Apache-2.0
// An Arrow file that a library of the script's wrote becomes a segment, as a dataset does: by the same reader.
#include "ops/python/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ops/python/frames_stage.h"
#include "quern/dataset.h"
#include "quern/own.h"

enum { MAX_SIDE = 1 }; // no pictures here

struct mapped {
    void *base;
    size_t bytes;
};

static void unmap(struct mapped *mapped) {
    if (mapped->base)
        munmap(mapped->base, mapped->bytes);
    mapped->base = NULL;
}

static void close_reader(struct dataset_reader **reader) { dataset_reader_close(*reader); }

#define auto_unmap __attribute__((cleanup(unmap)))

static int map(int fd, size_t bytes, struct mapped *ret, struct err *err) {
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return err_sys(err, REASON_LIMIT_MEMORY, "mapping a table of %zu bytes", bytes);
    *ret = (struct mapped){base, bytes};
    return 0;
}

// A file of the work directory, unlike one that was lent, may find no room when its memory is touched.
static int make_room(int fd, uint64_t bytes, struct err *err) {
    int seals = fcntl(fd, F_GET_SEALS);
    bool lent = seals >= 0 && !(seals & F_SEAL_SEAL);
    int made = lent ? ftruncate(fd, (off_t)bytes) : posix_fallocate(fd, 0, (off_t)bytes);
    int sys = lent ? errno : made;
    errno = sys;
    return made ? err_sys(err, stage_lack(sys), "making room for a result of %llu bytes", (unsigned long long)bytes)
                : 0;
}

// The reader knows an upper bound: the rest of the memory goes.
static int decode(struct dataset_reader *reader, int fd, uint64_t bytes, struct err *err) {
    auto_unmap struct mapped memory = {0};
    TRY(map(fd, bytes, &memory, err));
    TRY(dataset_reader_decode(reader, memory.base, 1, err));
    uint64_t total = segment_header(memory.base)->total_bytes;
    unmap(&memory);
    if (ftruncate(fd, (off_t)total) < 0)
        return err_sys(err, REASON_LIMIT_MEMORY, "cutting a result to %llu bytes", (unsigned long long)total);
    return 0;
}

static int read_arrow(int fd, const Py_buffer *table, enum segment_profile profile, uint64_t limit, struct err *err) {
    const struct codec_ceilings ceilings = {SEGMENT_MAX_BYTES, SEGMENT_MAX_ROWS, SEGMENT_MAX_COLUMNS, MAX_SIDE,
                                            MAX_SIDE};
    const struct codec_wish wish = {.profile = profile, .keep_integers = 1};
    __attribute__((cleanup(close_reader))) struct dataset_reader *reader = NULL;
    struct dataset_shape shape;
    TRY(dataset_reader_open_wish(table->buf, (size_t)table->len, &wish, &ceilings, &reader, err));
    dataset_reader_shape(reader, &shape);
    if (shape.bytes > limit)
        return frames_too_large(shape.bytes, limit, err);
    TRY(make_room(fd, shape.bytes, err));
    return decode(reader, fd, shape.bytes, err);
}

PyObject *frames_read_arrow(PyObject *module, PyObject *args) {
    Py_buffer table;
    int fd;
    unsigned profile;
    unsigned long long limit;
    struct err err = {0};
    if (!PyArg_ParseTuple(args, "iy*IK:read_arrow", &fd, &table, &profile, &limit))
        return NULL;
    int done = read_arrow(fd, &table, (enum segment_profile)profile, limit, &err);
    PyBuffer_Release(&table);
    if (done == 0)
        return Py_NewRef(Py_None);
    // The table is the script's result, and not an input.
    if (err.reason == REASON_BAD_INPUT)
        err.reason = REASON_BAD_RESULT;
    return frames_fail(module, &err);
}
