// SPDX-License-Identifier: Apache-2.0
// An Arrow file that a library of the script's wrote becomes a segment, as a dataset does: by the same reader.
#include "ops/python/frames.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "quern/dataset.h"
#include "quern/memory.h"
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

static int map(int fd, size_t bytes, int protection, struct mapped *ret, struct err *err) {
    void *base = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return err_sys(err, REASON_LIMIT_MEMORY, "mapping a table of %zu bytes", bytes);
    *ret = (struct mapped){base, bytes};
    return 0;
}

static int map_file(int fd, struct mapped *ret, struct err *err) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_BAD_RESULT, "the size of a table");
    if (status.st_size <= 0)
        return err_set(err, REASON_BAD_RESULT, "a table: expected an Arrow file, found nothing");
    return map(fd, (size_t)status.st_size, PROT_READ, ret, err);
}

// The reader knows an upper bound: the rest of the memory goes before it is sealed.
static int decode(struct dataset_reader *reader, int fd, uint64_t bytes, struct err *err) {
    auto_unmap struct mapped memory = {0};
    TRY(map(fd, bytes, PROT_READ | PROT_WRITE, &memory, err));
    TRY(dataset_reader_decode(reader, memory.base, 1, err));
    uint64_t total = segment_header(memory.base)->total_bytes;
    unmap(&memory);
    if (ftruncate(fd, (off_t)total) < 0)
        return err_sys(err, REASON_LIMIT_MEMORY, "cutting a result to %llu bytes", (unsigned long long)total);
    return memory_seal(fd, err);
}

static int read_arrow(int file, enum segment_profile profile, uint64_t limit, int *ret_fd, struct err *err) {
    const struct codec_ceilings ceilings = {SEGMENT_MAX_BYTES, SEGMENT_MAX_ROWS, SEGMENT_MAX_COLUMNS, MAX_SIDE,
                                            MAX_SIDE};
    const struct codec_wish wish = {.profile = profile, .keep_integers = 1};
    __attribute__((cleanup(close_reader))) struct dataset_reader *reader = NULL;
    auto_unmap struct mapped bytes = {0};
    struct dataset_shape shape;
    TRY(map_file(file, &bytes, err));
    TRY(dataset_reader_open_wish(bytes.base, bytes.bytes, &wish, &ceilings, &reader, err));
    dataset_reader_shape(reader, &shape);
    if (shape.bytes > limit)
        return err_set(err, REASON_LIMIT_OUTPUT, "a result of %llu bytes is larger than its limit of %llu",
                       (unsigned long long)shape.bytes, (unsigned long long)limit);
    auto_fd int fd = memory_new("quern-result", shape.bytes, err);
    TRY(fd);
    TRY(decode(reader, fd, shape.bytes, err));
    *ret_fd = steal_fd(&fd);
    return 0;
}

PyObject *frames_read_arrow(PyObject *module, PyObject *args) {
    int file, fd = -1;
    unsigned profile;
    unsigned long long limit;
    struct err err = {0};
    if (!PyArg_ParseTuple(args, "iIK:read_arrow", &file, &profile, &limit))
        return NULL;
    if (read_arrow(file, (enum segment_profile)profile, limit, &fd, &err) == 0)
        return PyLong_FromLong(fd);
    // The file is the script's result, and not an input.
    if (err.reason == REASON_BAD_INPUT)
        err.reason = REASON_BAD_RESULT;
    return frames_fail(module, &err);
}
