// SPDX-License-Identifier: Apache-2.0
// Decoding and encoding a dataset, against libzstd alone on the same buffers, with the same threads, from and into the
// same kind of memory: compressed bytes in a memory file, results into a fresh one. CPU time is that of all threads, in
// user and kernel mode, of quern-codec in ticks of the clock. Rounds: rounds.h.
//
//     bench_codec MEGABYTES FILE     FILE receives the dataset, for codec_peers.py
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "alone.h"
#include "bench_table.h"
#include "quern/clock.h"
#include "quern/codec.h"
#include "quern/dataset.h"
#include "quern/jail.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "rounds.h"

enum { MAX_BUFFERS = 64, THREADS = 2 };

enum what { DECODE_ZSTD, DECODE_LIBRARY, DECODE_CODEC, ENCODE_ZSTD, ENCODE_LIBRARY, ENCODE_CODEC, CHECK_CODEC, WHATS };

static const char *const labels[WHATS] = {
    "decode, libzstd alone", "decode, library",     "decode, quern-codec", "encode, libzstd alone",
    "encode, library",       "encode, quern-codec", "check, quern-codec",
};

struct bench {
    void *segment;
    uint64_t segment_bytes;
    int segment_fd, arrow_fd;
    struct alone_piece pieces[MAX_BUFFERS];
    size_t piece_count, room;
    struct codec codec;
    pid_t codec_pid;
};

static void die(const char *what, const struct err *err) {
    fprintf(stderr, "bench_codec: %s: %s\n", what, err ? err->msg : strerror(errno));
    exit(1);
}

static int memory(uint64_t bytes) {
    struct err err;
    int fd = memory_new("bench", bytes, &err);
    if (fd < 0)
        die("memory", &err);
    return fd;
}

static void *map(int fd, size_t bytes, int protection, int flags) {
    void *at = mmap(NULL, bytes, protection, flags, fd, 0);
    if (at == MAP_FAILED)
        die("mmap", NULL);
    return at;
}

// ---- libzstd alone ----

static void add_piece(struct bench *bench, const void *raw, size_t bytes) {
    struct alone_piece *piece = &bench->pieces[bench->piece_count++];
    void *packed = malloc(ZSTD_compressBound(bytes));
    size_t packed_bytes = ZSTD_compress(packed, ZSTD_compressBound(bytes), raw, bytes, 1);
    *piece = (struct alone_piece){.raw = raw, .raw_bytes = bytes, .at = bench->room};
    bench->room += alone_room(bytes);
    if (packed_bytes > bytes - bytes / 10) {
        free(packed);
        return;
    }
    piece->packed = packed;
    piece->packed_bytes = packed_bytes;
}

static const int32_t *narrow(const int64_t *offsets, size_t count) {
    int32_t *to = malloc(count * sizeof *to);
    for (size_t i = 0; to && i < count; i++)
        to[i] = (int32_t)offsets[i];
    return to;
}

// The buffers that the file has, but for bits: bools and nulls are bytes here, which is work that libzstd is spared.
static void add_pieces(struct bench *bench) {
    for (uint32_t i = 0; i < segment_header(bench->segment)->columns; i++) {
        const struct segment_array *array = segment_array(bench->segment, i);
        if (array->kind == SEGMENT_BOOL)
            continue;
        if (array->offsets.bytes)
            add_piece(bench, narrow(segment_at(bench->segment, array->offsets), array->length + 1),
                      (array->length + 1) * sizeof(int32_t));
        add_piece(bench, segment_at(bench->segment, array->values), array->values.bytes);
    }
}

// ---- the library, in this process ----

static void decode_library(struct bench *bench) {
    struct stat status;
    struct err err;
    struct dataset_reader *reader;
    struct dataset_shape shape;
    fstat(bench->arrow_fd, &status);
    void *file = map(bench->arrow_fd, (size_t)status.st_size, PROT_READ, MAP_PRIVATE);
    if (dataset_reader_open(file, (size_t)status.st_size, SEGMENT_PROFILE_NS, &bench->codec.ceilings, &reader, &err) <
        0)
        die("open", &err);
    dataset_reader_shape(reader, &shape);
    auto_fd int fd = memory(shape.bytes);
    void *base = map(fd, shape.bytes, PROT_READ | PROT_WRITE, MAP_SHARED);
    if (dataset_reader_decode(reader, base, THREADS, &err) < 0)
        die("decode", &err);
    dataset_reader_close(reader);
    munmap(base, shape.bytes);
    munmap(file, (size_t)status.st_size);
}

static void encode_library(struct bench *bench) {
    struct err err;
    uint64_t written;
    auto_fd int fd = memory(0);
    if (dataset_write(bench->segment, fd, 1, THREADS, &written, &err) < 0)
        die("write", &err);
}

// ---- the program: another process, a jail, every rule checked ----

static int grant(void *context, uint64_t bytes, uint64_t rows, uint32_t columns, struct err *err) {
    (void)context, (void)rows, (void)columns;
    return memory_new("segment", bytes, err);
}

