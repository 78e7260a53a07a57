// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "codec_map.h"
#include "quern/dataset.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/record.h"

enum { FD_BLOB, FD_COLUMNS };

// All names of a file that has as many columns as there may be.
#define MAX_NAMES_BYTES ((size_t)64 << 20)

static void close_arff(struct dataset_arff **arff) { dataset_arff_close(*arff); }

static void close_reader(struct dataset_reader **reader) { dataset_reader_close(*reader); }

static int receive_grant(struct codec_child *child, uint64_t bytes, int *ret_fd, struct err *err) {
    struct codec_grant grant;
    int fd = -1;
    size_t count;
    int got = record_receive(child->reply, &grant, sizeof grant, &fd, 1, &count, err);
    TRY(got);
    // Whoever asked has gone away.
    if (got == 0)
        _exit(0);
    auto_fd int granted = fd;
    if (count != 1 || grant.bytes != bytes)
        return err_set(err, REASON_INFRA, "a grant of %llu bytes with %zu descriptors, expected %llu with 1",
                       (unsigned long long)grant.bytes, count, (unsigned long long)bytes);
    *ret_fd = steal_fd(&granted);
    return 0;
}

// What was asked for is an upper bound: the rest of the file goes before it is sealed.
static int finish(struct codec_child *child, int fd, struct codec_map *memory, struct err *err) {
    struct segment_header header = *segment_header(memory->bytes);
    codec_unmap(memory);
    if (ftruncate(fd, (off_t)header.total_bytes) < 0)
        return err_sys(err, REASON_INFRA, "cutting a segment to %llu bytes", (unsigned long long)header.total_bytes);
    TRY(memory_seal(fd, err));
    child->done.bytes = header.total_bytes;
    child->done.rows = header.rows;
    child->done.columns = header.columns;
    return 0;
}

// `names` has to outlive the reader.
static int read_wish(struct codec_child *child, char **names, struct codec_wish *ret, struct err *err) {
    const struct codec_request *request = &child->request;
    *ret = (struct codec_wish){.profile = request->profile,
                               .decimals = request->decimals,
                               .memory_bytes = request->memory_bytes,
                               .share_texts = request->share_texts,
                               .threads = request->threads};
    if (child->fd_count <= FD_COLUMNS)
        return 0;
    TRY(memory_read(child->fds[FD_COLUMNS], "the list of columns", MAX_NAMES_BYTES, names, &ret->column_bytes, err));
    ret->columns = *names;
    return 0;
}

static int ask(struct codec_child *child, const struct dataset_shape *shape, int *ret_fd, struct codec_map *ret_memory,
               struct err *err) {
    struct codec_reply need = {
        .kind = CODEC_NEED, .bytes = shape->bytes, .rows = shape->rows, .columns = shape->columns};
    codec_child_reply(child, &need);
    TRY(receive_grant(child, shape->bytes, ret_fd, err));
    return codec_map_grant(*ret_fd, shape->bytes, ret_memory, err);
}

int codec_child_decode(struct codec_child *child, struct err *err) {
    auto_free char *names = NULL;
    struct codec_wish wish;
    __attribute__((cleanup(close_reader))) struct dataset_reader *reader = NULL;
    struct codec_map blob, memory;
    struct dataset_shape shape;
    auto_fd int grant = -1;
    TRY(codec_map_blob(child->fds[FD_BLOB], &blob, err));
    TRY(read_wish(child, &names, &wish, err));
    TRY(dataset_reader_open_wish(blob.bytes, blob.count, &wish, &child->request.ceilings, &reader, err));
    dataset_reader_shape(reader, &shape);
    TRY(ask(child, &shape, &grant, &memory, err));
    TRY(dataset_reader_decode(reader, memory.bytes, child->request.threads, err));
    return finish(child, grant, &memory, err);
}

int codec_child_arff(struct codec_child *child, struct err *err) {
    __attribute__((cleanup(close_arff))) struct dataset_arff *arff = NULL;
    struct codec_map blob, memory;
    struct dataset_shape shape;
    auto_fd int grant = -1;
    TRY(codec_map_blob(child->fds[FD_BLOB], &blob, err));
    TRY(dataset_arff_open(blob.bytes, blob.count, (enum segment_profile)child->request.profile,
                          &child->request.ceilings, &arff, err));
    dataset_arff_shape(arff, &shape);
    TRY(ask(child, &shape, &grant, &memory, err));
    TRY(dataset_arff_decode(arff, memory.bytes, err));
    return finish(child, grant, &memory, err);
}
