// SPDX-License-Identifier: Apache-2.0
// Arrow file in, segment, Arrow file out, without any process in between: the tool behind tests/interop/test_writer.py.
//     segment_roundtrip ns|units IN OUT [HEAD]     reads IN, writes OUT and, if asked, the JSON of its rows
//     segment_roundtrip sample ROWS OUT [HEAD]     writes the sample of segment_sample.h, with nulls
//     segment_roundtrip distinct ROWS OUT [HEAD]   only its columns of different names
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "quern/dataset.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "segment_sample.h"

static int create(const char *path, struct err *err) {
    int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0666);
    return fd < 0 ? err_sys(err, REASON_INFRA, "%s", path) : fd;
}

static int write_outputs(const void *segment, uint64_t bytes, char **paths, struct err *err) {
    uint64_t written;
    TRY(segment_check(segment, bytes, err));
    auto_fd int output = create(paths[0], err);
    TRY(output);
    TRY(dataset_write(segment, output, 0, 2, &written, err));
    if (!paths[1])
        return 0;
    auto_fd int head = create(paths[1], err);
    TRY(head);
    return dataset_head(segment, 3, head, &written, err);
}

static void close_reader(struct dataset_reader **reader) { dataset_reader_close(*reader); }

static int convert(char **arguments, struct err *err) {
    auto_free char *file = NULL;
    auto_free void *base = NULL;
    __attribute__((cleanup(close_reader))) struct dataset_reader *reader = NULL;
    struct codec_ceilings ceilings = {1u << 30, 1u << 30, 100000, 1, 1};
    struct dataset_shape shape;
    size_t bytes;
    auto_fd int input = open(arguments[1], O_RDONLY | O_CLOEXEC);
    TRY(memory_read(input, arguments[1], (size_t)1 << 30, &file, &bytes, err));
    TRY(dataset_reader_open(file, bytes, strcmp(arguments[0], "ns") == 0 ? SEGMENT_PROFILE_NS : SEGMENT_PROFILE_UNITS,
                            &ceilings, &reader, err));
    dataset_reader_shape(reader, &shape);
    size_t room = (shape.bytes + SEGMENT_ALIGN) / SEGMENT_ALIGN * SEGMENT_ALIGN;
    base = aligned_alloc(SEGMENT_ALIGN, room);
    if (!base)
        return err_set(err, REASON_INFRA, "out of memory");
    memset(base, 0, room);
    TRY(dataset_reader_decode(reader, base, 2, err));
    return write_outputs(base, shape.bytes, arguments + 2, err);
}

static int sample(char **arguments, struct err *err) {
    uint64_t bytes;
    uint32_t columns = strcmp(arguments[0], "distinct") == 0 ? SAMPLE_DISTINCT : SAMPLE_WITH_BYTES;
    auto_free void *base = segment_sample(strtoull(arguments[1], NULL, 10), columns, true, &bytes);
    return write_outputs(base, bytes, arguments + 2, err);
}

int main(int argc, char **argv) {
    struct err err;
    if (argc < 4) {
        fprintf(stderr, "usage: segment_roundtrip ns|units|sample|distinct IN|ROWS OUT [HEAD]\n");
        return 2;
    }
    bool converts = strcmp(argv[1], "ns") == 0 || strcmp(argv[1], "units") == 0;
    int result = converts ? convert(argv + 1, &err) : sample(argv + 1, &err);
    if (result < 0)
        fprintf(stderr, "%s\n", err.msg);
    return result < 0;
}