static void decode_codec(struct bench *bench) {
    struct codec_outcome outcome;
    struct err err;
    if (codec_decode(&bench->codec, bench->arrow_fd, SEGMENT_PROFILE_NS, grant, NULL, &outcome, &err) < 0)
        die("codec_decode", &err);
}

// As step publish asks: step collect has had the segment checked.
static void encode_codec(struct bench *bench) {
    struct codec_outcome outcome;
    struct err err;
    auto_fd int fd = memory(0);
    if (codec_encode(&bench->codec, bench->segment_fd, CODEC_CHECKED, fd, &outcome, &err) < 0)
        die("codec_encode", &err);
}

static void check_codec(struct bench *bench) {
    struct codec_outcome outcome;
    struct err err;
    if (codec_check(&bench->codec, bench->segment_fd, &outcome, &err) < 0)
        die("codec_check", &err);
}

static void start_codec(struct bench *bench) {
    struct err err;
    int requests[2], supervisor[2];
    if (record_pair(requests, &err) < 0 || record_pair(supervisor, &err) < 0)
        die("sockets", &err);
    static const char *const argv[] = {"quern-codec", NULL}, *const environ[] = {NULL};
    const int fds[] = {requests[1], supervisor[1]};
    struct jail_spawn spawn = {
        .program = QUERN_CODEC_PROGRAM, .argv = argv, .environ = environ, .fds = fds, .fd_count = 2, .isolate = true};
    int pidfd;
    if (jail_spawn(&spawn, &pidfd, &bench->codec_pid, &err) < 0)
        die("jail_spawn", &err);
    close(requests[1]);
    close(supervisor[1]);
    bench->codec.requests = requests[0];
    codec_ceilings_default(&bench->codec.ceilings);
}

// ---- rounds ----

// Of quern-codec and of its children that it has reaped: fields 14 to 17 of proc(5)'s stat.
static double codec_cpu_ms(const struct bench *bench) {
    char path[64];
    unsigned long user = 0, kernel = 0;
    long child_user = 0, child_kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", bench->codec_pid);
    auto_file FILE *file = fopen(path, "re");
    if (!file || fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld", &user, &kernel,
                        &child_user, &child_kernel) != 4)
        die("CPU time of quern-codec", NULL);
    return (double)(user + kernel + (unsigned long)(child_user + child_kernel)) * 1e3 / (double)sysconf(_SC_CLK_TCK);
}

// A child is reaped a moment after its answer.
static double all_cpu_ms(const struct bench *bench, enum what what) {
    if (what != DECODE_CODEC && what != ENCODE_CODEC && what != CHECK_CODEC)
        return rounds_cpu_ms();
    for (char path[64];; poll(NULL, 0, 1)) {
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", bench->codec_pid, bench->codec_pid);
        auto_file FILE *file = fopen(path, "re");
        if (!file || fgetc(file) == EOF)
            return rounds_cpu_ms() + codec_cpu_ms(bench);
    }
}

static void run_one(struct bench *bench, enum what what) {
    switch (what) {
    case DECODE_ZSTD:
    case ENCODE_ZSTD:
        alone_run(bench->pieces, bench->piece_count, bench->room, THREADS, what == DECODE_ZSTD);
        break;
    case DECODE_LIBRARY:
        decode_library(bench);
        break;
    case DECODE_CODEC:
        decode_codec(bench);
        break;
    case ENCODE_LIBRARY:
        encode_library(bench);
        break;
    case ENCODE_CODEC:
        encode_codec(bench);
        break;
    case CHECK_CODEC:
        check_codec(bench);
        break;
    case WHATS:
        break;
    }
}

static void prepare(struct bench *bench, uint64_t megabytes, const char *path) {
    struct err err;
    uint64_t written;
    bench->segment = bench_table(megabytes * 1000000, &bench->segment_bytes);
    if (segment_check(bench->segment, bench->segment_bytes, &err) < 0)
        die("check", &err);
    bench->segment_fd = memory_from("segment", bench->segment, bench->segment_bytes, &err);
    bench->arrow_fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0666);
    if (bench->arrow_fd < 0)
        die(path, NULL);
    if (dataset_write(bench->segment, bench->arrow_fd, 1, THREADS, &written, &err) < 0)
        die("write", &err);
    add_pieces(bench);
}

int main(int argc, char **argv) {
    static struct bench bench;
    uint64_t megabytes = argc == 3 ? strtoull(argv[1], NULL, 10) : 0;
    if (megabytes == 0) {
        fprintf(stderr, "usage: bench_codec MEGABYTES FILE\n");
        return 2;
    }
    start_codec(&bench);
    prepare(&bench, megabytes, argv[2]);
    while (rounds_wait()) {
        for (int what = 0; what < WHATS; what++) {
            double cpu_ms = all_cpu_ms(&bench, (enum what)what);
            uint64_t start = clock_now_ns();
            run_one(&bench, (enum what)what);
            rounds_since(labels[what], start);
            rounds_sample(labels[what], "cpu ms", all_cpu_ms(&bench, (enum what)what) - cpu_ms);
        }
        rounds_end();
    }
    return 0;
}
